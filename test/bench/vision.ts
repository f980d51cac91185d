import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Detector, type DetectTimes } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import type { ModelManifest } from '../../src/vision/manifest-schema.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';
import { sharedData } from '../support/shared-data.ts';
import { FASTESTDET, writeModel, YOLOX_NANO } from '../support/test-models.ts';

/**
 * Milliseconds of a frame's way through a detector on one thread, beside bare onnxruntime-node with its input
 * ready; both in turns, so that a busy machine slows both.
 */
const RUNS = 60;

const median = (values: readonly number[]): string =>
  ([...values].sort((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(2);

function noise(width_px: number, height_px: number): RgbFrame {
  const data = new Uint8Array(width_px * height_px * 3).map((_, i) => (i * 7 + (i >> 6)) & 255);
  return { data, width_px, height_px };
}

async function measure(models: string, onnx: string, manifest: ModelManifest): Promise<void> {
  const result = await loadManifest(await writeModel(models, onnx, manifest));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const detector = await Detector.load(result.loaded);
  const bare = await InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const { name, width, height } = manifest.input;
  const input = new Tensor('float32', new Float32Array(3 * width * height), [1, 3, height, width]);
  for (const frame of [noise(640, 360), noise(1920, 1080), noise(2560, 1440)]) {
    const bare_ms: number[] = [];
    const parts: DetectTimes[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const times = { pre_ms: 0, infer_ms: 0, post_ms: 0 };
      await detector.detect(frame, times);
      const from = performance.now();
      await bare.run({ [name]: input });
      bare_ms.push(performance.now() - from);
      if (run >= 10) parts.push(times);
    }
    const [pre, infer, post] = (['pre_ms', 'infer_ms', 'post_ms'] as const).map((part) =>
      median(parts.map((times) => times[part])),
    );
    console.log(
      `${manifest.name} ${frame.width_px}x${frame.height_px}: pre ${pre} + infer ${infer} + post ${post} ms; bare session.run ${median(bare_ms.slice(10))} ms (medians of ${RUNS - 10})`,
    );
  }
  await detector.close();
  await bare.release();
}

const yolox = sharedData('onnx/yolox_nano_coco.onnx');
const fastestdet = sharedData('onnx/fastestdet_coco.onnx');
if (!yolox || !fastestdet) console.log('skipped: the shared test material is absent');
else {
  const models = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  await measure(models, yolox, YOLOX_NANO);
  await measure(models, fastestdet, FASTESTDET);
  rmSync(models, { recursive: true });
}
