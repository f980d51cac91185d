import { expect, it } from 'vitest';
import { PatrolTurns } from '../../src/vision/patrol-turns.ts';

interface Camera {
  readonly id: string;
}

const named = (prefix: string, count: number): Camera[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index}` }));

/** A detector for which every camera has the next frame ready as soon as one was judged; gives who was judged. */
function turnsOf(
  cameras: readonly Camera[],
  rounds: number,
  isSuspicious: (camera: Camera) => boolean,
): string[] {
  const turns = new PatrolTurns<Camera>();
  for (const camera of cameras) turns.arrived(camera);
  const judged: string[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const camera = turns.next(isSuspicious);
    if (camera === undefined) throw new Error('nobody waits');
    judged.push(camera.id);
    turns.arrived(camera);
  }
  return judged;
}

const timesOf = (judged: readonly string[], prefix: string): number =>
  judged.filter((id) => id.startsWith(prefix)).length;

it('gives every camera as many turns as any other, in the order in which they waited', () => {
  const cameras = named('c', 5);
  const judged = turnsOf(cameras, 50, () => false);
  expect(judged).toEqual(Array.from({ length: 50 }, (_, n) => `c${n % 5}`));
});

it('lets suspicions go first, in three of four turns', () => {
  const cameras = [...named('calm', 9), ...named('suspect', 1)];
  const judged = turnsOf(cameras, 400, ({ id }) => id.startsWith('suspect'));
  expect(judged[0]).toBe('suspect0');
  // Of the turns of all, some are its own.
  expect(timesOf(judged, 'suspect')).toBeGreaterThanOrEqual(300);
  expect(timesOf(judged, 'suspect')).toBeLessThanOrEqual(312);
});

it('lets none wait for ever, however many are suspicious', () => {
  const cameras = [...named('suspect', 20), ...named('calm', 5)];
  const judged = turnsOf(cameras, 1000, ({ id }) => id.startsWith('suspect'));
  const last = new Map<string, number>();
  let longest = 0;
  judged.forEach((id, turn) => {
    longest = Math.max(longest, turn - (last.get(id) ?? 0));
    last.set(id, turn);
  });
  expect(last.size).toBe(25);
  // A turn for all comes each fourth time, and there are 25 that it can go to.
  expect(longest).toBeLessThanOrEqual(4 * 25);
});

it('shares the turns of suspicions among them', () => {
  const judged = turnsOf(named('suspect', 4), 400, () => true);
  for (const { id } of named('suspect', 4)) expect(timesOf(judged, id)).toBe(100);
});

it('keeps a camera in its place when a newer frame takes that of an older', () => {
  const turns = new PatrolTurns<Camera>();
  const [a, b] = named('c', 2) as [Camera, Camera];
  turns.arrived(a);
  turns.arrived(b);
  turns.arrived(a);
  expect(turns.next(() => false)).toBe(a);
  turns.forget('c1');
  expect([turns.next(() => false), turns.isEmpty]).toEqual([undefined, true]);
});
