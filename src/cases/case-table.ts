import type { Case, CaseState, CaseTransition } from '../domain/case.ts';
import type { Incident } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { Database } from '../store/database.ts';

/** A row of the cases table. */
export interface CaseRow {
  readonly id: string;
  readonly incident_id: string;
  readonly type: string;
  readonly severity: number;
  readonly state: CaseState;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly lease_consumer: string | null;
  readonly lease_until_ms: number | null;
  readonly lease_nonce: string | null;
  readonly fencing_token: number;
}

/** A lease as it is written down. */
export interface LeaseValues {
  readonly consumer: string;
  readonly until_ms: number;
  readonly nonce: string;
}

/** The SQL of the case queue. Every write belongs into a transaction of the caller. */
export class CaseTable {
  readonly #db: Database;
  readonly #find;
  readonly #findByIncident;
  readonly #insert;
  readonly #claimable;
  readonly #incident;
  readonly #addTransition;

  constructor(db: Database) {
    this.#db = db;
    this.#find = db.prepare<[string], CaseRow>('SELECT * FROM cases WHERE id = ?');
    this.#findByIncident = db.prepare<[string], CaseRow>('SELECT * FROM cases WHERE incident_id = ?');
    this.#insert = db.prepare<[string, string, string, number, number, number]>(
      `INSERT INTO cases (id, incident_id, type, severity, state, created_ms, updated_ms)
       VALUES (?, ?, ?, ?, 'candidate', ?, ?) ON CONFLICT DO NOTHING`,
    );
    // Named, since the planner prefers the index by state and then sorts the whole queue.
    this.#claimable = db.prepare<[number, string | null, string | null, number], CaseRow>(
      `SELECT * FROM cases INDEXED BY cases_claimable
       WHERE state = 'candidate' AND (lease_until_ms IS NULL OR lease_until_ms <= ?)
         AND (? IS NULL OR type IN (SELECT value FROM json_each(?)))
       ORDER BY severity DESC, created_ms, id LIMIT ?`,
    );
    this.#incident = db.prepare<[string], { body: string }>('SELECT body FROM incidents WHERE id = ?');
    this.#addTransition = db.prepare<[string, string, string]>(
      `INSERT INTO case_transitions (case_id, number, body)
       SELECT ?, 1 + coalesce(max(number), 0), ? FROM case_transitions WHERE case_id = ?`,
    );
  }

  find(id: string): CaseRow | undefined {
    return this.#find.get(id);
  }

  findByIncident(incidentId: string): CaseRow | undefined {
    return this.#findByIncident.get(incidentId);
  }

  /** The incident as it is now; a case never exists without one (foreign key). */
  incident(incidentId: string): Incident | undefined {
    const row = this.#incident.get(incidentId);
    return row === undefined ? undefined : (JSON.parse(row.body) as Incident);
  }

  /** False where the incident has a case already. */
  insert(id: string, incident: Pick<Incident, 'id' | 'type' | 'severity'>, at_ms: number): boolean {
    return this.#insert.run(id, incident.id, incident.type, incident.severity, at_ms, at_ms).changes > 0;
  }

  /** Candidates that nobody holds at `now_ms`, most severe first, then oldest. */
  claimable(now_ms: number, types: readonly string[] | undefined, limit: number): CaseRow[] {
    const filter = types === undefined ? null : JSON.stringify(types);
    return this.#claimable.all(now_ms, filter, filter, limit);
  }

  /** Writes a lease; the fencing token grows with each holder and stays while one extends. */
  setLease(id: string, lease: LeaseValues, fencing_token: number): void {
    this.#db
      .prepare(
        'UPDATE cases SET lease_consumer = ?, lease_until_ms = ?, lease_nonce = ?, fencing_token = ? WHERE id = ?',
      )
      .run(lease.consumer, lease.until_ms, lease.nonce, fencing_token, id);
  }

  clearLease(id: string): void {
    this.#db
      .prepare(
        'UPDATE cases SET lease_consumer = NULL, lease_until_ms = NULL, lease_nonce = NULL WHERE id = ?',
      )
      .run(id);
  }

  setSeverity(id: string, severity: number): void {
    this.#db.prepare('UPDATE cases SET severity = ? WHERE id = ?').run(severity, id);
  }

  setState(id: string, state: CaseState, at_ms: number): void {
    this.#db.prepare('UPDATE cases SET state = ?, updated_ms = ? WHERE id = ?').run(state, at_ms, id);
  }

  addTransition(id: string, transition: CaseTransition): void {
    this.#addTransition.run(id, JSON.stringify(transition), id);
  }

  history(id: string): CaseTransition[] {
    return this.#db
      .prepare<[string], { body: string }>(
        'SELECT body FROM case_transitions WHERE case_id = ? ORDER BY number',
      )
      .all(id)
      .map(({ body }) => JSON.parse(body) as CaseTransition);
  }

  /** Cases after a place in (created, id) order. */
  page(state: CaseState | undefined, after: readonly [number, string], limit: number): CaseRow[] {
    const filter = state === undefined ? '' : 'state = ? AND';
    return this.#db
      .prepare<(string | number)[], CaseRow>(
        `SELECT * FROM cases WHERE ${filter} (created_ms, id) > (?, ?) ORDER BY created_ms, id LIMIT ?`,
      )
      .all(...(state === undefined ? [] : [state]), ...after, limit);
  }
}

/** A row as a case; a lease that has run out by `now_ms` is none. */
export function toCase(row: CaseRow, now_ms: number): Case {
  const { lease_consumer: consumer, lease_until_ms: until_ms } = row;
  const held = consumer !== null && until_ms !== null && until_ms > now_ms;
  return {
    id: row.id,
    incidentId: row.incident_id,
    type: row.type,
    severity: row.severity,
    state: row.state,
    createdAt: isoTime(row.created_ms),
    updatedAt: isoTime(row.updated_ms),
    ...(held ? { lease: { consumer, expiresAt: isoTime(until_ms) } } : {}),
  };
}
