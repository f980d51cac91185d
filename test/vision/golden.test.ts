import { expect, test } from 'vitest';
import type { Detection } from '../../src/domain/observation.ts';
import { compareGolden } from '../../src/vision/golden.ts';

const golden = {
  image: 'golden.png',
  iou: 0.8,
  score_tolerance: 0.1,
  boxes: [{ class: 'bin', score: 0.7, box: [10, 20, 50, 80] as [number, number, number, number] }],
};
const size = { width_px: 100, height_px: 200 };

function found(name: string, score: number, box: readonly [number, number, number, number]): Detection {
  const [x1, y1, x2, y2] = box;
  return { class: name, label: name, score, box: [x1 / 100, y1 / 200, x2 / 100, y2 / 200] };
}
const compare = (...detections: Detection[]): string[] => compareGolden(detections, golden, size, () => 0.4);

test('is content with the box that it expects, within its tolerances', () => {
  expect(compare(found('bin', 0.7, [10, 20, 50, 80]))).toEqual([]);
  expect(compare(found('bin', 0.79, [11, 21, 50, 80]))).toEqual([]);
});

test('names what is missing, off or not expected', () => {
  const right = found('bin', 0.7, [10, 20, 50, 80]);
  expect(compare()).toEqual(['golden.boxes[0] (bin at 10, 20, 50, 80): not found']);
  expect(compare(found('garbage', 0.45, [10, 20, 50, 80]))).toHaveLength(1);
  expect(compare(found('bin', 0.7, [30, 20, 70, 80]))).toEqual([
    'golden.boxes[0] (bin at 10, 20, 50, 80): not found; the nearest overlaps by 0.33',
    'a box that is not expected: bin at 30, 20, 70, 80, score 0.7',
  ]);
  expect(compare(found('bin', 0.85, [10, 20, 50, 80]))).toEqual([
    'golden.boxes[0] (bin at 10, 20, 50, 80): score 0.850, expected 0.7',
  ]);
  expect(compare(right, found('bin', 0.6, [60, 100, 90, 150]))).toEqual([
    'a box that is not expected: bin at 60, 100, 90, 150, score 0.6',
  ]);
});

test('forgives a further box that barely passes its threshold', () => {
  const right = found('bin', 0.7, [10, 20, 50, 80]);
  expect(compare(right, found('bin', 0.49, [60, 100, 90, 150]))).toEqual([]);
});
