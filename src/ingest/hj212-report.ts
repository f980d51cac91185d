import { HJ212_DEVIATIONS, type Hj212Deviation } from '../codecs/hj212/deviation.ts';
import { ErrorDigest } from '../runtime/error-digest.ts';
import type { Log } from '../runtime/log.ts';

/** Counters since the start. */
export interface Hj212Counts {
  connectionsTotal: number;
  /** Connections closed at once: the limit. */
  connectionsRefused: number;
  /** Connections closed for being idle, nameless, or full of what is refused. */
  connectionsEnded: number;
  /** Stations cut because they left too many answers unread. */
  slow: number;
  received: number;
  /** Frames whose data is stored. */
  stored: number;
  answered: number;
  quarantined: number;
  /** Of the quarantined: of an unknown MN, with a wrong PW, or of a revoked device. */
  forbidden: number;
  /** Of the quarantined: wrong CRC. */
  checksum: number;
  /** Frames that could not be stored, and so were not answered. */
  failed: number;
  /** Answers to commands that nobody waits for any more. */
  strayAnswers: number;
}

/** What went on, in numbers, and as at most one log line a second for each kind of trouble. */
export class Hj212Report {
  readonly counts: Hj212Counts = {
    connectionsTotal: 0,
    connectionsRefused: 0,
    connectionsEnded: 0,
    slow: 0,
    received: 0,
    stored: 0,
    answered: 0,
    quarantined: 0,
    forbidden: 0,
    checksum: 0,
    failed: 0,
    strayAnswers: 0,
  };
  readonly deviations: Record<Hj212Deviation, number>;
  readonly commands: Record<string, number> = { ok: 0 };
  readonly #digest: ErrorDigest;

  constructor(log: Log) {
    this.#digest = new ErrorDigest(({ fault, count, last }) => log.warn({ fault, count, last }, 'hj212'));
    const zeros = HJ212_DEVIATIONS.map((name) => [name, 0] as const);
    this.deviations = Object.fromEntries(zeros) as Record<Hj212Deviation, number>;
  }

  deviated(names: readonly Hj212Deviation[]): void {
    for (const name of names) this.deviations[name] += 1;
  }

  commanded(outcome: string): void {
    this.commands[outcome] = (this.commands[outcome] ?? 0) + 1;
  }

  trouble(fault: string, message: string): void {
    this.#digest.report(fault, message);
  }

  close(): void {
    this.#digest.close();
  }
}
