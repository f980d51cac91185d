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

/** What was taken of a chunk without the broker. */
export interface DirectlyTaken {
  /** Where the first packet begins that was not taken. */
  readonly end: number;
  readonly messages: number;
  /** Their summed cost; see `publishCost`. */
  readonly cost: number;
  /** That packet may be one to take, and has not all come yet. */
  readonly isCut: boolean;
}

/** A way in for messages that need no broker. */
export interface DirectLane {
  /**
   * Takes the packets at the beginning of the chunk that are its own, up to `messages_max` of them. Where there
   * was one, `done` is called later, with all that is to be answered, or the error for which there is no answer.
   */
  take(chunk: Buffer, messages_max: number, done: (answer: Buffer | Error) => void): DirectlyTaken;
}

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
  /** Since the newest packet was complete, or since it was opened. */
  silence_ms(): number;
}

/**
 * Puts a guard between a connection and the broker, which itself has no bound on a packet's size, nor on what
 * it reads ahead while messages wait for the disk: the guard cuts the former, and holds back the latter
 * while the budget, which all connections share, is used up; so TCP slows the senders down. Until the
 * client is authenticated, one packet is all that passes.
 *
 * Messages of the direct lane leave here. One is taken only while the broker has no message of the connection,
 * and the broker gets one only when those are answered: so messages are stored and acknowledged in their order.
 */
export function guardConnection(
  source: Duplex,
  limits: GuardLimits,
  budget: WorkBudget,
  onViolation: (violation: PacketViolation, head: Buffer) => void,
  lane?: DirectLane,
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
  /** Of them, those in the direct lane. */
  let direct = 0;
  /** What is pending is the beginning of a packet for the direct lane. */
  let isCut = false;
  let packet_ms = 0;
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

  const count = (messages: number, cost: number): void => {
    budget.take(cost);
    inflight += messages;
    rate.take(messages);
  };

  const takeDirectly = (chunk: Buffer, messages_max: number): boolean => {
    if (lane === undefined || !isOpen || inflight > direct || !scanner.isAtBorder) return false;
    const taken = lane.take(chunk, messages_max, (answer) => {
      if (answer instanceof Error) stream.destroy(answer);
      else if (stream.writable) stream.write(answer);
      direct -= taken.messages;
      inflight -= taken.messages;
      budget.give(taken.cost);
      if (pending !== undefined) pump();
    });
    const { end, messages, cost } = taken;
    direct += messages;
    count(messages, cost);
    if (messages > 0) packet_ms = performance.now();
    isCut = taken.isCut && !hasEnded;
    pending = end < chunk.length ? chunk.subarray(end) : undefined;
    return messages > 0 || isCut;
  };

  const pump = (): void => {
    isCut = false;
    while (pending !== undefined && !isCut && mayPass()) {
      const chunk = pending;
      const messages_max = Math.max(1, Math.min(limits.client_inflight_max - inflight, rate.available));
      if (takeDirectly(chunk, messages_max)) continue;
      // What follows is the broker's, once what was taken before is answered.
      if (direct > 0) return;
      const { end, cost, messages, hasPacket, violation } = scanner.scan(chunk, messages_max);
      if (violation !== undefined) {
        onViolation(violation, chunk.subarray(violation.offset));
        stream.destroy();
        return;
      }
      pending = end < chunk.length ? chunk.subarray(end) : undefined;
      count(messages, cost);
      underway += cost;
      if (hasPacket) packet_ms = performance.now();
      isWanted = stream.push(pending === undefined ? chunk : chunk.subarray(0, end));
    }
    if ((pending !== undefined && !isCut) || isHeld) return;
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
    if ((pending !== undefined && !isCut) || !isWanted) source.pause();
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
      packet_ms = performance.now();
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
    silence_ms: () => performance.now() - packet_ms,
  };
}
