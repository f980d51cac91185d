/** Receives at most one line a second for each fault, with how often it happened since the last. */
export type DigestSink = (line: {
  readonly fault: string;
  readonly count: number;
  readonly last: string;
}) => void;

interface Fault {
  count: number;
  last: string;
  timer: NodeJS.Timeout;
}

/** Number of different faults told apart; further ones are counted together as `other`. */
const FAULTS_MAX = 200;

/** Turns a noisy failure into a count each second: a broken device cannot fill the disk with log lines. */
export class ErrorDigest {
  readonly #sink: DigestSink;
  readonly #interval_ms: number;
  readonly #faults = new Map<string, Fault>();

  constructor(sink: DigestSink, interval_ms = 1000) {
    this.#sink = sink;
    this.#interval_ms = interval_ms;
  }

  /** Reports the first of a kind at once and gathers those that follow within the interval. */
  report(fault: string, message: string): void {
    const key = this.#faults.has(fault) || this.#faults.size < FAULTS_MAX ? fault : 'other';
    const known = this.#faults.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.last = message;
      return;
    }
    this.#sink({ fault: key, count: 1, last: message });
    const timer = setTimeout(() => this.#flush(key), this.#interval_ms);
    timer.unref();
    this.#faults.set(key, { count: 0, last: message, timer });
  }

  /** Reports what is still gathered and stops the timers. */
  close(): void {
    for (const key of [...this.#faults.keys()]) this.#flush(key);
  }

  #flush(key: string): void {
    const fault = this.#faults.get(key);
    if (fault === undefined) return;
    clearTimeout(fault.timer);
    this.#faults.delete(key);
    if (fault.count > 0) this.#sink({ fault: key, count: fault.count, last: fault.last });
  }
}
