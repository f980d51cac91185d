import { expect, test } from 'vitest';
import type { DetectionsObservation } from '../../src/domain/observation.ts';
import { ChangeGate } from '../../src/vision/change-gate.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';

const WIDTH = 640;
const HEIGHT = 360;
const ZONE = [
  [0.2, 0.5],
  [0.6, 0.5],
  [0.6, 0.9],
  [0.2, 0.9],
] as const;

/** A grey scene with texture; what changes it is given: things (boxes in shares), light, and noise of a sensor. */
function scene(
  change: { things?: readonly (readonly number[])[]; light?: number; noise?: number; seed?: number } = {},
): RgbFrame {
  const { things = [], light = 1, noise = 0 } = change;
  let state = change.seed ?? 1;
  const random = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1, at += 3) {
      const isThing = things.some(
        ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) =>
          x >= x1 * WIDTH && x < x2 * WIDTH && y >= y1 * HEIGHT && y < y2 * HEIGHT,
      );
      const base = isThing ? 60 : 110 + 30 * Math.sin(x / 9) * Math.cos(y / 7) + y / 8;
      const value = Math.max(0, Math.min(255, base * light + random() * noise));
      data.fill(value, at, at + 3);
    }
  }
  return { data, width_px: WIDTH, height_px: HEIGHT };
}

const box = [0.3, 0.6, 0.36, 0.68] as const;
const finding = (at_ms: number, found: boolean): DetectionsObservation => ({
  kind: 'detections',
  deviceId: 'cam',
  at_ms,
  received_ms: at_ms,
  model: { id: 'garbage@1', sha256: 'a'.repeat(64) },
  detections: found ? [{ class: 'garbage', label: 'garbage', score: 0.8, box }] : [],
  frame: { path: 'cam/1.jpg', sha256: 'b'.repeat(64), width_px: WIDTH, height_px: HEIGHT },
});

/** A gate that has judged an empty scene twice, at 0 and at 2 seconds. */
function settled(refresh_ms = 30_000): ChangeGate {
  const gate = new ChangeGate({ refresh_ms, zonesOf: () => [ZONE] });
  for (const at_ms of [0, 2000]) {
    gate.judged(
      'cam',
      gate.look('cam', scene({ noise: 20, seed: at_ms + 1 })),
      at_ms,
      [finding(at_ms, false)],
      false,
    );
  }
  return gate;
}

const repeats = (gate: ChangeGate, frame: RgbFrame, at_ms = 4000) =>
  gate.repeat('cam', gate.look('cam', frame), at_ms);

test.each([
  ['the same again', scene()],
  ['a noisy night', scene({ noise: 90, seed: 7 })],
  ['a cloud before the sun', scene({ light: 0.7, noise: 20, seed: 8 })],
  ['brighter light', scene({ light: 1.3, noise: 20, seed: 9 })],
  ['somebody outside the zones', scene({ things: [[0.75, 0.3, 0.85, 0.8]], noise: 20, seed: 10 })],
])('%s is not judged again, and its finding repeated', (_name, frame) => {
  const [repeated] = repeats(settled(), frame) ?? [];
  expect(repeated).toMatchObject({ at_ms: 4000, received_ms: 4000, unchanged: true, detections: [] });
  // The picture of that time is another time's.
  expect(repeated).not.toHaveProperty('frame');
});

test.each([
  ['a heap of 40 pixels', scene({ things: [box], noise: 20, seed: 3 })],
  ['a small bag of 20', scene({ things: [[0.4, 0.7, 0.43, 0.755]], noise: 20, seed: 4 })],
  ['a heap in changed light', scene({ things: [box], light: 0.75, noise: 20, seed: 5 })],
  ['a heap seen by a noisy camera', scene({ things: [box], noise: 90, seed: 6 })],
])('%s is judged', (_name, frame) => {
  expect(repeats(settled(), frame)).toBeUndefined();
});

test('is judged again when a refresh is due, when it has another size, and where there is no clock to trust', () => {
  const gate = settled();
  expect(repeats(gate, scene(), 31_999)).toBeDefined();
  expect(repeats(gate, scene(), 32_000)).toBeUndefined();
  expect(repeats(gate, scene(), 1000)).toBeUndefined();
  const small: RgbFrame = { data: new Uint8Array(32 * 18 * 3).fill(128), width_px: 32, height_px: 18 };
  expect(repeats(gate, small)).toBeUndefined();
  expect(repeats(settled(0), scene())).toBeUndefined();
});

test('what one judgement said is not repeated until a second agrees', () => {
  const gate = settled();
  const look = gate.look('cam', scene({ things: [box] }));
  gate.judged('cam', look, 4000, [finding(4000, true)], false);
  expect(gate.repeat('cam', look, 6000)).toBeUndefined();
  expect(gate.isSuspicious('cam', 6000)).toBe(true);
  gate.judged('cam', look, 6000, [finding(6000, true)], false);
  expect(gate.repeat('cam', look, 8000)).toMatchObject([{ detections: [{ class: 'garbage', box }] }]);
  expect(gate.isSuspicious('cam', 64_000)).toBe(false);
});

test('nothing is repeated of a frame on which a detector failed', () => {
  const gate = settled();
  const look = gate.look('cam', scene());
  gate.judged('cam', look, 4000, [finding(4000, false)], true);
  expect(gate.repeat('cam', look, 6000)).toBeUndefined();
  expect(gate.repeat('another', look, 6000)).toBeUndefined();
});
