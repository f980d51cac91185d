import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { problemText } from '../../src/runtime/yaml-file.ts';
import { Detector } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import type { ModelManifest } from '../../src/vision/manifest-schema.ts';
import { benchModel } from '../../src/vision/model-bench.ts';
import { checkModel } from '../../src/vision/model-check.ts';
import { listModels, modelProblems } from '../../src/vision/model-list.ts';
import { sharedData } from '../support/shared-data.ts';
import { tempDir } from '../support/temp-dir.ts';
import { FASTESTDET, writeModel, YOLOX_NANO } from '../support/test-models.ts';

const here = new URL(import.meta.url).pathname;
const fastestdet = sharedData('onnx/fastestdet_coco.onnx');
const threeClasses = sharedData('onnx/yolox_nano_3class.onnx');
const yolox = sharedData('onnx/yolox_nano_coco.onnx');

/** Problems of a manifest whose model file is this test: what is checked without a graph. */
async function problemsOf(change: (text: string) => string): Promise<string[]> {
  const dir = await writeModel(tempDir(), here, FASTESTDET);
  const path = join(dir, 'model.yaml');
  await writeFile(path, change(await readFile(path, 'utf8')));
  const result = await loadManifest(dir);
  return result.ok ? [] : result.problems.map((problem) => problemText(problem).replace(`${path}:`, ''));
}

/** The line (1-based) that holds a text. */
async function lineOf(text: string): Promise<number> {
  const dir = await writeModel(tempDir(), here, FASTESTDET);
  const lines = (await readFile(join(dir, 'model.yaml'), 'utf8')).split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

describe('a manifest', () => {
  test('is read with its defaults', async () => {
    const dir = await writeModel(tempDir(), here, FASTESTDET);
    const path = join(dir, 'model.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/ {2}(mean|std):\n( {4}- \d\n){3}/g, ''));
    const result = await loadManifest(dir);
    expect(result).toMatchObject({ ok: true });
    if (result.ok) expect(result.loaded.manifest.input).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1] });
  });

  test.each([
    ['an unknown key', 'licence:', 'license:', /license: unknown key/],
    ['a wrong value', 'layout: nchw', 'layout: chwn', /input\.layout: must be one of nchw, nhwc/],
    ['a path instead of a name', 'file: model.onnx', 'file: ../../model.onnx', /file: must match pattern/],
    [
      'a label that does not exist',
      'classes:\n',
      'classes:\n  rickshaw: car\n',
      /classes\.rickshaw: not among/,
    ],
    [
      'a weak threshold that is none',
      'golden:\n',
      'weak_thresholds:\n  person: 0.9\n  boat: 0.1\ngolden:\n',
      /weak_thresholds\.person: must be less than the class's threshold/,
    ],
    ['another folder', 'name: fastestdet', 'name: other', /name: the folder is called fastestdet/],
    ['a stride that does not fit', '- 16', '- 30', /head\.strides\[0\]: does not divide .* 352x352/],
    ['a missing file', 'file: model.onnx', 'file: gone.onnx', /file: .*gone\.onnx: no such file/],
    ['a missing picture', 'image: golden.png', 'image: gone.png', /golden\.image: .*gone\.png: no such file/],
  ])('with %s is refused by key and line', async (_name, from, to, message) => {
    const problems = await problemsOf((text) => text.replace(from, to));
    expect(problems.some((problem) => message.test(problem))).toBe(true);
    for (const problem of problems) expect(problem).toMatch(/^\d+: /);
  });

  test('names the very line', async () => {
    const [problem] = await problemsOf((text) => text.replace('layout: nchw', 'layout: chwn'));
    expect(problem).toMatch(new RegExp(`^${await lineOf('layout: nchw')}: `));
  });

  test('with another file than it means is refused', async () => {
    const dir = await writeModel(tempDir(), here, { ...FASTESTDET, sha256: '0'.repeat(64) });
    const result = await loadManifest(dir);
    expect(result.ok ? [] : result.problems.map(({ key }) => key)).toEqual(['sha256']);
  });

  test('that is absent is said to be', async () => {
    expect(await modelProblems(tempDir(), ['nothing', '../up'])).toMatchObject([
      { file: expect.stringContaining('nothing/model.yaml'), message: 'no such file' },
      { message: '../up is no name of a model' },
    ]);
  });
});

