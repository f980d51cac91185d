import { expect, test } from 'vitest';
import { CameraTally } from '../../src/vision/camera-tally.ts';

const counts = { cameraId: 'a', decoded: 5, dropped: 1, opened: 1, inferred: 3, unchanged: 0, failed: 1 };

test('counts on over the end of a worker', () => {
  const tally = new CameraTally(['a', 'b']);
  tally.count([
    { ...counts, lastFrame_ms: 1000 },
    { ...counts, cameraId: 'unknown' },
  ]);
  tally.setStatus({ cameraId: 'a', state: 'live', at_ms: 900 });
  tally.workerEnded(['a']);
  tally.count([{ ...counts, decoded: 2 }]);
  expect(tally.all()).toEqual([
    {
      id: 'a',
      state: 'live',
      at_ms: 900,
      decoded: 7,
      dropped: 2,
      opened: 2,
      inferred: 6,
      unchanged: 0,
      failed: 2,
      lastFrame_ms: 1000,
    },
    { id: 'b', decoded: 0, dropped: 0, opened: 0, inferred: 0, unchanged: 0, failed: 0 },
  ]);
});
