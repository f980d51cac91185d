import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Detection } from '../../src/domain/observation.ts';
import { Detector } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import type { ModelManifest } from '../../src/vision/manifest-schema.ts';
import { checkModel } from '../../src/vision/model-check.ts';
import { readPicture } from '../../src/vision/picture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type ManifestChange, writeModel } from '../support/test-models.ts';

/** The shipped detector, whose golden picture has another shape than its input. */
const SHIPPED = join(import.meta.dirname, '../../models/garbage');

async function shipped(): Promise<{ manifest: ModelManifest; onnx: string; golden: Buffer }> {
  const result = await loadManifest(SHIPPED);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { manifest, modelPath, goldenPath } = result.loaded;
  return { manifest, onnx: modelPath, golden: await readFile(goldenPath) };
}

type Corners = [number, number, number, number];

async function foundIn(onnx: string, manifest: ModelManifest, picture: Uint8Array): Promise<Detection[]> {
  const result = await loadManifest(await writeModel(tempDir(), onnx, manifest, picture));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const detector = await Detector.load(result.loaded);
  const found = await detector.detect(await readPicture(result.loaded.goldenPath));
  await detector.close();
  return found;
}

async function problemsOf(change: ManifestChange): Promise<string[]> {
  const { manifest, onnx, golden } = await shipped();
  return [...(await checkModel(await writeModel(tempDir(), onnx, change(manifest), golden))).problems];
}

test('the manifest as it is shipped is right, and its golden picture can tell', async () => {
  expect(await problemsOf((manifest) => manifest)).toEqual([]);
  expect((await checkModel(SHIPPED)).notes).toEqual([]);
});

const input =
  (change: Partial<ModelManifest['input']>): ManifestChange =>
  (manifest) => ({ ...manifest, input: { ...manifest.input, ...change } });
const head =
  (change: Partial<ModelManifest['head']>): ManifestChange =>
  (manifest) => ({ ...manifest, head: { ...manifest.head, ...change } });

test.each<[string, ManifestChange]>([
  ['channels in the wrong order', input({ channels: 'bgr' })],
  ['a wrong scale', input({ scale: 1 / 255 })],
  ['a mean that was not trained with', input({ mean: [123, 117, 104] })],
  ['a deviation that was not trained with', input({ std: [58, 57, 57] })],
  [
    'labels in the wrong order',
    (manifest) => ({ ...manifest, labels: [...manifest.labels.slice(1), manifest.labels[0] ?? ''] }),
  ],
])('%s is told by the golden picture', async (_name, change) => {
  const problems = await problemsOf(change);
  expect(problems.length).toBeGreaterThan(0);
  for (const problem of problems) expect(problem).toContain('golden.jpg: ');
});

test('a wrong letterbox is told by a picture twice as wide as high', async () => {
  const { manifest, onnx, golden } = await shipped();
  const { width = 0, height = 0 } = await sharp(golden).metadata();
  const strip_px = Math.floor(width / 2);
  const ys = manifest.golden.boxes.flatMap(({ box }) => [box[1], box[3]]);
  const middle = (Math.min(...ys) + Math.max(...ys)) / 2;
  const top = Math.round(Math.max(0, Math.min(height - strip_px, middle - strip_px / 2)));
  const strip = await sharp(golden).extract({ left: 0, top, width, height: strip_px }).png().toBuffer();
  const wide = { ...manifest.golden, image: 'golden.png' };
  // The boxes of the strip as the right manifest finds them.
  const found = await foundIn(onnx, { ...manifest, golden: { ...wide, boxes: [] } }, strip);
  const boxes = found.map(({ class: name, score, box }) => {
    const [x1, y1, x2, y2] = box;
    return { class: name, score, box: [x1 * width, y1 * strip_px, x2 * width, y2 * strip_px] as Corners };
  });
  expect(boxes.length).toBeGreaterThan(1);
  const right = { ...manifest, golden: { ...wide, boxes } };
  expect(await checkModel(await writeModel(tempDir(), onnx, right, strip))).toMatchObject({
    ok: true,
    notes: [],
  });
  const wrong = input({ letterbox: { mode: 'stretch', pad: 114 } })(right);
  const { problems } = await checkModel(await writeModel(tempDir(), onnx, wrong, strip));
  expect(problems.length).toBeGreaterThan(0);
});

/** Whatever head the shipped graph has: another one, or the same read otherwise. */
test.each<[string, ManifestChange]>([
  ['another head', (manifest) => ({ ...manifest, head: otherHead(manifest.head) })],
  ['boxes in another order', head({ box_order: 'yxyx' })],
  ['boxes in another unit', head({ box_units: 'shares' })],
  ['a label less', withoutLastLabel],
])('%s is told', async (_name, change) => {
  expect((await problemsOf(change)).length).toBeGreaterThan(0);
});

test('a wrong size or layout is told by the graph', async () => {
  const { width, height } = (await shipped()).manifest.input;
  expect((await problemsOf(input({ width: width + 32 }))).join()).toContain(
    `the input is 1x3x${height}x${width}, the manifest says 1x3x${height}x${width + 32}`,
  );
  expect((await problemsOf(input({ layout: 'nhwc' }))).join()).toContain(
    `the manifest says 1x${height}x${width}x3`,
  );
});

function otherHead({ type, iou_threshold, score_threshold }: ModelManifest['head']): ModelManifest['head'] {
  const thresholds = { iou_threshold, score_threshold };
  return { type: type === 'yolov8' ? 'yolox' : 'yolov8', strides: [8, 16, 32], ...thresholds };
}

/** As a manifest of another training would have it: nothing else speaks of that label either. */
function withoutLastLabel({
  labels,
  classes,
  golden,
  class_thresholds,
  ...rest
}: ModelManifest): ModelManifest {
  const last = labels.at(-1) ?? '';
  const name = classes[last];
  const kept = Object.fromEntries(Object.entries(classes).filter(([label]) => label !== last));
  const boxes = golden.boxes.filter((box) => box.class !== name);
  const thresholds = Object.fromEntries(Object.entries(class_thresholds ?? {}).filter(([of]) => of !== name));
  return {
    ...rest,
    labels: labels.slice(0, -1),
    classes: kept,
    golden: { ...golden, boxes },
    ...(class_thresholds && { class_thresholds: thresholds }),
  };
}

test("a golden picture of the input's own shape says what it cannot tell", async () => {
  const { manifest, onnx, golden } = await shipped();
  const square = await sharp(golden).resize(320, 320, { fit: 'fill' }).png().toBuffer();
  const nothing = { ...manifest.golden, image: 'golden.png', boxes: [] };
  const check = await checkModel(await writeModel(tempDir(), onnx, { ...manifest, golden: nothing }, square));
  expect(check.notes).toEqual([
    expect.stringContaining('hardly any mistake would be noticed'),
    expect.stringContaining('a wrong letterbox would not be noticed'),
  ]);
});

test('a detector runs on the processor where CUDA is not there, unless it is required', async () => {
  const result = await loadManifest(SHIPPED);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const told: string[] = [];
  const load = (required: boolean): Promise<Detector> =>
    Detector.load(result.loaded, { threads: 2, execution_provider: 'cuda', required }, (why) =>
      told.push(why),
    );
  const detector = await load(false);
  await detector.close();
  // On a machine that has it, it is simply used.
  if (told.length === 0) return;
  expect(told).toEqual([expect.stringMatching(/^cannot run on cuda: ./)]);
  await expect(load(true)).rejects.toThrow(/model\.onnx cannot run on cuda: /);
});
