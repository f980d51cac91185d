/** Files of a folder by age with the room they take, so that the oldest can go first. */
export class OldestFirst {
  /** Path to bytes, oldest first. */
  readonly #files = new Map<string, number>();
  #bytes = 0;

  get count(): number {
    return this.#files.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A file has come, or come again: it is the newest. */
  add(path: string, bytes: number): void {
    this.#bytes += bytes - (this.#files.get(path) ?? 0);
    this.#files.delete(path);
    this.#files.set(path, bytes);
  }

  /** Forgets the oldest until the rest takes at most `max_bytes`; `remove` deletes each. */
  async shrink(max_bytes: number, remove: (path: string) => Promise<void>): Promise<void> {
    while (this.#bytes > max_bytes) {
      const oldest = this.#files.entries().next().value;
      if (oldest === undefined) return;
      const [path, bytes] = oldest;
      this.#files.delete(path);
      this.#bytes -= bytes;
      await remove(path);
    }
  }
}
