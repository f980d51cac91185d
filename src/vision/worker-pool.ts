import type { CameraSource } from '../domain/camera.ts';
import type { CameraStatus, StoredFrame } from '../domain/camera-status.ts';
import type { VisionObservation } from '../domain/observation.ts';
import type { ShadowPair, ShadowTally } from '../domain/shadow.ts';
import { type BackoffLimits, backoff_ms, pause } from '../runtime/backoff.ts';
import { type ClockSetting, clockOf } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { redactUrls } from '../runtime/redact.ts';
import { CameraTally, type CameraTotals } from './camera-tally.ts';
import { PendingReplies } from './pending-replies.ts';
import { relog } from './relog.ts';
import { type WorkerLimits, WorkerProcess } from './worker-process.ts';
import type {
  FocusAnswer,
  FocusTask,
  FromWorker,
  LatestFrame,
  ModelState,
  SnapshotTask,
  WorkerSetup,
} from './worker-protocol.ts';

/** What the gateway gives to its vision processes. */
export interface VisionOptions {
  readonly workers: number;
  readonly threads: number;
  readonly models?: WorkerSetup['models'];
  readonly shadows?: WorkerSetup['shadows'];
  /** Told of what detectors in shadow were compared to be. */
  readonly onShadow?: (tallies: readonly ShadowTally[], pairs: readonly ShadowPair[]) => void;
  readonly cameras: readonly CameraSource[];
  readonly modelsDir: string;
  readonly allowFiles: boolean;
  readonly spool: {
    readonly root: string;
    /** Told of each frame that a worker stored. */
    account(stored: StoredFrame): Promise<void>;
  };
  readonly ring?: WorkerSetup['ring'];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The clock by which frames are stamped. */
  readonly time: ClockSetting;
  /** Resolves when the detections are safe; until then the worker sends at most a few more. */
  readonly onDetections: (observation: VisionObservation) => Promise<void>;
  readonly onCameraState: (status: CameraStatus) => void;
  readonly log: Log;
  /** A frame is judged at least this often, changed or not. */
  readonly refresh_ms?: number;
  /** Scheduling priority of vision, 0 to 19. */
  readonly nice?: number;
  readonly log_level?: string;
  readonly limits?: Partial<WorkerLimits>;
  /** Delays of replacing a worker that ended. */
  readonly restart?: BackoffLimits;
  /** Delays of opening a camera again. */
  readonly reopen?: BackoffLimits;
}

/** One vision process as it is now. */
export interface WorkerStats {
  readonly worker: number;
  readonly pid?: number;
  readonly ready: boolean;
  readonly restarts: number;
  readonly cameras: readonly string[];
}

/** Vision as a whole, for metrics and health. */
export interface VisionStats {
  readonly workers: readonly WorkerStats[];
  readonly cameras: readonly CameraTotals[];
  /** Why a detector cannot be used, by its name. */
  readonly modelErrors: Readonly<Record<string, string>>;
}

const LIMITS: WorkerLimits = { start_timeout_ms: 60_000, silence_timeout_ms: 30_000, stop_timeout_ms: 5_000 };
const RESTART: BackoffLimits = { first_ms: 500, max_ms: 30_000 };
const REOPEN: BackoffLimits = { first_ms: 1_000, max_ms: 30_000 };
/** Largest decoded frame: 5120x2880 has 44 MB. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const UNACCEPTED_MAX = 2;
const REFRESH_MS = 30_000;
/** A worker that lived so long was healthy: it is replaced at once when it ends. */
const HEALTHY_AFTER_MS = 60_000;
const FRAME_TIMEOUT_MS = 20_000;
const SNAPSHOT_TIMEOUT_MS = 60_000;
const SNAPSHOTS_PENDING_MAX = 64;
/** Beyond the budget of its task: to decode the frame in hand and to store the pictures. */
const FOCUS_TIMEOUT_MS = 240_000;
const FOCUSES_PENDING_MAX = 8;

interface Slot {
  readonly index: number;
  readonly cameras: readonly CameraSource[];
  process: WorkerProcess | undefined;
  ready: boolean;
  restarts: number;
}

/**
 * Runs cameras and detectors in processes of their own. One that ends or hangs is replaced and its cameras go
 * on, so neither a decoder nor an inference can touch the rest of the gateway.
 */
