import type { EventParts } from './parts.ts';

/** Commits come by the thousand a second; whether an event was among them is asked at most this often. */
const GATHER_MS = 20;

/** Tells event streams that there is something new: one look at the journal for all of them. */
export class EventFeed {
  readonly #events: EventParts;
  readonly #waiting = new Set<() => void>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;

  constructor(events: EventParts) {
    this.#events = events;
  }

  start(): void {
    this.#seq = this.#events.head();
    this.#unsubscribe = this.#events.onCommit(() => {
      this.#timer ??= setTimeout(() => this.#look(), GATHER_MS);
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    this.#wakeAll();
  }

  /** Resolves at the next event, after `timeout_ms`, or when `signal` aborts; never rejects. */
  next(timeout_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeout_ms);
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }

  #look(): void {
    this.#timer = undefined;
    // The head is read first: an event after it is found by the next look.
    const head = this.#events.head();
    const isNew = this.#events.readEvents(this.#seq, 1).length > 0;
    this.#seq = head;
    if (isNew) this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
