import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/domain/observation.ts';
import { classOf, Tracker } from '../../src/vision/tracker.ts';
import { box, range } from '../rules/support.ts';

const EVERY_MS = 200;

/** Tracks of a film of so many frames, as `class:frames` in the order of their coming. */
function tracksOf(frames: number, at: (n: number) => readonly Detection[], tracks_max = 100): string[] {
  const tracker = new Tracker({ gap_ms: 1500, tracks_max });
  for (const n of range(0, frames)) tracker.step(n * EVERY_MS, at(n));
  return tracker.tracks().map((track) => `${classOf(track)}:${track.sightings.length}`);
}

describe('the tracker', () => {
  it('follows one who walks by as one', () => {
    expect(tracksOf(40, (n) => [box('person', 0.05 + n * 0.02, 0.7, 0.08)])).toEqual(['person:40']);
  });

  it('keeps two apart who pass each other', () => {
    const at = (n: number) => [
      box('person', 0.1 + n * 0.02, 0.7, 0.06),
      box('person', 0.9 - n * 0.02, 0.72, 0.06),
    ];
    const tracker = new Tracker({ gap_ms: 1500, tracks_max: 100 });
    for (const n of range(0, 40)) tracker.step(n * EVERY_MS, at(n));
    expect(tracker.tracks().map(({ sightings }) => sightings.length)).toEqual([40, 40]);
    const ends = tracker.tracks().map(({ sightings }) => sightings.at(-1)?.box[0] ?? 0);
    expect(ends[0]).toBeGreaterThan(0.8);
    expect(ends[1]).toBeLessThan(0.2);
  });

  it('goes on after some frames without a box, and not after long', () => {
    const hidden = (from: number, to: number) => (n: number) =>
      n >= from && n < to ? [] : [box('truck', 0.2 + n * 0.01, 0.8, 0.3)];
    expect(tracksOf(40, hidden(15, 20))).toEqual(['truck:35']);
    expect(tracksOf(40, hidden(15, 25))).toEqual(['truck:15', 'truck:15']);
  });

  it('takes a truck that is called a car now and then for one truck', () => {
    const at = (n: number) => [box(n % 3 === 0 ? 'car' : 'truck', 0.5, 0.8, 0.3, n % 3 === 0 ? 0.4 : 0.7)];
    expect(tracksOf(30, at)).toEqual(['truck:30']);
    expect(tracksOf(30, (n) => [box(n % 3 === 0 ? 'person' : 'truck', 0.5, 0.8, 0.3)])).toEqual([
      'person:10',
      'truck:20',
    ]);
  });

  it('takes two boxes upon each other for one vehicle, but a driver for himself', () => {
    const at = () => [
      box('car', 0.5, 0.8, 0.3, 0.5),
      box('truck', 0.5, 0.81, 0.3, 0.6),
      box('person', 0.5, 0.8, 0.3),
    ];
    expect(tracksOf(10, at)).toEqual(['person:10', 'truck:10']);
  });

  it('goes on over frames that are far apart', () => {
    const tracker = new Tracker({ gap_ms: 1500, tracks_max: 10 });
    for (const n of range(0, 6)) tracker.step(n * 4000, n === 3 ? [] : [box('person', 0.4 + n * 0.02, 0.7)]);
    expect(tracker.tracks().map(({ sightings }) => sightings.length)).toEqual([5]);
  });

  it('does not jump to a box elsewhere, or of another size', () => {
    expect(tracksOf(2, (n) => [box('person', n === 0 ? 0.2 : 0.6, 0.7)])).toEqual(['person:1', 'person:1']);
    expect(tracksOf(2, (n) => [box('person', 0.5, 0.9, n === 0 ? 0.1 : 0.5)])).toEqual([
      'person:1',
      'person:1',
    ]);
  });

  it('leaves out what is beyond its bound', () => {
    expect(tracksOf(3, (n) => [box('person', 0.1 + n * 0.3, 0.7, 0.05)], 2)).toHaveLength(2);
  });

  it('gives each box to one track, and each track one box of a frame, whatever comes', () => {
    const detection = fc.record({
      cls: fc.constantFrom('person', 'car', 'truck'),
      x: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      y: fc.double({ min: 0.3, max: 1, noNaN: true }),
      size: fc.double({ min: 0.01, max: 0.3, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(detection, { maxLength: 6 }), { maxLength: 15 }), (film) => {
        const tracker = new Tracker({ gap_ms: 1500, tracks_max: 1000 });
        for (const [n, frame] of film.entries()) {
          tracker.step(
            n * EVERY_MS,
            frame.map(({ cls, x, y, size }) => box(cls, x, y, size)),
          );
        }
        const seen = tracker.tracks().flatMap(({ sightings }) => sightings);
        expect(seen.length).toBeLessThanOrEqual(film.flat().length);
        expect(seen.length).toBeGreaterThanOrEqual(film.filter((frame) => frame.length > 0).length);
        for (const { sightings } of tracker.tracks()) {
          const times = sightings.map(({ at_ms }) => at_ms);
          expect([...new Set(times)].sort((a, b) => a - b)).toEqual(times);
        }
      }),
      { numRuns: 50 },
    );
  });
});
