import type { CameraState, CameraStatus } from '../domain/camera-status.ts';
import type { WorkerCameraCounts } from './worker-protocol.ts';

/** A camera's state and what has been done with it since the gateway started. */
export interface CameraTotals {
  readonly id: string;
  readonly state?: CameraState;
  readonly reason?: string;
  /** Since when it is in this state. */
  readonly at_ms?: number;
  readonly decoded: number;
  readonly dropped: number;
  readonly opened: number;
  readonly inferred: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly lastFrame_ms?: number;
}

const COUNTERS = ['decoded', 'dropped', 'opened', 'inferred', 'unchanged', 'failed'] as const;
type Counters = Record<(typeof COUNTERS)[number], number>;

interface Entry {
  status: CameraStatus | undefined;
  /** What workers that are gone had counted. */
  past: Counters;
  now: Counters;
  lastFrame_ms: number | undefined;
}

/** Adds up what the workers count for each camera, so that a replaced worker does not start its cameras at 0. */
export class CameraTally {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(cameraIds: readonly string[]) {
    this.#entries = new Map(
      cameraIds.map((id) => [id, { status: undefined, past: zero(), now: zero(), lastFrame_ms: undefined }]),
    );
  }

  count(cameras: readonly WorkerCameraCounts[]): void {
    for (const { cameraId, lastFrame_ms, ...counts } of cameras) {
      const entry = this.#entries.get(cameraId);
      if (entry === undefined) continue;
      entry.now = counts;
      entry.lastFrame_ms = lastFrame_ms ?? entry.lastFrame_ms;
    }
  }

  setStatus(status: CameraStatus): void {
    const entry = this.#entries.get(status.cameraId);
    if (entry !== undefined) entry.status = status;
  }

  workerEnded(cameraIds: readonly string[]): void {
    for (const id of cameraIds) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      for (const counter of COUNTERS) entry.past[counter] += entry.now[counter];
      entry.now = zero();
    }
  }

  all(): CameraTotals[] {
    return [...this.#entries].map(([id, { status, past, now, lastFrame_ms }]) => {
      const sum = (counter: keyof Counters): number => past[counter] + now[counter];
      return {
        id,
        ...(status === undefined ? {} : { state: status.state, at_ms: status.at_ms }),
        ...(status?.reason === undefined ? {} : { reason: status.reason }),
        decoded: sum('decoded'),
        dropped: sum('dropped'),
        opened: sum('opened'),
        inferred: sum('inferred'),
        unchanged: sum('unchanged'),
        failed: sum('failed'),
        ...(lastFrame_ms === undefined ? {} : { lastFrame_ms }),
      };
    });
  }
}

function zero(): Counters {
  return { decoded: 0, dropped: 0, opened: 0, inferred: 0, unchanged: 0, failed: 0 };
}
