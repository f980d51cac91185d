import type { Suspicion } from '../domain/focus.ts';

/** What is held of cameras' streams, and for how long. */
export interface HoldLimits {
  readonly before_ms: number;
  readonly after_ms: number;
  /** Of one camera; a later suspicion takes the place of the earliest. */
  readonly holds_max: number;
  /** Then nothing has come of it. */
  readonly hold_ms: number;
  /** What lies further back is gone from the ring anyway. */
  readonly ring_ms: number;
}

interface Hold {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Has the time around suspicions kept from each camera's ring: a patrol says only later which of them was one. */
export class SuspicionHolds {
  readonly #limits: HoldLimits;
  readonly #ring: {
    readonly hold: (cameraId: string, from_ms: number, to_ms: number) => void;
    readonly release: (cameraId: string, from_ms: number) => void;
  };
  readonly #holds = new Map<string, Hold[]>();
  #begun = 0;
  #replaced = 0;

  constructor(
    limits: HoldLimits,
    ring: {
      readonly hold: (cameraId: string, from_ms: number, to_ms: number) => void;
      readonly release: (cameraId: string, from_ms: number) => void;
    },
  ) {
    this.#limits = limits;
    this.#ring = ring;
  }

  /** Holds the time around it, unless most of that is held already, or too long ago (a restart reads the past again). */
  suspect({ deviceId, at_ms }: Suspicion, now_ms: number): void {
    const { before_ms, after_ms, holds_max, ring_ms } = this.#limits;
    if (now_ms - at_ms > ring_ms) return;
    this.sweep(now_ms);
    const holds = this.#holds.get(deviceId) ?? [];
    const isHeld = holds.some(
      ({ from_ms, to_ms }) => at_ms - before_ms / 2 >= from_ms && at_ms + after_ms / 2 <= to_ms,
    );
    if (isHeld) return;
    const hold = { from_ms: at_ms - before_ms, to_ms: at_ms + after_ms };
    this.#begun += 1;
    holds.push(hold);
    this.#holds.set(deviceId, holds);
    this.#ring.hold(deviceId, hold.from_ms, hold.to_ms);
    while (holds.length > holds_max) {
      const oldest = holds.shift();
      if (oldest === undefined) return;
      this.#replaced += 1;
      this.#ring.release(deviceId, oldest.from_ms);
    }
  }

  /** Releases those of which nothing has come. */
  sweep(now_ms: number): void {
    for (const [cameraId, holds] of this.#holds) {
      const left = holds.filter(({ from_ms, to_ms }) => {
        const isOver = now_ms - to_ms > this.#limits.hold_ms;
        if (isOver) this.#ring.release(cameraId, from_ms);
        return !isOver;
      });
      if (left.length === 0) this.#holds.delete(cameraId);
      else this.#holds.set(cameraId, left);
    }
  }

  /** Holds now and since the start, and those that a later one replaced. */
  stats(): { readonly held: number; readonly begun: number; readonly replaced: number } {
    const held = [...this.#holds.values()].reduce((sum, { length }) => sum + length, 0);
    return { held, begun: this.#begun, replaced: this.#replaced };
  }
}
