import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/evidence/canonical-json.ts';

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}

it('prints the examples of RFC 8785', () => {
  // §3.2.2 and §3.2.3 of the RFC.
  const numbers = [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001];
  const text = '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/';
  expect(canonicalJson({ numbers, string: text, literals: [null, true, false] })).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  expect(Object.values(JSON.parse(canonicalJson(Object.entries(keys).sort())) as unknown[])).toHaveLength(7);
  expect([...canonicalJson(keys).matchAll(/:(\d)/g)].map(([, digit]) => digit).join('')).toBe('2467153');
});

it('does not depend on the order of keys, and says the same as JSON', () => {
  const json = fc
    .jsonValue({ noUnicodeString: false })
    .filter((value) => !/\\ud[89a-f]/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(reordered(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
    { numRuns: 100 },
  );
});

it('leaves out undefined members and refuses what JSON cannot carry', () => {
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    1n,
    () => 1,
    Symbol('x'),
    [undefined],
  ]) {
    expect(() => canonicalJson({ value })).toThrow(/canonical JSON/);
  }
});
