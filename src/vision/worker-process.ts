import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EXIT_CANNOT_START, type FromWorker, type ToWorker, type WorkerSetup } from './worker-protocol.ts';

/** How long a worker may be silent. */
export interface WorkerLimits {
  /** From the fork to `ready`, with all detectors loaded. */
  readonly start_timeout_ms: number;
  /** Between two messages once it is ready. */
  readonly silence_timeout_ms: number;
  /** From the request to stop until it is killed. */
  readonly stop_timeout_ms: number;
}

/** How a worker ended. */
export interface WorkerEnd {
  /** In words. */
  readonly reason: string;
  /** False where it said that it cannot start: then what it was to work on is not to blame. */
  readonly isFault: boolean;
  /** It was asked to. */
  readonly isAsked: boolean;
}

/** What a {@link WorkerProcess} needs. */
export interface WorkerProcessOptions {
  readonly setup: WorkerSetup;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: WorkerLimits;
  readonly onMessage: (message: FromWorker) => void;
}

/** What a worker and its decoders may know of the gateway's environment: no key of the gateway is among it. */
const ENV_NAMES = ['PATH', 'FFMPEG_PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];
const STDERR_CHARS_MAX = 4000;

/**
 * One vision process, from fork to end. It leads a process group of its own, so that whatever ends it, its
 * ffmpeg children can be killed with it.
 */
export class WorkerProcess {
  /** Resolves when the process and its children are gone. */
  readonly ended: Promise<WorkerEnd>;
  readonly #options: WorkerProcessOptions;
  readonly #child: ChildProcess;
  #watchdog: NodeJS.Timeout;
  #killedFor: string | undefined;
  #stderr = '';
  #isAsked = false;

  private constructor(options: WorkerProcessOptions, child: ChildProcess) {
    this.#options = options;
    this.#child = child;
    this.#watchdog = this.#watch(options.limits.start_timeout_ms, 'not ready');
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(this.#watchdog);
        this.#killGroup();
        const words = this.#stderr.trim().split('\n').at(-1);
        const how = signal === null ? `code ${code}` : signal;
        const reason = this.#killedFor ?? `ended with ${how}${words ? `: ${words}` : ''}`;
        resolve({ reason, isFault: code !== EXIT_CANNOT_START, isAsked: this.#isAsked });
      });
      child.once('error', (error) =>
        resolve({ reason: error.message, isFault: false, isAsked: this.#isAsked }),
      );
    });
  }

  /** Forks a worker and sends it its setup. */
  static start(options: WorkerProcessOptions): WorkerProcess {
    const { path, execArgv } = entry();
    const env = Object.fromEntries(
      Object.entries(options.env).filter(([name]) => ENV_NAMES.includes(name)),
    ) as NodeJS.ProcessEnv;
    const child = fork(path, [], {
      detached: true,
      serialization: 'advanced',
      execArgv,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const worker = new WorkerProcess(options, child);
    child.on('message', (message: FromWorker) => worker.#receive(message));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      worker.#stderr = (worker.#stderr + text).slice(-STDERR_CHARS_MAX);
    });
    worker.send({ type: 'setup', setup: options.setup });
    return worker;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a message; one to a worker that is going is lost, and its end tells so. */
  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Asks the worker to end, kills it where it does not, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isAsked = true;
    clearTimeout(this.#watchdog);
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.#killGroup(), this.#options.limits.stop_timeout_ms);
    await this.ended;
    clearTimeout(timer);
  }

  #receive(message: FromWorker): void {
    const { silence_timeout_ms } = this.#options.limits;
    if (message.type === 'ready') {
      clearTimeout(this.#watchdog);
      this.#watchdog = this.#watch(silence_timeout_ms, 'silent');
    } else this.#watchdog.refresh();
    this.#options.onMessage(message);
  }

  #watch(timeout_ms: number, fault: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#killedFor = `killed: ${fault} for ${timeout_ms} ms`;
      this.#killGroup();
    }, timeout_ms);
  }

  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }
}

/** The worker's file: TypeScript through tsx in development, the compiled file otherwise. */
function entry(): { path: string; execArgv: string[] } {
  const here = import.meta.url;
  if (!here.endsWith('.ts'))
    return { path: fileURLToPath(new URL('../vision-worker.js', here)), execArgv: [] };
  const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href;
  return { path: fileURLToPath(new URL('../vision-worker.ts', here)), execArgv: ['--import', tsx] };
}
