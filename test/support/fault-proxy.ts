import { connect, createServer, type Server, type Socket } from 'node:net';

/** What is wrong with the line; applies to what comes from now on. */
export interface LineFaults {
  /** Each way. */
  delay_ms?: number;
  /** Each way; absent means as fast as it goes. */
  bytes_per_s?: number;
}

/** Pieces in which a throttled line hands bytes on. */
const PIECE_BYTES = 1024;

/** A TCP proxy on the loopback that breaks what passes through it, as radio links and firewalls do. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isFrozen = false;
  faults: LineFaults = {};
  /** Makes, for each connection, what changes the bytes that come from the far side. */
  rewriter: (() => (chunk: Buffer) => Buffer) | undefined;

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
      near.setNoDelay(true);
      const pair = [near, far] as const;
      for (const socket of pair) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          // A line that hangs tells neither side that the other is gone.
          if (!this.#isFrozen) for (const other of pair) other.destroy();
        });
      }
      this.#carry(near, far);
      this.#carry(far, near, this.rewriter?.());
    });
  }

  /** Starts a proxy in front of a port of this machine. */
  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Half-open: both sides keep their connection, and nothing passes any more, for those that there are now. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.removeAllListeners('data').pause();
  }

  /** Ends every connection by a reset, as a line that breaks in the middle of a packet. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(from: Socket, to: Socket, rewrite = (chunk: Buffer): Buffer => chunk): void {
    from.on('data', (given: Buffer) => {
      const chunk = rewrite(given);
      const { delay_ms = 0, bytes_per_s } = this.faults;
      if (bytes_per_s === undefined) {
        later(delay_ms, () => this.#hand(to, chunk));
        return;
      }
      from.pause();
      const next = (rest: Buffer): void => {
        if (this.#isFrozen || to.destroyed) return;
        if (rest.length === 0) {
          from.resume();
          return;
        }
        const piece = rest.subarray(0, PIECE_BYTES);
        later(delay_ms + (piece.length / bytes_per_s) * 1000, () => {
          this.#hand(to, piece);
          next(rest.subarray(PIECE_BYTES));
        });
      };
      next(chunk);
    });
  }

  #hand(to: Socket, bytes: Buffer): void {
    if (!this.#isFrozen && !to.destroyed) to.write(bytes);
  }
}

function later(delay_ms: number, work: () => void): void {
  if (delay_ms === 0) work();
  else setTimeout(work, delay_ms);
}
