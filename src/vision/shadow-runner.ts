import { type Judging, regionsFor } from '../domain/camera.ts';
import type { DetectionsObservation } from '../domain/observation.ts';
import {
  addTally,
  emptyTally,
  type ShadowPair,
  type ShadowSetting,
  type ShadowTally,
} from '../domain/shadow.ts';
import type { DetectorSet } from './detector-set.ts';
import type { RgbFrame } from './preprocess.ts';
import { compareDetections } from './shadow-compare.ts';

/** What a {@link ShadowRunner} works with. */
export interface ShadowOptions {
  readonly settings: readonly ShadowSetting[];
  readonly detectors: Pick<DetectorSet, 'judge'>;
  readonly judgingOf: (cameraId: string) => Judging;
  readonly onFailure: (cameraId: string, model: string, message: string) => void;
}

interface Job {
  readonly cameraId: string;
  readonly frame: RgbFrame;
  readonly active: DetectionsObservation;
}

/** One setting with the frame that waits for it: one at most, so that a slow shadow holds nothing up. */
interface Lane {
  readonly setting: ShadowSetting;
  /** By camera: the share of frames that has added up. */
  readonly due: Map<string, number>;
  job: Job | undefined;
  /** By camera: when the active one judged last. */
  readonly judged: Map<string, number>;
  /** By camera: the frame that both judged last. */
  readonly last: Map<string, ShadowPair>;
}

/** Pairs kept until they are asked for, which is every second; more are left out. */
const PAIRS_MAX = 500;

/**
 * Runs detectors that are being tried on frames that the active ones have judged, while nobody else wants the
 * processor, and compares. Nothing that they find goes any further.
 */
export class ShadowRunner {
  readonly #options: ShadowOptions;
  readonly #lanes: readonly Lane[];
  #tallies = new Map<string, ShadowTally>();
  #pairs: ShadowPair[] = [];

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.#lanes = options.settings.map((setting) => ({
      setting,
      due: new Map(),
      job: undefined,
      judged: new Map(),
      last: new Map(),
    }));
  }

  /** Takes a frame and what the active detectors said of it, if it is one of the share. */
  offer(cameraId: string, frame: RgbFrame, observations: readonly DetectionsObservation[]): void {
    for (const lane of this.#lanes) {
      const { active: name, cameras, share } = lane.setting;
      const active = observations.find(({ model }) => model.id.startsWith(`${name}@`));
      if (active === undefined || (cameras !== undefined && !cameras.includes(cameraId))) continue;
      lane.judged.set(cameraId, active.at_ms);
      const due = (lane.due.get(cameraId) ?? 0) + share;
      lane.due.set(cameraId, due >= 1 ? due - 1 : due);
      if (due < 1) continue;
      if (lane.job === undefined) lane.job = { cameraId, frame, active };
      else this.#tally(cameraId, active.model.id, lane.setting.model).skipped += 1;
    }
  }

  /** Takes note of a frame on which nothing had changed: where both judged the one before, both say the same again. */
  repeat(cameraId: string, observations: readonly DetectionsObservation[]): void {
    for (const { last, judged } of this.#lanes) {
      const pair = last.get(cameraId);
      if (pair === undefined || pair.active.at_ms !== judged.get(cameraId)) continue;
      const active = observations.find(({ model }) => model.id === pair.active.model.id);
      if (active === undefined) continue;
      const { at_ms, received_ms } = active;
      this.#pair({ active, shadow: { ...pair.shadow, at_ms, received_ms, unchanged: true } });
    }
  }

  /** Judges one frame that waits; false where none does. */
  async step(): Promise<boolean> {
    const lane = this.#lanes.find(({ job }) => job !== undefined);
    const job = lane?.job;
    if (lane === undefined || job === undefined) return false;
    lane.job = undefined;
    const { cameraId, frame, active } = job;
    const { detectors, judgingOf, onFailure } = this.#options;
    const { model } = lane.setting;
    const { at_ms, received_ms } = active;
    const own = judgingOf(cameraId);
    // Compared are two detectors on the same parts of the picture.
    const regions = regionsFor(own, lane.setting.active);
    const judging = { ...own, models: [model], ...(regions && { regions }) };
    const { observations, failures } = await detectors.judge(frame, judging, {
      deviceId: cameraId,
      at_ms,
      received_ms,
    });
    const [shadow] = observations;
    if (shadow === undefined) {
      this.#tally(cameraId, active.model.id, model).failed += 1;
      for (const { message } of failures) onFailure(cameraId, model, message);
      return true;
    }
    const tally = this.#tally(cameraId, active.model.id, shadow.model.id);
    const classes = compareDetections(active.detections, shadow.detections);
    addTally(tally, { ...emptyTally(tally), frames: 1, classes });
    lane.last.set(cameraId, { active, shadow });
    this.#pair({ active, shadow });
    return true;
  }

  /** What was compared since it was asked last. */
  drain(): { readonly tallies: ShadowTally[]; readonly pairs: ShadowPair[] } {
    const drained = { tallies: [...this.#tallies.values()], pairs: this.#pairs };
    this.#tallies = new Map();
    this.#pairs = [];
    return drained;
  }

  #pair(pair: ShadowPair): void {
    if (this.#pairs.length < PAIRS_MAX) this.#pairs.push(pair);
  }

  #tally(cameraId: string, active: string, shadow: string): ShadowTally {
    const key = `${cameraId} ${active} ${shadow}`;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = emptyTally({ cameraId, active, shadow });
    this.#tallies.set(key, tally);
    return tally;
  }
}
