import { randomBytes } from 'node:crypto';
import {
  type Case,
  type CaseAction,
  type CaseState,
  type CaseTransition,
  nextCaseState,
} from '../domain/case.ts';
import type { Incident, IncidentEvent } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../store/database.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';
import { type CaseCount, type CaseFeedback, caseFeedback, countCases } from './case-feedback.ts';
import { checkLease, clamp, leaseSeconds, refusal, type TransitionRefused, tokenText } from './case-lease.ts';
import { CASE_LIMITS } from './case-limits.ts';
import { type CaseRow, CaseTable, toCase } from './case-table.ts';
import { judgeHandled } from './verification.ts';

/** Under whose name the gateway's own steps stand in the history. */
const GATEWAY_ACTOR = 'gateway';

export interface ClaimRequest {
  readonly consumer: string;
  readonly max: number;
  readonly lease_s?: number;
  readonly types?: readonly string[];
}

/**
 * A leased case. `token` is opaque to everybody but its holder's own storage: it begins with the case's
 * fencing number, which grows with every holder, and ends with a random part so that nobody can guess it.
 */
export interface ClaimedCase {
  readonly case: Case;
  readonly token: string;
  readonly incident?: Incident;
}

export interface TransitionRequest {
  /** Who acts: for the history. */
  readonly actor: string;
  readonly token?: string;
  readonly note?: string;
  readonly lease_s?: number;
}

export type TransitionResult = { readonly ok: true; readonly case: Case } | TransitionRefused;

interface Parts {
  readonly db: Database;
  readonly journal: Pick<Journal, 'transact'>;
  readonly clock: Clock;
}

interface Outcome {
  readonly entries: readonly JournalEntry[];
  readonly result: TransitionResult;
}

interface Step {
  readonly to: CaseState;
  readonly actor: string;
  readonly at_ms: number;
  readonly note?: string | undefined;
}

const SETTLED: readonly CaseState[] = ['rejected', 'withdrawn', 'closed'];

/**
 * The queue of cases, one for each incident. Leases keep two consumers off one case; state, history and
 * journal change in one transaction.
 *
 * A token acts only while its lease runs: once the time is up it is stale even if nobody else claimed the
 * case since, for an operator may act on an unleased case at any moment. A leased case is closed to whoever
 * has no token; the gateway's own steps (verify, reopen) report what was seen and pass every lease.
 */
export class CaseQueue {
  readonly #db: Database;
  readonly #table: CaseTable;
  readonly #journal: Pick<Journal, 'transact'>;
  readonly #clock: Clock;

