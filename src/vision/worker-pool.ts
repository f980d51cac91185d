import type { CameraStatus } from '../domain/camera-status.ts';
import type { VisionObservation } from '../domain/observation.ts';
import { isoTime } from '../domain/time.ts';
import { type BackoffLimits, backoff_ms, pause } from '../runtime/backoff.ts';
import { clockOf } from '../runtime/clock.ts';
import { redactUrls } from '../runtime/redact.ts';
import { CameraHosts, type HostOrder } from './camera-hosts.ts';
import { CameraTally, type CameraTotals } from './camera-tally.ts';
import { PendingReplies } from './pending-replies.ts';
import { relog } from './relog.ts';
import type { VisionOptions, VisionStats } from './vision-options.ts';
import { type WorkerEnd, type WorkerLimits, WorkerProcess } from './worker-process.ts';
import type {
  FocusAnswer,
  FocusTask,
  FromWorker,
  LatestFrame,
  ModelState,
  SnapshotTask,
} from './worker-protocol.ts';
import { setupOf } from './worker-setup.ts';

const LIMITS: WorkerLimits = { start_timeout_ms: 60_000, silence_timeout_ms: 30_000, stop_timeout_ms: 5_000 };
const RESTART: BackoffLimits = { first_ms: 500, max_ms: 30_000 };
/** A worker that lived so long was healthy: it is replaced at once when it ends. */
const HEALTHY_AFTER_MS = 60_000;
const TRIAL_MS = 30_000;
const FRAME_TIMEOUT_MS = 20_000;
const SNAPSHOT_TIMEOUT_MS = 60_000;
const SNAPSHOTS_PENDING_MAX = 64;
/** Beyond the budget of its task: to decode the frame in hand and to store the pictures. */
const FOCUS_TIMEOUT_MS = 240_000;
const FOCUSES_PENDING_MAX = 8;

interface Slot {
  readonly index: number;
  process: WorkerProcess | undefined;
  ready: boolean;
  restarts: number;
}

/**
 * Runs cameras and detectors in processes of their own. One that ends or hangs is replaced, and its cameras go on in
 * the others until then; so neither a decoder nor an inference can touch the rest of the gateway. Cameras that end
 * one process after the other are tried apart, in processes beside, and the one that does it is set aside.
 */
