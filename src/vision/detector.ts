import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelExecution } from '../domain/model-execution.ts';
import type { Detection } from '../domain/observation.ts';
import { Candidates } from './candidates.ts';
import type { Head } from './heads/head.ts';
import { makeHead } from './heads/make-head.ts';
import { type Letterbox, letterbox, toShares } from './letterbox.ts';
import { type LoadedManifest, thresholdOf } from './manifest.ts';
import type { ModelManifest } from './manifest-schema.ts';
import { bindOutputs, outputValues } from './model-outputs.ts';
import { lastLine, openSession } from './model-session.ts';
import { type NmsMode, suppress } from './nms.ts';
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

/** An ONNX session with the picture handling that its manifest asks for. One frame at a time. */
export class Detector {
  readonly manifest: ModelManifest;
  /** As journaled with each detection: who judged, and by which weights. */
  readonly model: { readonly id: string; readonly sha256: string };
  readonly nms: NmsMode;
  readonly #session: InferenceSession;
  readonly #feed: Float32Array;
  readonly #tensor: Tensor;
  readonly #head: Head;
  readonly #found = new Candidates();
  /** By class of the gateway: from which score on it counts by itself. */
  readonly #thresholds: ReadonlyMap<string, number>;
  #outputs: readonly string[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(manifest: ModelManifest, session: InferenceSession) {
    const { input, head } = manifest;
    this.manifest = manifest;
    this.model = { id: `${manifest.name}@${manifest.version}`, sha256: manifest.sha256 };
    this.nms = head.nms ?? (head.type === 'end-to-end' ? 'none' : 'per-class');
    this.#session = session;
    this.#feed = new Float32Array(3 * input.width * input.height);
    this.#tensor = new Tensor('float32', this.#feed, inputDims(manifest));
    const lowest = Float32Array.from(manifest.labels, (label) => lowestOf(manifest, label));
    this.#head = makeHead({ width_px: input.width, height_px: input.height, thresholds: lowest, head });
    this.#thresholds = new Map(
      Object.values(manifest.classes).map((name) => [name, thresholdOf(manifest, name)]),
    );
  }

  /**
   * Loads and warms up a model. Throws {@link ModelLoadError} where the file is no ONNX model, its input or output does
   * not fit the manifest, or what it must run on is not there.
   */
  static async load(
    { manifest, modelPath }: LoadedManifest,
    execution: ModelExecution = {},
    onFallback?: (reason: string) => void,
  ): Promise<Detector> {
    const session = await openSession(modelPath, execution, onFallback).catch((error: unknown) => {
      throw new ModelLoadError(`${modelPath} ${lastLine(error)}`, { cause: error });
    });
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

  /** Boxes of one frame as shares of its width and height, best scored first; weak ones left out. */
  async detect(frame: RgbFrame, times?: DetectTimes): Promise<Detection[]> {
    return (await this.detectAll(frame, times)).filter((made) => !this.isWeak(made));
  }

  /** Whether a box scores less than the threshold of its class: the manifest's `weak_thresholds` let it through. */
  isWeak({ class: name, score }: Detection): boolean {
    return score < (this.#thresholds.get(name) ?? 0);
  }

  /** Boxes of one frame as shares of its width and height, best scored first, and weak ones among them. */
  detectAll(frame: RgbFrame, times?: DetectTimes): Promise<Detection[]> {
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
    const { input } = this.manifest;
    const start = performance.now();
    const fit = letterbox(frame, { width_px: input.width, height_px: input.height }, input.letterbox.mode);
    fillInput(frame, fit, input, this.#feed);
    const fed = performance.now();
    const results = await this.#run(this.#outputs);
    const ran = performance.now();
    const detections = this.#read(outputValues(results, this.#outputs), fit);
    if (times !== undefined) {
      times.pre_ms = fed - start;
      times.infer_ms = ran - fed;
      times.post_ms = performance.now() - ran;
    }
    return detections;
  }

  #read(values: readonly Float32Array[], fit: Letterbox): Detection[] {
    const { head } = this.manifest;
    const found = this.#found;
    found.clear();
    this.#head.decode(values, found);
    return suppress(found, head.iou_threshold, this.nms)
      .slice(0, DETECTIONS_MAX)
      .map((place) => this.#toDetection(place, fit))
      .filter(hasArea);
  }

  #run(outputs?: readonly string[]): Promise<InferenceSession.OnnxValueMapType> {
    const feeds = { [this.manifest.input.name]: this.#tensor };
    return outputs === undefined ? this.#session.run(feeds) : this.#session.run(feeds, outputs);
  }

  async #warmUp(modelPath: string): Promise<void> {
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.#run();
    } catch (error) {
      throw new ModelLoadError(`${modelPath}: the first run failed: ${lastLine(error)}`, { cause: error });
    }
    const bound = bindOutputs(this.#head, results, this.#session.outputNames);
    if (bound.ok) this.#outputs = bound.names;
    else throw new ModelLoadError(`${modelPath}: ${bound.fault}${this.#hint(results)}`);
    try {
      outputValues(results, bound.names);
    } catch (error) {
      throw new ModelLoadError(`${modelPath}: ${lastLine(error)}`, { cause: error });
    }
  }

  /** Where the graph has another number of labels than the manifest, that is what a person wants to know. */
  #hint(results: InferenceSession.OnnxValueMapType): string {
    const wanted = this.manifest.labels.length;
    for (const output of Object.values(results)) {
      const labels = this.#head.labelsIn((output as Tensor).dims);
      if (labels === undefined || labels < 1 || labels === wanted) continue;
      return `: the graph has ${labels} labels, the manifest ${wanted}`;
    }
    return '';
  }

  #toDetection(place: number, fit: Letterbox): Detection {
    const { label: labels, score, box } = this.#found;
    const label = this.manifest.labels[labels[place] as number] ?? '';
    const [x1, y1, x2, y2] = box.subarray(place * 4, place * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return {
      class: this.manifest.classes[label] ?? label,
      label,
      score: Math.round((score[place] as number) * 10_000) / 10_000,
      box: toShares([x1, y1, x2, y2], fit),
    };
  }
}

/** The lowest score of a label that is of any use; one that no class is mapped to is never reported. */
function lowestOf(manifest: ModelManifest, label: string): number {
  const name = manifest.classes[label];
  if (name === undefined) return Number.POSITIVE_INFINITY;
  return manifest.weak_thresholds?.[name] ?? thresholdOf(manifest, name);
}

function hasArea({ box }: Detection): boolean {
  return box[2] > box[0] && box[3] > box[1];
}

function inputDims({ input }: ModelManifest): readonly number[] {
  return input.layout === 'nchw' ? [1, 3, input.height, input.width] : [1, input.height, input.width, 3];
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
