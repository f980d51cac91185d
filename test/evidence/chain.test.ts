import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { CHAIN_START, chainLeaf, chainLink } from '../../src/evidence/chain.ts';

it('is SHA-256 over the link before and the leaf, computed here by hand', () => {
  const leaf = createHash('sha256').update('{"a":"é","b":1}', 'utf8').digest();
  expect(chainLeaf({ b: 1, a: 'é' })).toBe(leaf.toString('hex'));
  const link = createHash('sha256')
    .update(Buffer.concat([Buffer.alloc(32), leaf]))
    .digest('hex');
  expect(chainLink(CHAIN_START, leaf.toString('hex'))).toBe(link);
});