export class VisionWorkers {
  readonly #options: VisionOptions;
  readonly #abort = new AbortController();
  readonly #slots: readonly Slot[];
  readonly #tally: CameraTally;
  readonly #frames = new PendingReplies<LatestFrame | undefined>(FRAME_TIMEOUT_MS, 1000);
  readonly #snapshots = new PendingReplies<readonly VisionObservation[]>(
    SNAPSHOT_TIMEOUT_MS,
    SNAPSHOTS_PENDING_MAX,
  );
  readonly #focuses = new PendingReplies<FocusAnswer | undefined>(FOCUS_TIMEOUT_MS, FOCUSES_PENDING_MAX);
  readonly #modelErrors = new Map<string, string>();
  #running: Promise<unknown> | undefined;
  #turn = 0;

  constructor(options: VisionOptions) {
    this.#options = options;
    this.#tally = new CameraTally(options.cameras.map(({ id }) => id));
    // More processes than cameras would idle; one is kept for published stills.
    const count = Math.max(1, Math.min(options.workers, options.cameras.length));
    this.#slots = Array.from({ length: count }, (_, index) => ({
      index,
      cameras: options.cameras.filter((_camera, position) => position % count === index),
      process: undefined,
      ready: false,
      restarts: 0,
    }));
  }

  start(): void {
    this.#running = Promise.all(this.#slots.map((slot) => this.#keepRunning(slot)));
  }

  /** Resolves when every worker and every ffmpeg is gone. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#slots.map(({ process }) => process?.stop()));
    await this.#running;
    this.#frames.rejectAll('vision has stopped');
    this.#snapshots.rejectAll('vision has stopped');
    this.#focuses.rejectAll('vision has stopped');
  }

  /** Each camera's state; `lastFrame_ms` is when its newest frame was decoded. */
  cameras(): readonly CameraTotals[] {
    return this.#tally.all();
  }

  /** A camera's newest frame, encoded only now; undefined where there is none, or its worker is away. */
  async latestFrame(cameraId: string): Promise<LatestFrame | undefined> {
    const slot = this.#slotOf(cameraId);
    if (slot?.process === undefined || !slot.ready) return undefined;
    const { process } = slot;
    return this.#frames
      .ask(slot.index, (id) => process.send({ type: 'frame', id, cameraId }))
      .catch(() => undefined);
  }

  /**
   * Judges a still that a camera published itself. Rejects, for the caller to try again, where a detector
   * fails, the worker ends meanwhile, or too many stills wait.
   */
  inferSnapshot(task: SnapshotTask): Promise<readonly VisionObservation[]> {
    const ready = this.#slots.filter((slot) => slot.ready);
    this.#turn += 1;
    const slot = ready[this.#turn % Math.max(1, ready.length)];
    const process = slot?.process;
    if (slot === undefined || process === undefined)
      return Promise.reject(new Error('no vision worker is ready'));
    return this.#snapshots.ask(slot.index, (id) => process.send({ type: 'snapshot', id, task }));
  }

  /**
   * Looks closely at a time of a camera's film, in the process that has the camera. Undefined where there is no film;
   * rejects, for the caller to try again, where no worker is ready, it ends meanwhile, or a detector fails.
   */
  lookClosely(task: FocusTask): Promise<FocusAnswer | undefined> {
    const slot = this.#slotOf(task.deviceId) ?? this.#slots.find(({ ready }) => ready);
    const process = slot?.process;
    if (slot === undefined || process === undefined || !slot.ready)
      return Promise.reject(new Error('no vision worker is ready'));
    return this.#focuses.ask(slot.index, (id) => process.send({ type: 'focus', id, task }));
  }

  /** Keeps a time of a camera's stream beyond the bounds of its ring; nothing where its worker is away. */
  hold(cameraId: string, from_ms: number, to_ms: number): void {
    this.#slotOf(cameraId)?.process?.send({ type: 'hold', cameraId, from_ms, to_ms });
  }

  release(cameraId: string, from_ms: number): void {
    this.#slotOf(cameraId)?.process?.send({ type: 'release', cameraId, from_ms });
  }

  stats(): VisionStats {
    return {
      workers: this.#slots.map(({ index, process, ready, restarts, cameras }) => ({
        worker: index,
        ...(process?.pid === undefined ? {} : { pid: process.pid }),
        ready,
        restarts,
        cameras: cameras.map(({ id }) => id),
      })),
      cameras: this.#tally.all(),
      modelErrors: Object.fromEntries(this.#modelErrors),
    };
  }

  #slotOf(cameraId: string): Slot | undefined {
    return this.#slots.find(({ cameras }) => cameras.some(({ id }) => id === cameraId));
  }

  async #keepRunning(slot: Slot): Promise<void> {
    const { log, restart = RESTART } = this.#options;
    for (let attempt = 0; !this.#abort.signal.aborted; attempt += 1) {
      const started_ms = performance.now();
      const reason = await this.#runOnce(slot);
      if (this.#abort.signal.aborted) return;
      if (performance.now() - started_ms >= HEALTHY_AFTER_MS) attempt = 0;
      slot.restarts += 1;
      const delay_ms = backoff_ms(attempt, restart, Math.random);
      log.error({ worker: slot.index, reason, delay_ms }, 'vision worker ended; it will be replaced');
      for (const { id } of slot.cameras) {
        this.#setStatus({
          cameraId: id,
          state: 'failed',
          reason: `vision worker ${reason}`,
          cause: 'worker-down',
          at_ms: clockOf(this.#options.time)(),
        });
      }
      await pause(delay_ms, this.#abort.signal);
    }
  }

  async #runOnce(slot: Slot): Promise<string> {
    const process = WorkerProcess.start({
      setup: this.#setupOf(slot),
      env: this.#options.env,
      limits: { ...LIMITS, ...this.#options.limits },
      onMessage: (message) => this.#receive(slot, process, message),
    });
    slot.process = process;
    const reason = redactUrls(await process.ended);
    slot.process = undefined;
    slot.ready = false;
    this.#tally.workerEnded(slot.cameras.map(({ id }) => id));
    this.#frames.rejectOf(slot.index, 'the vision worker ended');
    this.#snapshots.rejectOf(slot.index, 'the vision worker ended');
    this.#focuses.rejectOf(slot.index, 'the vision worker ended');
    return reason;
  }

  #setupOf(slot: Slot): WorkerSetup {
    const {
      modelsDir,
      spool,
      threads,
      allowFiles,
      nice = 5,
      log_level = 'info',
      reopen = REOPEN,
    } = this.#options;
    return {
      cameras: slot.cameras,
      modelsDir,
      spoolRoot: spool.root,
      ...(this.#options.ring === undefined ? {} : { ring: this.#options.ring }),
      threads,
      ...(this.#options.models === undefined ? {} : { models: this.#options.models }),
      ...(this.#options.shadows === undefined ? {} : { shadows: this.#options.shadows }),
      allowFiles,
      frame_bytes_max: FRAME_BYTES_MAX,
      nice,
      log_level,
      time: this.#options.time,
      refresh_ms: this.#options.refresh_ms ?? REFRESH_MS,
      unaccepted_max: UNACCEPTED_MAX,
      reopen,
    };
  }

  #receive(slot: Slot, process: WorkerProcess, message: FromWorker): void {
    if (message.type === 'ready') slot.ready = true;
    else if (message.type === 'heartbeat') this.#tally.count(message.cameras);
    else if (message.type === 'status') this.#setStatus(message.status);
    else if (message.type === 'model') this.#setModel(message.model);
    else if (message.type === 'frame') this.#frames.resolve(message.id, message.frame);
    else if (message.type === 'shadow') this.#options.onShadow?.(message.tallies, message.pairs);
    else if (message.type === 'log') relog(this.#options.log.child({ worker: slot.index }), message.line);
    else if (message.type === 'focus') {
      if (message.error === undefined) this.#focuses.resolve(message.id, message.answer);
      else this.#focuses.reject(message.id, message.error);
    } else if (message.type === 'snapshot') {
      if (message.observations === undefined) this.#snapshots.reject(message.id, message.error ?? 'failed');
      else this.#snapshots.resolve(message.id, message.observations);
    } else {
      const { id } = message;
      // Whatever becomes of them, the worker may go on: the journal's own retry is not its business.
      void this.#deliver(message).finally(() => process.send({ type: 'accepted', id }));
    }
  }

  async #deliver(message: Extract<FromWorker, { type: 'detections' }>): Promise<void> {
    const { spool, onDetections, log } = this.#options;
    try {
      const accounted = message.stored === undefined ? undefined : spool.account(message.stored);
      await Promise.all([accounted, ...message.observations.map((observation) => onDetections(observation))]);
    } catch (error) {
      log.error({ err: error }, 'detections could not be handed on');
    }
  }

  #setStatus(status: CameraStatus): void {
    this.#tally.setStatus(status);
    this.#options.onCameraState(status);
  }

  #setModel({ name, error, fallback }: ModelState): void {
    if (fallback !== undefined) {
      this.#options.log.warn({ model: name, reason: fallback }, 'detector runs on the processor instead');
    }
    if (error === undefined) this.#modelErrors.delete(name);
    else {
      this.#modelErrors.set(name, error);
      this.#options.log.error({ model: name, reason: error }, 'detector cannot be used');
    }
  }
}
