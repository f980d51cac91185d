import { Duplex } from 'node:stream';
import { type PacketLimits, PacketScanner, type PacketViolation } from './mqtt-packet-scanner.ts';

export interface GuardLimits extends PacketLimits {
  /** Cost (`publishCost`) of a client's messages that are worked on; above it the client is not read. */
  readonly inflight_bytes_max: number;
  /** What may wait to be sent to a client before it counts as slow. */
  readonly backlog_bytes_max: number;
}

/** A connection as the broker sees it, with the taps that the gateway turns. */
export interface GuardedConnection {
  readonly stream: Duplex;
  /** Lets through what follows the first packet: its sender is known now. */
  open(): void;
  /** A message of that cost is done with. */
  settle(cost: number): void;
  /** Reads nothing more. */
  hold(): void;
}

/**
 * Puts a guard between a connection and the broker, which itself has no bound on a packet's size, nor on what
 * it reads ahead while messages wait for the disk: the guard cuts the former and holds back the latter,
 * so that TCP slows the sender down. Until the client is authenticated, one packet is all that passes.
 */
export function guardConnection(
  source: Duplex,
  limits: GuardLimits,
  onViolation: (violation: PacketViolation, head: Buffer) => void,
): GuardedConnection {
  const scanner = new PacketScanner(limits);
  let pending: Buffer | undefined;
  let isOpen = false;
  let isHeld = false;
  let hasEnded = false;
  let inflight = 0;

  const isBlocked = (): boolean =>
    isHeld || inflight >= limits.inflight_bytes_max || !(isOpen || scanner.isInFirst);

  const pump = (): void => {
    while (pending !== undefined && !isBlocked()) {
      const chunk = pending;
      const { end, cost, violation } = scanner.scan(chunk);
      if (violation !== undefined) {
        pending = undefined;
        onViolation(violation, chunk.subarray(violation.offset));
        stream.destroy();
        return;
      }
      pending = end < chunk.length ? chunk.subarray(end) : undefined;
      inflight += cost;
      stream.push(pending === undefined ? chunk : chunk.subarray(0, end));
    }
    if (pending !== undefined) return;
    if (hasEnded) stream.push(null);
    else if (!isBlocked() && stream.readableLength < stream.readableHighWaterMark) source.resume();
  };

  const stream = new Duplex({
    writableHighWaterMark: limits.backlog_bytes_max,
    read: () => pump(),
    write: (chunk: Buffer, _encoding, done) => {
      source.write(chunk, done);
    },
    // The broker writes each acknowledgement by itself; one write for all of a turn saves a system call each.
    writev: (chunks, done) => {
      source.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
    final: (done) => {
      source.end(done);
    },
    destroy: (error, done) => {
      pending = undefined;
      source.destroy();
      done(error);
    },
  });

  source.on('data', (chunk: Buffer) => {
    pending = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    pump();
    if (pending !== undefined || isBlocked() || stream.readableLength >= stream.readableHighWaterMark) {
      source.pause();
    }
  });
  source.on('end', () => {
    hasEnded = true;
    pump();
  });
  source.on('error', (error) => stream.destroy(error));
  source.on('close', () => {
    if (!hasEnded) stream.destroy();
  });

  return {
    stream,
    open: () => {
      isOpen = true;
      pump();
    },
    settle: (cost) => {
      inflight -= cost;
      pump();
    },
    hold: () => {
      isHeld = true;
      source.pause();
    },
  };
}