export class VisionWorkers {
  readonly #options: VisionOptions;
  readonly #abort = new AbortController();
  readonly #hosts: CameraHosts;
  readonly #slots: readonly Slot[];
  /** By their place among the hosts, behind those of the slots. */
  readonly #trials = new Map<number, Slot>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #tally: CameraTally;
  readonly #frames = new PendingReplies<LatestFrame | undefined>(FRAME_TIMEOUT_MS, 1000);
  readonly #snapshots = new PendingReplies<readonly VisionObservation[]>(
    SNAPSHOT_TIMEOUT_MS,
    SNAPSHOTS_PENDING_MAX,
  );
  readonly #focuses = new PendingReplies<FocusAnswer | undefined>(FOCUS_TIMEOUT_MS, FOCUSES_PENDING_MAX);
  readonly #modelErrors = new Map<string, string>();
  #retrial: NodeJS.Timeout | undefined;
  readonly #watched = new Set<string>();
  #turn = 0;

  constructor(options: VisionOptions) {
    this.#options = options;
    this.#tally = new CameraTally(options.cameras.map(({ id }) => id));
    // More processes than cameras would idle; one is kept for published stills.
    const count = Math.max(1, Math.min(options.workers, options.cameras.length));
    this.#hosts = new CameraHosts(options.cameras, count, options.poison);
    this.#slots = Array.from({ length: count }, (_, index) => slotOf(index));
  }

  start(): void {
    for (const slot of this.#slots) this.#run(this.#keepRunning(slot));
  }

  /** Resolves when every worker and every ffmpeg is gone. */
  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#retrial);
    await Promise.all([...this.#slots, ...this.#trials.values()].map(({ process }) => process?.stop()));
    await Promise.all(this.#running);
    this.#frames.rejectAll('vision has stopped');
    this.#snapshots.rejectAll('vision has stopped');
    this.#focuses.rejectAll('vision has stopped');
  }

  /** Each camera's state; `lastFrame_ms` is when its newest frame was decoded. */
  cameras(): readonly CameraTotals[] {
    return this.#tally.all();
  }

  /** Begins or ends to have a camera's stream sent to `onLive`; its worker's end does not end that. */
  watch(cameraId: string, isWatched: boolean): void {
    if (isWatched) this.#watched.add(cameraId);
    else this.#watched.delete(cameraId);
    this.#slotOf(cameraId)?.process?.send({ type: 'watch', cameraId, isWatched });
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
      workers: this.#slots.map(({ index, process, ready, restarts }) => ({
        worker: index,
        ...(process?.pid === undefined ? {} : { pid: process.pid }),
        ready,
        restarts,
        cameras: this.#hosts.camerasOf(index),
      })),
      trials: [...this.#trials.values()].map(({ index, process }) => ({
        ...(process?.pid === undefined ? {} : { pid: process.pid }),
        cameras: this.#hosts.camerasOf(index),
      })),
      cameras: this.#tally.all(),
      setAside: this.#hosts.setAside().map(({ cameraId }) => cameraId),
      modelErrors: Object.fromEntries(this.#modelErrors),
    };
  }

  #slotOf(cameraId: string): Slot | undefined {
    const host = this.#hosts.hostOf(cameraId);
    return host === undefined ? undefined : this.#slotAt(host);
  }

  #run(work: Promise<unknown>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #keepRunning(slot: Slot): Promise<void> {
    const { log, restart = RESTART } = this.#options;
    for (let attempt = 0; !this.#abort.signal.aborted; attempt += 1) {
      const started_ms = performance.now();
      this.#obey(this.#hosts.starting(slot.index));
      const end = await this.#runOnce(slot);
      if (this.#abort.signal.aborted) return;
      if (performance.now() - started_ms >= HEALTHY_AFTER_MS) attempt = 0;
      slot.restarts += 1;
      const delay_ms = backoff_ms(attempt, restart, Math.random);
      log.error(
        { worker: slot.index, reason: end.reason, delay_ms },
        'vision worker ended; it will be replaced',
      );
      this.#leave(slot, end);
      this.#tryNext();
      await pause(delay_ms, this.#abort.signal);
    }
  }

  /** Its cameras go elsewhere. */
  #leave(slot: Slot, { reason, isFault }: WorkerEnd): void {
    const at_ms = clockOf(this.#options.time)();
    for (const cameraId of this.#hosts.camerasOf(slot.index)) {
      const fault = { reason: `vision worker ${reason}`, cause: 'worker-down' } as const;
      this.#setStatus({ cameraId, state: 'failed', at_ms, ...fault });
    }
    this.#obey(this.#hosts.ended(slot.index, isFault, performance.now()));
  }

  /** Starts the trials for which there is room, and looks again when a camera that was set aside is due. */
  #tryNext(): void {
    if (this.#abort.signal.aborted) return;
    const now_ms = performance.now();
    for (let trial = this.#hosts.nextTrial(now_ms); trial; trial = this.#hosts.nextTrial(now_ms)) {
      this.#run(this.#try(slotOf(trial.host), trial.cameraIds));
    }
    clearTimeout(this.#retrial);
    const due_ms = this.#hosts.dueAt_ms();
    if (due_ms !== undefined) {
      this.#retrial = setTimeout(() => this.#tryNext(), Math.max(100, due_ms - now_ms));
    }
  }

  async #try(slot: Slot, cameraIds: readonly string[]): Promise<void> {
    const { log, trial_ms = TRIAL_MS, restart = RESTART } = this.#options;
    log.warn({ cameraIds }, 'cameras whose vision processes ended again and again are tried apart');
    this.#trials.set(slot.index, slot);
    let timer: NodeJS.Timeout | undefined;
    const end = await this.#runOnce(slot, () => {
      timer = setTimeout(() => void slot.process?.stop(), trial_ms);
    });
    clearTimeout(timer);
    this.#trials.delete(slot.index);
    if (this.#abort.signal.aborted) return;
    if (end.isAsked) this.#obey(this.#hosts.trialPassed(slot.index));
    else {
      log.error({ cameraIds, reason: end.reason }, 'a trial ended');
      this.#leave(slot, end);
      this.#tellSetAside(cameraIds, end.reason);
      if (!end.isFault) await pause(restart.max_ms, this.#abort.signal);
    }
    this.#tryNext();
  }

  #tellSetAside(cameraIds: readonly string[], how: string): void {
    const at_ms = clockOf(this.#options.time)();
    for (const { cameraId, ends, until_ms } of this.#hosts.setAside()) {
      if (!cameraIds.includes(cameraId)) continue;
      const again = isoTime(Math.round(at_ms + until_ms - performance.now()));
      const reason = `set aside until ${again}: alone in its vision process it ended that (${how}), ${ends} times so far`;
      this.#setStatus({ cameraId, state: 'failed', reason, cause: 'set-aside', at_ms });
    }
  }

  async #runOnce(slot: Slot, onReady?: () => void): Promise<WorkerEnd> {
    const process = WorkerProcess.start({
      setup: setupOf(this.#options, this.#hosts.camerasOf(slot.index)),
      env: this.#options.env,
      limits: { ...LIMITS, ...this.#options.limits },
      onMessage: (message) => {
        this.#receive(slot, process, message);
        if (message.type === 'ready') onReady?.();
      },
    });
    slot.process = process;
    const end = await process.ended;
    slot.process = undefined;
    slot.ready = false;
    const cameraIds = this.#hosts.camerasOf(slot.index);
    for (const cameraId of this.#watchedOf(cameraIds)) this.#options.onLive?.(cameraId, undefined);
    this.#tally.workerEnded(cameraIds);
    this.#frames.rejectOf(slot.index, 'the vision worker ended');
    this.#snapshots.rejectOf(slot.index, 'the vision worker ended');
    this.#focuses.rejectOf(slot.index, 'the vision worker ended');
    return { ...end, reason: redactUrls(end.reason) };
  }

  #slotAt(host: number): Slot | undefined {
    return this.#slots[host] ?? this.#trials.get(host);
  }

  /** What a process that has gone meanwhile was to do, its end sees to. */
  #obey(orders: readonly HostOrder[]): void {
    for (const { host, type, cameraId } of orders) {
      const camera = this.#options.cameras.find(({ id }) => id === cameraId);
      const process = this.#slotAt(host)?.process;
      if (type === 'close') process?.send({ type, cameraId });
      else if (camera !== undefined) process?.send({ type, camera });
      // Who looks goes on looking, wherever the camera moves.
      if (this.#watched.has(cameraId)) {
        process?.send({ type: 'watch', cameraId, isWatched: type === 'open' });
        if (type === 'close') this.#options.onLive?.(cameraId, undefined);
      }
    }
  }

  #watchedOf(cameraIds: readonly string[]): readonly string[] {
    return cameraIds.filter((id) => this.#watched.has(id));
  }

  #receive(slot: Slot, process: WorkerProcess, message: FromWorker): void {
    if (message.type === 'ready') {
      slot.ready = true;
      this.#obey(this.#hosts.ready(slot.index));
      for (const cameraId of this.#watchedOf(this.#hosts.camerasOf(slot.index)))
        process.send({ type: 'watch', cameraId, isWatched: true });
    } else if (message.type === 'closed') {
      this.#tally.workerEnded([message.cameraId]);
      this.#obey(this.#hosts.closed(slot.index, message.cameraId));
    } else if (message.type === 'live') this.#options.onLive?.(message.cameraId, message.picture);
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

function slotOf(index: number): Slot {
  return { index, process: undefined, ready: false, restarts: 0 };
}
