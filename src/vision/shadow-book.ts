import { readFile, rename, writeFile } from 'node:fs/promises';
import {
  addTally,
  emptyTally,
  type ShadowClass,
  type ShadowClassReport,
  type ShadowReport,
  type ShadowTally,
} from '../domain/shadow.ts';

/** Pairs of detectors on one camera that are kept; beyond it the ones longest without a frame go. */
const TALLIES_MAX = 20_000;

/** What shadows were compared to be, kept in a file beside the data so that days add up. */
export class ShadowBook {
  readonly #path: string;
  /** In the order in which they last grew. */
  readonly #tallies = new Map<string, ShadowTally>();
  #isDirty = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads what an earlier run kept; a file that cannot be read is begun anew. */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => '[]');
    try {
      this.add(JSON.parse(text) as ShadowTally[]);
    } catch {
      // Half written or of another version: comparing begins again.
    }
    this.#isDirty = false;
  }

  add(tallies: readonly ShadowTally[]): void {
    for (const tally of tallies) {
      const key = `${tally.cameraId} ${tally.active} ${tally.shadow}`;
      const known = this.#tallies.get(key) ?? emptyTally(tally);
      addTally(known, tally);
      this.#tallies.delete(key);
      this.#tallies.set(key, known);
      const [oldest] = this.#tallies.keys();
      if (this.#tallies.size > TALLIES_MAX && oldest !== undefined) this.#tallies.delete(oldest);
      this.#isDirty = true;
    }
  }

  /** Writes what has changed since the last time: whole, or not at all. */
  async save(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const temporary = `${this.#path}.tmp`;
    await writeFile(temporary, JSON.stringify([...this.#tallies.values()]));
    await rename(temporary, this.#path);
  }

  /** Each pair of detectors, the one that was last compared first. */
  report(): ShadowReport[] {
    const pairs = new Map<string, { sum: ShadowTally; cameras: string[] }>();
    for (const tally of [...this.#tallies.values()].reverse()) {
      const key = `${tally.active} ${tally.shadow}`;
      const pair = pairs.get(key) ?? { sum: emptyTally(tally), cameras: [] };
      pairs.set(key, pair);
      addTally(pair.sum, tally);
      pair.cameras.push(tally.cameraId);
    }
    return [...pairs.values()].map(({ sum, cameras }) => {
      const { active, shadow, frames, skipped, failed, classes, incidents } = sum;
      const byClass = Object.entries(classes).map(([name, counts]) => [name, reportOf(counts)] as const);
      return {
        active,
        shadow,
        frames,
        skipped,
        failed,
        cameras: cameras.sort(),
        classes: Object.fromEntries(byClass),
        incidents,
      };
    });
  }
}

function reportOf({ agreed, onlyActive, onlyShadow, scoreShift, overlap }: ShadowClass): ShadowClassReport {
  const mean = (sum: number): number => (agreed === 0 ? 0 : round(sum / agreed));
  return {
    agreed,
    onlyActive,
    onlyShadow,
    agreement: round(agreed / Math.max(1, agreed + onlyActive + onlyShadow)),
    scoreShift: mean(scoreShift),
    overlap: mean(overlap),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
