import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Detection } from '../../src/domain/observation.ts';
import { iou } from '../../src/vision/boxes.ts';
import { Detector } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import { checkModel } from '../../src/vision/model-check.ts';
import { readPicture } from '../../src/vision/picture.ts';
import { clipFrames } from '../support/clip-frames.ts';
import { sharedData } from '../support/shared-data.ts';

const DIR = join(import.meta.dirname, '../../models/garbage');
const CLASSES = ['garbage', 'garbage_bin', 'overflow'];
const pictures = sharedData('images/garbage_cn/valid');
/** Clips without garbage that the detector was not trained on. */
const HELD = [
  { clip: 'carcounter_cam1.mp4', width_px: 640, height_px: 640, step: 1 },
  { clip: 'intel_person-bicycle-car-detection.mp4', width_px: 768, height_px: 432, step: 4 },
];

let detector: Detector;
beforeAll(async () => {
  const manifest = await loadManifest(DIR);
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.problems));
  detector = await Detector.load(manifest.loaded, { threads: 2 });
});
afterAll(() => detector.close());

/** The boxes of a YOLO label file as detections of the whole picture. */
function marked(file: string): Pick<Detection, 'class' | 'box'>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [label = 0, x = 0, y = 0, w = 0, h = 0] = line.split(' ').map(Number);
      return { class: CLASSES[label] ?? '', box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2] };
    });
}

/** How many detections hit a box of their class that no better one has hit yet. */
function hits(found: readonly Detection[], boxes: readonly Pick<Detection, 'class' | 'box'>[]): number {
  const free = new Set(boxes);
  let count = 0;
  for (const detection of found) {
    const best = [...free]
      .filter((box) => box.class === detection.class)
      .map((box) => ({ box, overlap: iou(box.box, detection.box) }))
      .sort((a, b) => b.overlap - a.overlap)[0];
    if (best === undefined || best.overlap < 0.5) continue;
    free.delete(best.box);
    count += 1;
  }
  return count;
}

test('finds what its golden picture shows', async () => {
  expect((await checkModel(DIR)).problems).toEqual([]);
});

describe.skipIf(pictures === undefined)('on the real pictures that it was not trained on', () => {
  test('is right in nine of ten boxes, and finds most of what is marked', { timeout: 300_000 }, async () => {
    let found = 0;
    let right = 0;
    let wanted = 0;
    // Half of them: enough for the bounds below, and a slow machine gets done.
    const names = readdirSync(join(pictures ?? '', 'images')).filter((_name, index) => index % 2 === 0);
    for (const name of names) {
      const boxes = marked(join(pictures ?? '', 'labels', name.replace(/\.\w+$/, '.txt')));
      const detections = await detector.detect(await readPicture(join(pictures ?? '', 'images', name)));
      found += detections.length;
      right += hits(detections, boxes);
      wanted += boxes.length;
    }
    expect(wanted).toBeGreaterThan(400);
    expect(right / found).toBeGreaterThan(0.86);
    expect(right / wanted).toBeGreaterThan(0.65);
  });
});

describe.each(HELD)('on $clip, which shows none', ({ clip, step, ...size }) => {
  const path = sharedData(`video/${clip}`);
  test.skipIf(path === undefined)(
    'has a box in at most one of a hundred frames',
    { timeout: 120_000 },
    async () => {
      const frames = clipFrames(path ?? '', size, step, 150);
      let alarms = 0;
      for (const frame of frames) alarms += (await detector.detect(frame)).length > 0 ? 1 : 0;
      expect(frames.length).toBeGreaterThan(50);
      expect(alarms / frames.length).toBeLessThanOrEqual(0.01);
    },
  );
});
