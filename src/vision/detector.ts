import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Detection } from '../domain/observation.ts';
import type { Candidate } from './boxes.ts';
import { decodeFastestDet } from './heads/fastestdet.ts';
import { type HeadShape, ModelOutputError } from './heads/head.ts';
import { decodeYolox, yoloxRows } from './heads/yolox.ts';
import { type Letterbox, letterbox, toShares } from './letterbox.ts';
import type { LoadedManifest } from './manifest.ts';
import type { ModelManifest } from './manifest-schema.ts';
import { suppress } from './nms.ts';
import { fillInput, type RgbFrame } from './preprocess.ts';

/** Boxes reported for one frame; of more, the best scored are kept. */
export const DETECTIONS_MAX = 300;

/** A model that cannot be used, in words that name its file. */
export class ModelLoadError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelLoadError';
  }
}

/** How long the parts of one detection took. */
export interface DetectTimes {
  pre_ms: number;
  infer_ms: number;
  post_ms: number;
}

const HEADS = { yolox: decodeYolox, fastestdet: decodeFastestDet } as const;

/** An ONNX session with the picture handling that its manifest asks for. One frame at a time. */
export class Detector {
  readonly manifest: ModelManifest;
  /** As journaled with each detection: who judged, and by which weights. */
  readonly model: { readonly id: string; readonly sha256: string };
  readonly #session: InferenceSession;
  readonly #feed: Float32Array;
  readonly #tensor: Tensor;
  readonly #shape: HeadShape;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(manifest: ModelManifest, session: InferenceSession) {
    const { input, head, labels, classes, class_thresholds } = manifest;
    this.manifest = manifest;
    this.model = { id: `${manifest.name}@${manifest.version}`, sha256: manifest.sha256 };
    this.#session = session;
    this.#feed = new Float32Array(3 * input.width * input.height);
    this.#tensor = new Tensor('float32', this.#feed, inputDims(manifest));
    const thresholds = labels.map((label) => {
      const name = classes[label];
      if (name === undefined) return Number.POSITIVE_INFINITY;
      return class_thresholds?.[name] ?? head.score_threshold;
    });
    this.#shape = {
      width_px: input.width,
      height_px: input.height,
      strides: head.strides,
      thresholds: Float32Array.from(thresholds),
      multi_label: head.multi_label ?? false,
    };
  }

  /**
   * Loads and warms up a model on the CPU with `threads` threads. Throws {@link ModelLoadError} where the file
   * is no ONNX model, or its input or output does not fit the manifest.
   */
  static async load({ manifest, modelPath }: LoadedManifest, threads = 1): Promise<Detector> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(modelPath, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      });
    } catch (error) {
      throw new ModelLoadError(`${modelPath} is not a usable ONNX model: ${lastLine(error)}`, {
        cause: error,
      });
    }
    try {
      const fault = inputFault(session, manifest);
      if (fault !== undefined) throw new ModelLoadError(`${modelPath}: ${fault}`);
      const detector = new Detector(manifest, session);
      await detector.#warmUp(modelPath);
      return detector;
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** Boxes of one frame as shares of its width and height, best scored first. */
  detect(frame: RgbFrame, times?: DetectTimes): Promise<Detection[]> {
    // The input tensor is one piece of memory: a second caller waits for the first.
    const result = this.#queue.then(() => this.#detect(frame, times));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Frees the native session; the detector cannot be used afterwards. */
  async close(): Promise<void> {
    await this.#queue;
    await this.#session.release();
  }

  async #detect(frame: RgbFrame, times?: DetectTimes): Promise<Detection[]> {
    const { width_px, height_px, data } = frame;
    if (data.length !== width_px * height_px * 3 || data.length === 0) {
      throw new RangeError(`${data.length} bytes are no RGB frame of ${width_px}x${height_px}`);
    }
    const { input, head } = this.manifest;
    const start = performance.now();
    const fit = letterbox(frame, { width_px: input.width, height_px: input.height }, input.letterbox.mode);
    fillInput(frame, fit, input, this.#feed);
    const fed = performance.now();
    const output = await this.#run();
    const ran = performance.now();
    const candidates = HEADS[head.type](output.values, this.#shape);
    const kept = suppress(candidates, head.iou_threshold).slice(0, DETECTIONS_MAX);
    const detections = kept.map((candidate) => this.#toDetection(candidate, fit)).filter(hasArea);
    if (times !== undefined) {
      times.pre_ms = fed - start;
      times.infer_ms = ran - fed;
      times.post_ms = performance.now() - ran;
    }
    return detections;
  }

  async #run(): Promise<{ values: Float32Array; dims: readonly number[] }> {
    const results = await this.#session.run({ [this.manifest.input.name]: this.#tensor });
    const output = results[this.#session.outputNames[0] ?? ''];
    if (output === undefined || !(output.data instanceof Float32Array)) {
      throw new ModelOutputError(`the output is ${output?.type ?? 'missing'}, expected float32`);
    }
    return { values: output.data, dims: output.dims };
  }

  async #warmUp(modelPath: string): Promise<void> {
    let dims: readonly number[];
    try {
      ({ dims } = await this.#run());
    } catch (error) {
      throw new ModelLoadError(`${modelPath}: the first run failed: ${lastLine(error)}`, { cause: error });
    }
    const expected = outputDims(this.manifest);
    if (dims.length === expected.length && dims.every((size, index) => size === expected[index])) return;
    const { head, labels } = this.manifest;
    const given = head.type === 'yolox' ? dims[2] : dims[1];
    const hint =
      given !== undefined && given !== 5 + labels.length
        ? `: the graph has ${given - 5} labels, the manifest ${labels.length}`
        : '';
    throw new ModelLoadError(
      `${modelPath}: the output is ${dims.join('x')}, a ${head.type} head with this manifest gives ${expected.join('x')}${hint}`,
    );
  }

  #toDetection(candidate: Candidate, fit: Letterbox): Detection {
    const label = this.manifest.labels[candidate.label] ?? '';
    return {
      class: this.manifest.classes[label] ?? label,
      label,
      score: Math.round(candidate.score * 10_000) / 10_000,
      box: toShares(candidate, fit),
    };
  }
}

function hasArea({ box }: Detection): boolean {
  return box[2] > box[0] && box[3] > box[1];
}

function inputDims({ input }: ModelManifest): readonly number[] {
  return input.layout === 'nchw' ? [1, 3, input.height, input.width] : [1, input.height, input.width, 3];
}

function outputDims({ input, head, labels }: ModelManifest): readonly number[] {
  const width = 5 + labels.length;
  if (head.type === 'yolox') {
    return [1, yoloxRows({ width_px: input.width, height_px: input.height, strides: head.strides }), width];
  }
  const stride = head.strides[0] ?? 1;
  return [1, width, input.height / stride, input.width / stride];
}

/** Why a graph's inputs are not what the manifest says. Symbolic sizes fit everything. */
function inputFault(session: InferenceSession, manifest: ModelManifest): string | undefined {
  const { input } = manifest;
  const metadata = session.inputMetadata.find(({ name }) => name === input.name);
  if (metadata === undefined || session.inputNames.length !== 1) {
    return `the graph's input is ${session.inputNames.join(', ')}, the manifest says input.name ${input.name}`;
  }
  if (!metadata.isTensor || metadata.type !== 'float32') return 'the input is no float32 tensor';
  const expected = inputDims(manifest);
  const fits =
    metadata.shape.length === expected.length &&
    metadata.shape.every((size, index) => typeof size !== 'number' || size < 0 || size === expected[index]);
  if (fits) return undefined;
  return `the input is ${metadata.shape.join('x')}, the manifest says ${expected.join('x')} (input.width, input.height, input.layout)`;
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