async function problemsOfGraph(onnx: string, manifest: ModelManifest): Promise<string> {
  const check = await checkModel(await writeModel(tempDir(), onnx, manifest));
  expect(check.ok).toBe(check.problems.length === 0);
  return check.problems.join('\n');
}

test('a file that is no ONNX model is refused', async () => {
  expect(await problemsOfGraph(here, FASTESTDET)).toMatch(/model\.onnx is not a usable ONNX model: /);
});

describe.skipIf(!fastestdet || !threeClasses || !yolox)('a graph (skipped without shared material)', () => {
  test('with another number of labels is refused', async () => {
    expect(await problemsOfGraph(threeClasses ?? '', YOLOX_NANO)).toContain(
      'the graph has 3 labels, the manifest 80',
    );
    const two = { ...FASTESTDET, labels: ['a', 'b'], classes: { a: 'a' } };
    expect(await problemsOfGraph(fastestdet ?? '', two)).toContain('the graph has 80 labels, the manifest 2');
  });

  test('with another input is refused', async () => {
    const { input } = FASTESTDET;
    expect(
      await problemsOfGraph(fastestdet ?? '', { ...FASTESTDET, input: { ...input, width: 320 } }),
    ).toMatch(/the input is 1x3x352x352, the manifest says 1x3x352x320/);
    expect(
      await problemsOfGraph(fastestdet ?? '', { ...FASTESTDET, input: { ...input, name: 'images' } }),
    ).toContain("the graph's input is input.1, the manifest says input.name images");
    expect(
      await problemsOfGraph(fastestdet ?? '', { ...FASTESTDET, input: { ...input, layout: 'nhwc' } }),
    ).toContain('the manifest says 1x352x352x3');
  });

  test('with another head is refused', async () => {
    const head = { ...YOLOX_NANO.head, type: 'fastestdet' as const, strides: [16] };
    expect(await problemsOfGraph(yolox ?? '', { ...YOLOX_NANO, head })).toContain('the output is 1x3549x85');
  });

  test('is checked on its golden picture', async () => {
    const grey = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#777' } })
      .png()
      .toBuffer();
    const box: [number, number, number, number] = [100, 100, 200, 300];
    const golden = { ...YOLOX_NANO.golden, boxes: [{ class: 'person', score: 0.8, box }] };
    const dir = await writeModel(tempDir(), yolox ?? '', { ...YOLOX_NANO, golden }, grey);
    expect((await checkModel(dir)).problems).toEqual([
      expect.stringMatching(/golden\.png: golden\.boxes\[0\] \(person at 100, 100, 200, 300\): not found$/),
    ]);
    const empty = await writeModel(tempDir(), yolox ?? '', YOLOX_NANO, grey);
    expect(await checkModel(empty)).toMatchObject({ ok: true, problems: [] });
  });

  test('is timed part by part', async () => {
    const dir = await writeModel(tempDir(), fastestdet ?? '', FASTESTDET);
    const { pre, infer, post, total, ...rest } = await benchModel(dir, { runs: 5, threads: 1 });
    expect(rest).toMatchObject({ name: 'fastestdet', runs: 5, picture: { width_px: 64, height_px: 64 } });
    expect(infer.p50_ms).toBeGreaterThan(0.1);
    expect(total.p99_ms).toBeGreaterThanOrEqual(infer.p99_ms);
    expect(pre.p50_ms + post.p50_ms).toBeLessThan(total.p99_ms);
  });

  test('is listed with its problems', async () => {
    const models = tempDir();
    await writeModel(models, fastestdet ?? '', FASTESTDET);
    await writeModel(models, yolox ?? '', { ...YOLOX_NANO, sha256: 'f'.repeat(64) });
    const [first, second, ...rest] = await listModels(models);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ name: 'fastestdet', problems: [], manifest: { licence: 'BSD-3-Clause' } });
    expect(second?.problems[0]).toContain('sha256');
  });

  test('refuses bytes that are no frame', async () => {
    const dir = await writeModel(tempDir(), fastestdet ?? '', FASTESTDET);
    const result = await loadManifest(dir);
    if (!result.ok) throw new Error('not loaded');
    const detector = await Detector.load(result.loaded);
    const frame = { data: new Uint8Array(10), width_px: 2, height_px: 2 };
    await expect(detector.detect(frame)).rejects.toThrow('10 bytes are no RGB frame of 2x2');
    await detector.close();
  });
});
