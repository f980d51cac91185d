/** When cameras whose processes end are suspected, and how long one stays set aside. */
export interface PoisonLimits {
  /** A camera whose processes ended so often within `within_ms` is suspected. */
  readonly ends_max: number;
  readonly within_ms: number;
  /** Set aside so long at first, doubling to the most. */
  readonly aside_first_ms: number;
  readonly aside_max_ms: number;
}

/** A camera that ends each process that it is in. */
export interface SetAside {
  readonly cameraId: string;
  /** Times that it was alone when its process ended. */
  readonly ends: number;
  readonly until_ms: number;
}

export const POISON_LIMITS: PoisonLimits = {
  ends_max: 2,
  within_ms: 600_000,
  aside_first_ms: 60_000,
  aside_max_ms: 1_800_000,
};

/**
 * Finds out which camera ends its vision process, among all that were in it. Those whose processes end again and again
 * are tried apart; a group whose trial ends is halved and tried again, until the one that does it is alone. That one is
 * set aside and tried again later; whoever passes its trial is free. Pure: time is given.
 */
export class PoisonWatch {
  readonly #limits: PoisonLimits;
  readonly #ends = new Map<string, number[]>();
  /** Groups that wait for their trial, next first. */
  #groups: string[][] = [];
  readonly #onTrial = new Set<string>();
  readonly #aside = new Map<string, SetAside>();

  constructor(limits: PoisonLimits = POISON_LIMITS) {
    this.#limits = limits;
  }

  /** A process that many cameras share has ended, and not because it was asked to. */
  ended(cameraIds: readonly string[], now_ms: number): void {
    const { ends_max, within_ms } = this.#limits;
    const suspects = cameraIds.filter((id) => {
      const times = [...(this.#ends.get(id) ?? []).filter((at_ms) => now_ms - at_ms < within_ms), now_ms];
      this.#ends.set(id, times);
      return times.length >= ends_max;
    });
    if (suspects.length > 0) this.#groups.push(suspects);
  }

  /** The process of a trial has ended. */
  trialEnded(cameraIds: readonly string[], now_ms: number): void {
    for (const id of cameraIds) this.#onTrial.delete(id);
    const [first, ...others] = cameraIds;
    if (first === undefined) return;
    if (others.length > 0) {
      const half = Math.ceil(cameraIds.length / 2);
      this.#groups.unshift(cameraIds.slice(0, half), cameraIds.slice(half));
      return;
    }
    const { aside_first_ms, aside_max_ms } = this.#limits;
    const ends = (this.#aside.get(first)?.ends ?? 0) + 1;
    const aside_ms = Math.min(aside_max_ms, aside_first_ms * 2 ** Math.min(ends - 1, 30));
    this.#aside.set(first, { cameraId: first, ends, until_ms: now_ms + aside_ms });
  }

  /** The trial could not begin, and nobody in it is to blame: they wait again. */
  trialVoid(cameraIds: readonly string[]): void {
    for (const id of cameraIds) this.#onTrial.delete(id);
    this.#groups.push([...cameraIds]);
  }

  /** The process of a trial lived on. */
  trialPassed(cameraIds: readonly string[]): void {
    for (const id of cameraIds) {
      this.#onTrial.delete(id);
      this.#aside.delete(id);
      this.#ends.delete(id);
    }
  }

  /** Takes the next group to be tried: suspects first, then who was set aside for long enough, each alone. */
  nextTrial(now_ms: number): readonly string[] | undefined {
    const due = [...this.#aside.values()].find(
      ({ cameraId, until_ms }) => until_ms <= now_ms && !this.#onTrial.has(cameraId),
    );
    const group = this.#groups.shift() ?? (due && [due.cameraId]);
    for (const id of group ?? []) this.#onTrial.add(id);
    return group;
  }

  /** When somebody who is set aside is to be tried next; undefined where nobody is. */
  dueAt_ms(): number | undefined {
    const times = [...this.#aside.values()]
      .filter(({ cameraId }) => !this.#onTrial.has(cameraId))
      .map(({ until_ms }) => until_ms);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** True where the camera may share a process with others. */
  isFree(cameraId: string): boolean {
    return (
      !this.#aside.has(cameraId) &&
      !this.#onTrial.has(cameraId) &&
      !this.#groups.some((group) => group.includes(cameraId))
    );
  }

  setAside(): readonly SetAside[] {
    return [...this.#aside.values()];
  }
}