  constructor({ db, journal, clock }: Parts) {
    this.#db = db;
    this.#table = new CaseTable(db);
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * Follows an incident: opens its candidate, and verifies or reopens its handled case. To be called within
   * the transaction that writes the incident, after its row; the entries returned belong into the same one.
   * Idempotent. `at_ms` is the event time of the incident's change.
   */
  onIncident({ incident }: IncidentEvent, at_ms: number): JournalEntry[] {
    const now_ms = this.#clock();
    const known = this.#table.findByIncident(incident.id);
    if (known === undefined) return this.#open(incident, at_ms, now_ms);
    if (known.severity !== incident.severity) this.#table.setSeverity(known.id, incident.severity);
    return known.state === 'handled' ? this.#judge(known.id, incident, at_ms, now_ms) : [];
  }

  /** Leases up to `max` candidates that nobody holds, most severe first, then oldest. */
  claim(request: ClaimRequest): ClaimedCase[] {
    const max = clamp(request.max, 1, CASE_LIMITS.claim_max);
    const consumer = request.consumer.slice(0, CASE_LIMITS.name_chars_max);
    return this.#journal.transact(() => {
      const now_ms = this.#clock();
      const until_ms = now_ms + leaseSeconds(request.lease_s) * 1000;
      const result = this.#table.claimable(now_ms, request.types, max).map((row): ClaimedCase => {
        const nonce = randomBytes(12).toString('base64url');
        this.#table.setLease(row.id, { consumer, until_ms, nonce }, row.fencing_token + 1);
        const incident = this.#table.incident(row.incident_id);
        return {
          case: this.#read(row.id, now_ms),
          token: tokenText(row.fencing_token + 1, nonce),
          ...(incident === undefined ? {} : { incident }),
        };
      });
      return { entries: [], result };
    });
  }

  /** A step in a case's life, or giving back or prolonging its lease; a refusal is a returned value. */
  transition(
    id: string,
    action: CaseAction | 'release' | 'extend',
    request: TransitionRequest,
  ): TransitionResult {
    return this.#journal.transact((): Outcome => {
      const now_ms = this.#clock();
      const row = this.#table.find(id);
      if (row === undefined) return refusal('not-found', 'there is no such case');
      const barred = checkLease(row, request.token, now_ms);
      if (barred !== undefined) return barred;
      if (action === 'release' || action === 'extend') return this.#changeLease(row, action, request, now_ms);
      const to = nextCaseState(row.state, action);
      if (to === undefined) {
        return refusal('bad-state', `a case that is ${row.state} cannot take the step '${action}'`);
      }
      const { actor, note } = request;
      const entries = [this.#step(id, { to, actor, note, at_ms: now_ms }, now_ms)];
      const incident = to === 'handled' ? this.#table.incident(row.incident_id) : undefined;
      // An incident that ended before its case was reported handled will not speak again: judge it now.
      if (incident !== undefined) entries.push(...this.#judge(id, incident, now_ms, now_ms));
      return { entries, result: { ok: true, case: this.#read(id, now_ms) } };
    });
  }

  /** A case with its whole history, oldest step first. */
  get(id: string): { readonly case: Case; readonly history: readonly CaseTransition[] } | undefined {
    const row = this.#table.find(id);
    return row && { case: toCase(row, this.#clock()), history: this.#table.history(id) };
  }

  /**
   * Cases in the order of their creation, at most `limit` (500). `next` is the cursor for what follows, absent
   * on the last page. Throws RangeError for a cursor that this method did not make.
   */
  list(query: { readonly state?: CaseState; readonly after?: string; readonly limit: number }): {
    readonly items: readonly Case[];
    readonly next?: string;
  } {
    const limit = clamp(query.limit, 1, CASE_LIMITS.page_max);
    const rows = this.#table.page(query.state, parseCursor(query.after), limit + 1);
    const now_ms = this.#clock();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const items = shown.map((row) => toCase(row, now_ms));
    return rows.length > limit && last ? { items, next: `${last.created_ms}_${last.id}` } : { items };
  }

  counts(): CaseCount[] {
    return countCases(this.#db);
  }

  /** What people accepted and rejected, per rule and device. */
  feedback(range?: { from_ms?: number; to_ms?: number }): CaseFeedback[] {
    return caseFeedback(this.#db, range);
  }

  /** True where the incident's case is known and over (rejected, withdrawn or closed): its evidence may go. */
  isSettled(incidentId: string): boolean {
    const row = this.#table.findByIncident(incidentId);
    return row !== undefined && SETTLED.includes(row.state);
  }

  #open(incident: Incident, at_ms: number, now_ms: number): JournalEntry[] {
    const id = caseId(incident.id);
    if (!this.#table.insert(id, incident, now_ms)) {
      throw new Error(`case ${id} of incident ${incident.id} belongs to another incident`);
    }
    const transition = { at: isoTime(now_ms), actor: GATEWAY_ACTOR, from: null, to: 'candidate' };
    this.#table.addTransition(id, transition);
    return [this.#entry(this.#read(id, now_ms), transition, at_ms, now_ms)];
  }

  #judge(id: string, incident: Incident, at_ms: number, now_ms: number): JournalEntry[] {
    const history = this.#table.history(id);
    const handled = history.findLast(({ from, to }) => to === 'handled' && from !== 'handled');
    const verdict = judgeHandled(incident, handled === undefined ? now_ms : Date.parse(handled.at));
    if (verdict === undefined) return [];
    const to = { verified: 'verified', 'still-there': 'reopened', 'could-not-verify': 'handled' } as const;
    const step: Step = { to: to[verdict.kind], actor: GATEWAY_ACTOR, note: verdict.note, at_ms };
    const last = history.at(-1);
    // Said once: applying the same event again must not fill the history.
    if (step.to === 'handled' && last?.from === 'handled' && last.note === step.note) return [];
    return [this.#step(id, step, now_ms)];
  }

  #step(id: string, { to, actor, note, at_ms }: Step, now_ms: number): JournalEntry {
    const before = this.#read(id, now_ms);
    const transition: CaseTransition = {
      at: isoTime(now_ms),
      actor: actor.slice(0, CASE_LIMITS.name_chars_max),
      from: before.state,
      to,
      ...(note === undefined ? {} : { note: note.slice(0, CASE_LIMITS.note_chars_max) }),
    };
    this.#table.setState(id, to, now_ms);
    if (SETTLED.includes(to)) this.#table.clearLease(id);
    this.#table.addTransition(id, transition);
    return this.#entry(this.#read(id, now_ms), transition, at_ms, now_ms);
  }

  #changeLease(
    row: CaseRow,
    action: 'release' | 'extend',
    request: TransitionRequest,
    now_ms: number,
  ): Outcome {
    const { lease_consumer: consumer, lease_nonce: nonce, fencing_token } = row;
    if (request.token === undefined || consumer === null || nonce === null) {
      return refusal('bad-state', 'the case is not leased');
    }
    if (action === 'release') this.#table.clearLease(row.id);
    else {
      const until_ms = now_ms + leaseSeconds(request.lease_s) * 1000;
      this.#table.setLease(row.id, { consumer, until_ms, nonce }, fencing_token);
    }
    return { entries: [], result: { ok: true, case: this.#read(row.id, now_ms) } };
  }

  #read(id: string, now_ms: number): Case {
    const row = this.#table.find(id);
    if (row === undefined) throw new Error(`case ${id} vanished within its transaction`);
    return toCase(row, now_ms);
  }

  #entry(changed: Case, transition: CaseTransition, at_ms: number, now_ms: number): JournalEntry {
    const body = { kind: 'case', case: changed, transition } as const;
    return { subjectId: changed.id, at_ms, received_ms: now_ms, body };
  }
}

/** The id of an incident's case: the incident's own suffix under another prefix. */
export function caseId(incidentId: string): string {
  return `case_${incidentId.slice(incidentId.indexOf('_') + 1)}`;
}

function parseCursor(after: string | undefined): readonly [number, string] {
  if (after === undefined) return [0, ''];
  const match = /^(\d{1,15})_(.{1,200})$/.exec(after);
  if (match === null) throw new RangeError(`not a cursor of this list: ${JSON.stringify(after)}`);
  return [Number(match[1]), match[2] ?? ''];
}
