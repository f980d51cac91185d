import { expect, test } from 'vitest';
import { KeyDates } from '../../src/ingest/key-dates.ts';

const picture = (number: number) => ({ at_ms: number * 1000, bytes: Buffer.from(String(number)) });

/** Feeds pictures 0 to `count`; each gives the frame of the picture `late` before it, but for those that are lost. */
function dates(count: number, late: number, lost: readonly number[] = []): number[] {
  const keys = new KeyDates();
  const found: number[] = [];
  for (let number = 0; number < count; number += 1) {
    keys.key(picture(number));
    if (number < late || lost.includes(number - late)) continue;
    keys.frame();
    found.push(keys.of(1)?.at_ms ?? -1);
  }
  return found;
}

test.each([0, 1, 2, 3])('frames that come %i pictures late are dated by their own', (late) => {
  const found = dates(40, late);
  expect(found).toEqual(Array.from({ length: 40 - late }, (_, number) => number * 1000));
});

test('a frame that never came throws the dates off for a while only', () => {
  const found = dates(60, 1, [25]);
  expect(found.slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, number) => number * 1000));
  expect(found.at(-1)).toBe(58_000);
  // A picture too early, and for no more than the next two windows.
  const wrong = found.filter((at_ms, index) => at_ms !== (index < 25 ? index : index + 1) * 1000);
  expect(wrong.length).toBeLessThanOrEqual(20);
});

test('a frame before its picture is not dated', () => {
  const keys = new KeyDates();
  keys.frame();
  expect(keys.of(1)).toBeUndefined();
  keys.key(picture(0));
  expect(keys.of(1)?.at_ms).toBe(0);
});
