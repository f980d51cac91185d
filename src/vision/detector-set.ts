import { join } from 'node:path';
import { type Judging, regionsFor } from '../domain/camera.ts';
import type { ModelExecutions } from '../domain/model-execution.ts';
import type { DetectionsObservation, FrameRef, VisionObservation } from '../domain/observation.ts';
import { PictureMask } from '../domain/picture-mask.ts';
import { problemText } from '../runtime/yaml-file.ts';
import { Detector, ModelLoadError } from './detector.ts';
import { isModelName, loadManifest } from './manifest.ts';
import type { RgbFrame } from './preprocess.ts';
import { detectRegions } from './regions.ts';
import type { ModelState } from './worker-protocol.ts';

/** Whose picture it is, and when it was taken and arrived. */
export interface Occasion {
  readonly deviceId: string;
  readonly at_ms: number;
  readonly received_ms: number;
}

/** What the detectors made of one picture; a detector that failed is named instead. */
export interface Judgement {
  readonly observations: readonly DetectionsObservation[];
  readonly failures: readonly { readonly model: string; readonly message: string }[];
}

/** What a {@link DetectorSet} works with. */
export interface DetectorSetOptions {
  readonly modelsDir: string;
  /** Of each detector that `models` does not speak of. */
  readonly threads: number;
  readonly models?: ModelExecutions | undefined;
  readonly onModel: (state: ModelState) => void;
}

/** The detectors of one process, each loaded when first needed and kept. */
export class DetectorSet {
  readonly #options: DetectorSetOptions;
  readonly #detectors = new Map<string, Promise<Detector>>();
  readonly #masks = new WeakMap<NonNullable<Judging['masks']>, PictureMask>();
  /** Why a detector does not run on what it should. */
  readonly #fallbacks = new Map<string, string>();

  constructor(options: DetectorSetOptions) {
    this.#options = options;
  }

  /** The detector of a folder under `modelsDir`. Rejects with {@link ModelLoadError}, each time alike. */
  get(name: string): Promise<Detector> {
    const known = this.#detectors.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#detectors.set(name, loading);
    loading.then(
      () => {
        const fallback = this.#fallbacks.get(name);
        this.#options.onModel(fallback === undefined ? { name } : { name, fallback });
      },
      (error: unknown) => this.#options.onModel({ name, error: messageOf(error) }),
    );
    return loading;
  }

  /** Runs the named detectors on a picture. One that fails or does not load does not touch the others. */
  async judge(picture: RgbFrame, judging: Judging, occasion: Occasion): Promise<Judgement> {
    // Frames of a stream and stored stills are masked already; those of a film are not.
    this.#maskOf(judging)?.apply(picture);
    const observations: DetectionsObservation[] = [];
    const failures: { model: string; message: string }[] = [];
    for (const name of judging.models) {
      try {
        const detector = await this.get(name);
        const made = await detectRegions(detector, picture, regionsFor(judging, name));
        const weak = made.filter((box) => detector.isWeak(box));
        const detections = made.filter((box) => !detector.isWeak(box));
        observations.push({
          kind: 'detections',
          ...occasion,
          model: detector.model,
          detections,
          ...(weak.length === 0 ? {} : { weak }),
        });
      } catch (error) {
        failures.push({ model: name, message: messageOf(error) });
      }
    }
    return { observations, failures };
  }

  #maskOf(judging: Judging): PictureMask | undefined {
    if (judging.masks === undefined) return undefined;
    const known = this.#masks.get(judging.masks);
    if (known !== undefined) return known;
    const mask = new PictureMask(judging.masks);
    this.#masks.set(judging.masks, mask);
    return mask;
  }

  async close(): Promise<void> {
    const loaded = await Promise.allSettled(this.#detectors.values());
    this.#detectors.clear();
    for (const result of loaded) if (result.status === 'fulfilled') await result.value.close();
  }

  async #load(name: string): Promise<Detector> {
    const { modelsDir, threads, models } = this.#options;
    if (!isModelName(name)) throw new ModelLoadError(`${JSON.stringify(name)} is no name of a model`);
    const result = await loadManifest(join(modelsDir, name));
    if (!result.ok) throw new ModelLoadError(result.problems.map(problemText).join('; '));
    const execution = { threads, ...models?.[name] };
    return Detector.load(result.loaded, execution, (reason) => this.#fallbacks.set(name, reason));
  }
}

/** The same observations with the frame that they were made on. */
export function withFrame(observations: readonly VisionObservation[], frame: FrameRef): VisionObservation[] {
  return observations.map((observation) => ({ ...observation, frame }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
