/** Connections on their way at a time: a server's queue of half-open ones is short, and a fleet comes at once. */
const CONNECTING_MAX = 200;

/** Lets devices connect in the order in which they asked, only so many at a time. */
export class ConnectQueue {
  readonly #connecting = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  /** Connects now, or when it is its turn. */
  ask(deviceId: string, connect: () => void): void {
    if (this.#connecting.has(deviceId)) return;
    if (this.#connecting.size >= CONNECTING_MAX) this.#waiting.set(deviceId, connect);
    else this.#begin(deviceId, connect);
  }

  /** It is connected, was refused, failed, or does not want to any more: the next one's turn. */
  done(deviceId: string): void {
    this.#waiting.delete(deviceId);
    if (!this.#connecting.delete(deviceId)) return;
    for (const [next, connect] of this.#waiting) {
      this.#waiting.delete(next);
      this.#begin(next, connect);
      break;
    }
  }

  /** Nobody connects any more. */
  clear(): void {
    this.#waiting.clear();
    this.#connecting.clear();
  }

  #begin(deviceId: string, connect: () => void): void {
    this.#connecting.add(deviceId);
    connect();
  }
}
