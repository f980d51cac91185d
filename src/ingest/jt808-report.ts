import { ErrorDigest } from '../runtime/error-digest.ts';
import type { Log } from '../runtime/log.ts';

/** Counters since the start. */
export interface Jt808Counts {
  connectionsTotal: number;
  /** Connections turned away at the bound. */
  connectionsRefused: number;
  /** Registrations and authentications refused. */
  authRefused: number;
  /** Frames, whatever became of them. */
  received: number;
  /** Answers that said "ok". */
  acknowledged: number;
  quarantined: number;
  /** Of the quarantined: sent without authentication, or in another's name. */
  forbidden: number;
  /** Locations that became positions; and those without coordinates that may be believed. */
  positions: number;
  unpositioned: number;
  /** Messages that came in packets: completed, given up, and requests for missing packets. */
  assembled: number;
  incomplete: number;
  resendRequests: number;
  media: number;
  /** Messages that could not be stored, and so were not acknowledged. */
  failed: number;
  /** Terminals cut because they did not read their answers. */
  slow: number;
  /** Connections closed because nothing came, or no authentication. */
  idle: number;
}

/** What went on, in numbers, and as at most one log line a second for each kind of trouble. */
export class Jt808Report {
  readonly counts: Jt808Counts = {
    connectionsTotal: 0,
    connectionsRefused: 0,
    authRefused: 0,
    received: 0,
    acknowledged: 0,
    quarantined: 0,
    forbidden: 0,
    positions: 0,
    unpositioned: 0,
    assembled: 0,
    incomplete: 0,
    resendRequests: 0,
    media: 0,
    failed: 0,
    slow: 0,
    idle: 0,
  };
  readonly commands: Record<string, number> = { ok: 0 };
  readonly #digest: ErrorDigest;

  constructor(log: Log) {
    this.#digest = new ErrorDigest(({ fault, count, last }) => log.warn({ fault, count, last }, 'jt808'));
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
