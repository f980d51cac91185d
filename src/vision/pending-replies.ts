interface Pending<T> {
  readonly group: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Requests to other processes that wait for their replies: bounded in number and time. */
export class PendingReplies<T> {
  readonly #timeout_ms: number;
  readonly #max: number;
  readonly #pending = new Map<number, Pending<T>>();
  #lastId = 0;

  constructor(timeout_ms: number, max: number) {
    this.#timeout_ms = timeout_ms;
    this.#max = max;
  }

  /** Calls `send` with a new id and resolves with its reply. `group` is who must answer. */
  ask(group: number, send: (id: number) => void): Promise<T> {
    if (this.#pending.size >= this.#max) {
      return Promise.reject(new Error(`${this.#max} requests wait already`));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.reject(id, `no reply within ${this.#timeout_ms} ms`),
        this.#timeout_ms,
      );
      this.#pending.set(id, { group, timer, resolve, reject });
      send(id);
    });
  }

  resolve(id: number, value: T): void {
    this.#take(id)?.resolve(value);
  }

  reject(id: number, message: string): void {
    this.#take(id)?.reject(new Error(message));
  }

  rejectOf(group: number, message: string): void {
    for (const [id, pending] of this.#pending) if (pending.group === group) this.reject(id, message);
  }

  rejectAll(message: string): void {
    for (const id of [...this.#pending.keys()]) this.reject(id, message);
  }

  #take(id: number): Pending<T> | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    clearTimeout(pending.timer);
    this.#pending.delete(id);
    return pending;
  }
}
