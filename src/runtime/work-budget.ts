/**
 * What may be worked on at once, shared by many sources: whoever finds no room is called again, in the order
 * of asking, when there is. A single piece of work may exceed what is left, never what is taken.
 */
export class WorkBudget {
  readonly #bytes_max: number;
  readonly #waiting = new Set<() => void>();
  #taken_bytes = 0;

  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  get taken_bytes(): number {
    return this.#taken_bytes;
  }

  /** True where work may begin; else `waiter` is called once when it may. */
  hasRoom(waiter: () => void): boolean {
    if (this.#taken_bytes < this.#bytes_max) return true;
    this.#waiting.add(waiter);
    return false;
  }

  take(bytes: number): void {
    this.#taken_bytes += bytes;
  }

  give(bytes: number): void {
    this.#taken_bytes -= bytes;
    while (this.#waiting.size > 0 && this.#taken_bytes < this.#bytes_max) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#waiting.delete(next);
      next();
    }
  }

  /** Waits no more. */
  leave(waiter: () => void): void {
    this.#waiting.delete(waiter);
  }
}
