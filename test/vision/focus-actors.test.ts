import { describe, expect, it } from 'vitest';
import type { FocusAim } from '../../src/domain/focus.ts';
import type { Detection } from '../../src/domain/observation.ts';
import { actorsOf, type SeenActor } from '../../src/vision/focus-actors.ts';
import { Tracker } from '../../src/vision/tracker.ts';
import { box, range } from '../rules/support.ts';

const EVERY_MS = 200;
const FRAMES = 150;
const AIM: FocusAim = {
  class: 'garbage',
  box: [0.47, 0.66, 0.53, 0.72],
  appeared_ms: 15_000,
  actors: ['person', 'two-wheeler', 'tricycle', 'car', 'truck', 'muck-truck'],
  reach: 1,
};

function actors(at: (n: number) => readonly Detection[]): SeenActor[] {
  const tracker = new Tracker({ gap_ms: 1500, tracks_max: 100 });
  for (const n of range(0, FRAMES)) tracker.step(n * EVERY_MS, at(n));
  const film = { first_ms: 0, last_ms: (FRAMES - 1) * EVERY_MS, every_ms: EVERY_MS };
  return actorsOf(tracker.tracks(), AIM, film);
}

/** Comes from one x at a frame, is at the thing from 60 to 80, and gone to another x at the end. */
function visit(cls: string, from: [n: number, x: number], to: [n: number, x: number], size = 0.12) {
  return (n: number): Detection[] => {
    if (n < from[0] || n > to[0]) return [];
    const way = (a: number, b: number, share: number): number => a + (b - a) * share;
    const x =
      n < 60
        ? way(from[1], 0.5, (n - from[0]) / (60 - from[0]))
        : n < 80
          ? 0.5
          : way(0.5, to[1], (n - 80) / (to[0] - 80));
    return [box(cls, x, 0.74, size)];
  };
}

describe('who was beside the thing', () => {
  it('is told with when and whence he came, and when and whither he went', () => {
    const [one, ...others] = actors(visit('person', [20, 0.05], [120, 0.95]));
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      class: 'person',
      entered_ms: 4000,
      left_ms: 24_000,
      cameFrom: 'left',
      leftTo: 'right',
    });
    expect(one?.besideFrom_ms).toBeGreaterThan(4000);
    expect(one?.besideTo_ms).toBeLessThan(24_000);
  });

  it('leaves out the times that the film does not show', () => {
    const [one] = actors(() => [box('muck-truck', 0.5, 0.75, 0.3)]);
    expect(one).toEqual({
      class: 'muck-truck',
      score: 0.8,
      besideFrom_ms: 0,
      besideTo_ms: (FRAMES - 1) * EVERY_MS,
    });
  });

  it('names the vehicle before the one who stands beside it, and nobody who passed far away', () => {
    const found = actors((n) => [
      ...visit('truck', [10, 0.9], [140, 0.1], 0.25)(n),
      ...visit('person', [50, 0.45], [95, 0.55])(n),
      box('two-wheeler', 0.1 + n * 0.005, 0.3, 0.05),
    ]);
    expect(found.map(({ class: cls }) => cls)).toEqual(['truck', 'person']);
    expect(found[0]).toMatchObject({ cameFrom: 'right', leftTo: 'left' });
  });

  it('tells far from near', () => {
    const at = (n: number): Detection[] =>
      n < 100 ? [box('person', 0.5, 0.4 + Math.min(60, n) * 0.0055, 0.1)] : [];
    expect(actors(at)[0]).toMatchObject({ cameFrom: 'far' });
    expect(actors(at)[0]?.leftTo).toBeUndefined();
  });

  it('takes no box of a moment for somebody', () => {
    expect(actors((n) => (n === 50 || n === 51 ? [box('person', 0.5, 0.72, 0.1)] : []))).toEqual([]);
  });
});
