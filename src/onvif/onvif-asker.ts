import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OnvifAccess } from '../domain/onvif-access.ts';
import type { OnvifAnswer, OnvifAsk, OnvifQuestion } from './onvif-messages.ts';

/** What the asking process may know of our environment. */
const ENV_NAMES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'NODE_EXTRA_CA_CERTS'];
const TIMEOUT_MS = 10_000;
/** The process has its own timeout; when it says nothing at all it is given so much longer, and is replaced. */
const GRACE_MS = 5_000;
const QUESTIONS_MAX = 1_000;

interface Waiting {
  readonly settle: (answer: OnvifAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/** Puts questions to cameras over ONVIF, through a process of its own that is started when it is needed. */
export class OnvifAsker {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #next = 1;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** Asks; a camera that does not answer, or nonsense, is an answer too. Never rejects. */
  ask(ask: OnvifAsk, access: OnvifAccess, timeout_ms = TIMEOUT_MS): Promise<OnvifAnswer> {
    const id = this.#next;
    this.#next += 1;
    if (this.#waiting.size >= QUESTIONS_MAX)
      return Promise.resolve({ id, ok: false, reason: `${QUESTIONS_MAX} cameras are being asked already` });
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#replace('the asking process does not answer'),
        timeout_ms + GRACE_MS,
      );
      this.#waiting.set(id, { settle: resolve, timer });
      const question: OnvifQuestion = { id, ask, access, timeout_ms };
      this.#process().send(question, (error) => {
        if (error) this.#settle({ id, ok: false, reason: 'the asking process is gone' });
      });
    });
  }

  /** Ends the process; what is still asked fails. */
  stop(): void {
    this.#replace('stopped');
  }

  #process(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const { path, execArgv } = entry();
    const known = Object.entries(this.#env).filter(([name]) => ENV_NAMES.includes(name));
    const child = fork(path, [], {
      execArgv,
      env: Object.fromEntries(known) as NodeJS.ProcessEnv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', (answer: OnvifAnswer) => this.#settle(answer));
    const gone = (): void => {
      if (this.#child === child) this.#replace('the asking process ended');
    };
    child.once('exit', gone);
    child.once('error', gone);
    return child;
  }

  #replace(reason: string): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, ok: false, reason });
  }

  #settle(answer: OnvifAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    waiting.settle(answer);
  }
}

/** The process's file: TypeScript through tsx in development, the compiled file otherwise. */
function entry(): { path: string; execArgv: string[] } {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return { path: fileURLToPath(new URL('./onvif-worker.js', here)), execArgv: [] };
  const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href;
  return { path: fileURLToPath(new URL('./onvif-worker.ts', here)), execArgv: ['--import', tsx] };
}
