import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { stringify } from 'yaml';
import type { ModelManifest } from '../../src/vision/manifest-schema.ts';
import { COCO_LABELS } from './coco-labels.ts';

const identity = Object.fromEntries(COCO_LABELS.map((label) => [label, label]));

/** What a test changes about a manifest. */
export type ManifestChange = (manifest: ModelManifest) => ModelManifest;

/** A manifest for `yolox_nano_coco.onnx` without its file's hash. */
export const YOLOX_NANO: ModelManifest = {
  name: 'yolox-nano',
  version: 1,
  file: 'model.onnx',
  sha256: '',
  licence: 'Apache-2.0',
  source: 'YOLOX',
  input: {
    name: 'images',
    width: 416,
    height: 416,
    layout: 'nchw',
    channels: 'bgr',
    scale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    letterbox: { mode: 'top-left', pad: 114 },
  },
  head: { type: 'yolox', strides: [8, 16, 32], iou_threshold: 0.45, score_threshold: 0.3 },
  labels: [...COCO_LABELS],
  classes: identity,
  golden: { image: 'golden.png', iou: 0.8, score_tolerance: 0.1, boxes: [] },
};

/** A manifest for `fastestdet_coco.onnx` without its file's hash. */
export const FASTESTDET: ModelManifest = {
  ...YOLOX_NANO,
  name: 'fastestdet',
  licence: 'BSD-3-Clause',
  source: 'FastestDet',
  input: {
    ...YOLOX_NANO.input,
    name: 'input.1',
    width: 352,
    height: 352,
    scale: 1 / 255,
    letterbox: { mode: 'stretch', pad: 0 },
  },
  head: { type: 'fastestdet', strides: [16], iou_threshold: 0.45, score_threshold: 0.5 },
};

/**
 * Writes `<modelsDir>/<name>/` with a copy of `onnx`, its manifest and a golden picture (grey without one of
 * its own), and returns the folder.
 */
export async function writeModel(
  modelsDir: string,
  onnx: string,
  manifest: ModelManifest,
  golden?: Uint8Array,
): Promise<string> {
  const dir = join(modelsDir, manifest.name);
  mkdirSync(dir, { recursive: true });
  copyFileSync(onnx, join(dir, manifest.file));
  const sha256 = manifest.sha256 || createHash('sha256').update(readFileSync(onnx)).digest('hex');
  await writeFile(join(dir, 'model.yaml'), stringify({ ...manifest, sha256 }));
  const grey = { create: { width: 64, height: 64, channels: 3 as const, background: '#808080' } };
  await writeFile(join(dir, manifest.golden.image), golden ?? (await sharp(grey).png().toBuffer()));
  return dir;
}
