import { Duplex } from 'node:stream';
import { TokenBucket } from '../runtime/token-bucket.ts';
import type { WorkBudget } from '../runtime/work-budget.ts';
import { type PacketLimits, PacketScanner, type PacketViolation } from './mqtt-packet-scanner.ts';

export interface GuardLimits extends PacketLimits {
  /** What may wait to be sent to a subscriber; above it the connection is cut. */
  readonly backlog_bytes_max: number;
  /** Messages of one client that are worked on at once; it is not read further until some are done. */
  readonly client_inflight_max: number;
  /** Messages of one client in a second, with a burst of as many; above it the client is read that slowly. */
  readonly client_messages_per_s_max: number;
}

/** A client that leaves so much of what it is sent lying is not read until it has taken some. */
const UNREAD_BYTES_MAX = 256 * 1024;

/** A connection as the broker sees it, with the taps that the gateway turns. */
export interface GuardedConnection {
  readonly stream: Duplex;
  /** Lets through what follows the first packet: its sender is known now. */
  open(): void;
  /** A message of that cost has reached the gateway. */
  begin(cost: number): void;
  /** A message of that cost is done with. */
  settle(cost: number): void;
  /** Reads nothing more. */
  hold(): void;
}

/**
 * Puts a guard between a connection and the broker, which itself has no bound on a packet's size, nor on what
 * it reads ahead while messages wait for the disk: the guard cuts the former, and holds back the latter
 * while the budget, which all connections share, is used up; so TCP slows the senders down. Until the
 * client is authenticated, one packet is all that passes.
 */
export function guardConnection(
  source: Duplex,
  limits: GuardLimits,
  budget: WorkBudget,
  onViolation: (violation: PacketViolation, head: Buffer) => void,
): GuardedConnection {
  const scanner = new PacketScanner(limits);
  let pending: Buffer | undefined;
  let isOpen = false;
  let isHeld = false;
  let hasEnded = false;
  /** The broker's side asked for more than it has got. */
  let isWanted = false;
  /** Cost of what was let through and has not reached the gateway yet. */
  let underway = 0;
  /** Messages that were let through and are not done with. */
  let inflight = 0;
  const rate = new TokenBucket(limits.client_messages_per_s_max);
  let timer: NodeJS.Timeout | undefined;

  const mayPass = (): boolean => {
    if (isHeld || stream.destroyed || stream.writableLength > UNREAD_BYTES_MAX) return false;
    if (scanner.isInFirst) return true;
    return isOpen && inflight < limits.client_inflight_max && mayPassByRate() && budget.hasRoom(pump);
  };

  const mayPassByRate = (): boolean => {
    if (rate.available > 0) return true;
    timer ??= setTimeout(() => {
      timer = undefined;
      pump();
    }, rate.wait_ms).unref();
    return false;
  };

  const pump = (): void => {
    while (pending !== undefined && mayPass()) {
      const chunk = pending;
      const messages_max = Math.max(1, Math.min(limits.client_inflight_max - inflight, rate.available));
      const { end, cost, messages, violation } = scanner.scan(chunk, messages_max);
      if (violation !== undefined) {
        onViolation(violation, chunk.subarray(violation.offset));
        stream.destroy();
        return;
      }
      pending = end < chunk.length ? chunk.subarray(end) : undefined;
      budget.take(cost);
      underway += cost;
      inflight += messages;
      rate.take(messages);
      isWanted = stream.push(pending === undefined ? chunk : chunk.subarray(0, end));
    }
    if (pending !== undefined || isHeld) return;
    if (hasEnded) stream.push(null);
    else if (isWanted) source.resume();
  };

  const sent = (done: (error?: Error | null) => void) => (error?: Error | null) => {
    done(error);
    if (pending !== undefined) pump();
  };

  const stream = new Duplex({
    // Above the backlog, so that the broker never makes a publisher wait for a subscriber.
    writableHighWaterMark: 2 * limits.backlog_bytes_max,
    read: () => {
      isWanted = true;
      pump();
    },
    write: (chunk: Buffer, _encoding, done) => {
      source.write(chunk, sent(done));
    },
    // The broker writes each acknowledgement by itself; one write for all of a turn saves a system call each.
    writev: (chunks, done) => {
      source.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), sent(done));
    },
    final: (done) => {
      source.end(done);
    },
    destroy: (error, done) => {
      pending = undefined;
      clearTimeout(timer);
      budget.leave(pump);
      budget.give(underway);
      underway = 0;
      source.destroy();
      done(error);
    },
  });

  source.on('data', (chunk: Buffer) => {
    pending = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    pump();
    if (pending !== undefined || !isWanted) source.pause();
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
    begin: (cost) => {
      // After the end its cost was given back already, with that of all that was underway.
      if (stream.destroyed) budget.take(cost);
      else underway -= cost;
    },
    settle: (cost) => {
      budget.give(cost);
      inflight -= 1;
      if (pending !== undefined) pump();
    },
    hold: () => {
      isHeld = true;
      source.pause();
    },
  };
}
