import { expect, it } from 'vitest';
import { maskPasswords } from '../../../src/codecs/hj212/mask.ts';

it.each([
  [
    '##0101QN=20260701093000001;ST=39;CN=2011;PW=123456;MN=A1;Flag=5;CP=&&a34004-Rtd=1&&C0DE\r\n',
    'PW=******;MN=A1',
  ],
  ['##0101QN=1;CN=1072;pw=geheim;MN=A1;CP=&&PW=123,NewPW=4567&&', 'pw=******;MN=A1;CP=&&PW=***,NewPW=****&&'],
  ['…ST=39;CN=2011;PW=123', 'PW=***'],
])('hides what a station shows as its password: %s', (frame, words) => {
  const bytes = Buffer.from(frame, 'latin1');
  const masked = Buffer.from(maskPasswords(bytes)).toString('latin1');
  expect(masked).toContain(words);
  expect(masked).toHaveLength(bytes.length);
  expect(masked.replaceAll('*', '')).not.toMatch(/123|geheim|4567/);
});

it('leaves everything else as it is, whatever bytes there are', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_none, n) => n));
  expect(maskPasswords(bytes)).toBe(bytes);
  expect(maskPasswords(Buffer.from('SPW=1;XPW'))).toHaveLength(9);
});
