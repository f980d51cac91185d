import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** What stands before the first link: 32 zero bytes, in hexadecimal. */
export const CHAIN_START = '0'.repeat(64);

/** SHA-256 in lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The leaf of a record: SHA-256 of its canonical JSON in UTF-8. Throws TypeError for what is not JSON. */
export function chainLeaf(record: unknown): string {
  return sha256Hex(canonicalJson(record));
}

/**
 * A link of the chain: h_n = SHA-256(h_{n-1} ‖ leaf_n) over the 32 + 32 bytes. Leaves rather than records are
 * chained so that an extract for one incident can be checked without showing the records of others.
 */
export function chainLink(previous: string, leaf: string): string {
  return createHash('sha256')
    .update(Buffer.from(previous, 'hex'))
    .update(Buffer.from(leaf, 'hex'))
    .digest('hex');
}
