import type { Duplex } from 'node:stream';
import { type Hj212Piece, Hj212Splitter } from '../codecs/hj212/frame-splitter.ts';
import { encodeFrame, type Hj212Message, versionOf } from '../codecs/hj212/message.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { WorkBudget } from '../runtime/work-budget.ts';
import type { Correspondent } from './hj212-commands.ts';
import type { Hj212Intake, Hj212Peer, Hj212Verdict } from './hj212-intake.ts';
import type { Hj212Limits } from './hj212-limits.ts';
import type { Hj212Report } from './hj212-report.ts';

/** What a connection tells the listener. */
export interface ConnectionOwner {
  /** A station has shown itself here: commands for it go this way from now on. */
  onStation(station: Hj212Station, connection: Hj212Connection): void;
  onTimeWanted(station: Hj212Station, connection: Hj212Connection): void;
  /** False where no command waits for this answer. */
  onAnswer(message: Hj212Message): boolean;
  onClosed(connection: Hj212Connection): void;
}

interface ConnectionParts {
  readonly intake: Hj212Intake;
  readonly report: Hj212Report;
  readonly budget: WorkBudget;
  readonly limits: Hj212Limits;
  readonly owner: ConnectionOwner;
}

/**
 * One TCP connection: pieces are judged in the order of their bytes, one read's at once, so that they share a
 * commit; nothing more is read until all of them are on disk and answered.
 */
export class Hj212Connection implements Hj212Peer {
  readonly remote: string;
  readonly packetTimes = new Map<string, number>();
  /** How each station on this connection is spoken to, by its device id. */
  readonly stations = new Map<string, Correspondent>();
  readonly #socket: Duplex;
  readonly #parts: ConnectionParts;
  readonly #splitter = new Hj212Splitter();
  readonly #opened_ms = performance.now();
  #heard_ms = this.#opened_ms;
  #refusalsInRow = 0;
  #working = 0;
  #isHeld = false;
  /** The station will send nothing more; it may still wait for answers. */
  #hasEnded = false;

  constructor(socket: Duplex, remote: string, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.remote = remote;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#work(this.#splitter.flush(), 0);
      this.#resume();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      parts.budget.leave(this.#resume);
      parts.owner.onClosed(this);
    });
  }

  /** Pieces that are being stored. */
  get working(): number {
    return this.#working;
  }

  identified(station: Hj212Station, message: Hj212Message): boolean {
    const { deviceId } = station;
    const { stations_per_connection_max } = this.#parts.limits;
    if (!this.stations.has(deviceId) && this.stations.size >= stations_per_connection_max) return false;
    const { mn, pw, st } = message;
    this.stations.set(deviceId, { mn, pw, st, version: versionOf(message) });
    this.#parts.owner.onStation(station, this);
    return true;
  }

  timeWanted(station: Hj212Station): void {
    this.#parts.owner.onTimeWanted(station, this);
  }

  answered(message: Hj212Message): boolean {
    return this.#parts.owner.onAnswer(message);
  }

  /** Sends a message; false where the connection is gone. */
  send(message: Hj212Message): boolean {
    if (!this.#socket.writable) return false;
    this.#socket.write(encodeFrame(message));
    if (this.#socket.writableLength > this.#parts.limits.unread_bytes_max) {
      this.#parts.report.counts.slow += 1;
      this.end('leaves its answers unread');
      return false;
    }
    return true;
  }

  /** Looks whether it is idle, or has an unfinished frame; called every so often. */
  check(now_ms: number): void {
    const { idle_timeout_ms, first_frame_timeout_ms, frame_timeout_ms } = this.#parts.limits;
    const idle_ms = now_ms - this.#heard_ms;
    if (idle_ms > frame_timeout_ms && this.#splitter.waiting_bytes > 0) {
      this.#work(this.#splitter.flush(), 0);
    }
    if (idle_ms > idle_timeout_ms) this.end('idle');
    else if (this.stations.size === 0 && now_ms - this.#opened_ms > first_frame_timeout_ms) {
      this.end('no station has shown itself');
    }
  }

  /** Reads nothing more. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** Closes once what was sent is out. */
  close(): void {
    this.#isHeld = true;
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Cuts the connection. */
  end(reason?: string): void {
    if (reason !== undefined && !this.#socket.destroyed) {
      this.#parts.report.counts.connectionsEnded += 1;
      this.#parts.report.trouble('connection ended', `${this.remote}: ${reason}`);
    }
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#heard_ms = performance.now();
    this.#socket.pause();
    this.#work(this.#splitter.push(chunk), chunk.length);
    if (this.#working === 0) this.#resume();
  }

  readonly #resume = (): void => {
    if (this.#working > 0 || this.#socket.destroyed) return;
    if (this.#hasEnded) this.#socket.end();
    if (this.#isHeld || this.#hasEnded) return;
    if (this.#parts.budget.hasRoom(this.#resume)) this.#socket.resume();
  };

  #work(pieces: readonly Hj212Piece[], cost_bytes: number): void {
    const { budget, report } = this.#parts;
    const jobs = pieces.flatMap((piece) => {
      if (piece.kind !== 'deviation') return [this.#judge(piece)];
      report.deviated([piece.name]);
      return [];
    });
    if (jobs.length === 0) return;
    this.#working += jobs.length;
    budget.take(cost_bytes);
    // Answers leave in the order of the frames, each once its own is on disk.
    let before: Promise<void> = Promise.resolve();
    for (const job of jobs) {
      before = before.then(() => this.#settle(job));
    }
    void before.then(() => {
      budget.give(cost_bytes);
      this.#resume();
    });
  }

  #judge(piece: Exclude<Hj212Piece, { kind: 'deviation' }>): Promise<Hj212Verdict> {
    const { intake } = this.#parts;
    const job =
      piece.kind === 'frame'
        ? intake.take(this, piece.segment, piece.bytes)
        : intake.refuse(this, piece.bytes, piece.error);
    // Waited for in its turn; until then a failure must not count as unhandled.
    job.catch(() => undefined);
    return job;
  }

  async #settle(job: Promise<Hj212Verdict>): Promise<void> {
    const { report, limits } = this.#parts;
    try {
      const { isGood, answer, afterwards } = await job;
      this.#refusalsInRow = isGood ? 0 : this.#refusalsInRow + 1;
      if (answer !== undefined && this.send(answer)) report.counts.answered += 1;
      afterwards?.();
      if (this.#refusalsInRow >= limits.refusals_in_row_max) this.end('nothing but refused frames');
    } catch (error) {
      // No answer: the station keeps what it has and sends it again on a new connection.
      report.counts.failed += 1;
      report.trouble('storing failed', (error as Error).message);
      this.#socket.destroy();
    } finally {
      this.#working -= 1;
    }
  }
}
