/** A binary heap of things to be done at a time, earliest first. */
export class WakeQueue<T> {
  readonly #heap: { readonly due_ms: number; readonly item: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(due_ms: number, item: T): void {
    const heap = this.#heap;
    const entry = { due_ms, item };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || parent.due_ms <= due_ms) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  /** Takes out the earliest that is due at `now_ms`; entries of the same time come in no particular order. */
  pop(now_ms: number): { readonly due_ms: number; readonly item: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.due_ms > now_ms) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #sink(entry: { readonly due_ms: number; readonly item: T }): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && right.due_ms < left.due_ms ? right : left;
      if (child === undefined || child.due_ms >= entry.due_ms) break;
      heap[at] = child;
      at = child === left ? 2 * at + 1 : 2 * at + 2;
    }
    heap[at] = entry;
  }
}
