import type { Finding } from '../domain/finding.ts';
import type { FocusAim } from '../domain/focus.ts';
import type { Database } from '../store/database.ts';

/** Evidence that an incident is still to get: a clip of a time, or the exhibits of a finding that could not be kept. */
export type LaterEvidence =
  | {
      readonly kind: 'clip';
      readonly incidentId: string;
      readonly cameraId: string;
      /** What it shows: one of each for an incident. */
      readonly shows: 'onset' | 'end';
      readonly from_ms: number;
      readonly to_ms: number;
    }
  | { readonly kind: 'exhibits'; readonly incidentId: string; readonly finding: Finding }
  /** A picture of the place after the incident; the finding is that of its end, without its exhibits. */
  | {
      readonly kind: 'gone';
      readonly incidentId: string;
      readonly cameraId: string;
      readonly finding: Finding;
    }
  /** A closer look at a camera's film. */
  | {
      readonly kind: 'focus';
      readonly incidentId: string;
      readonly cameraId: string;
      readonly aim: FocusAim;
      readonly from_ms: number;
      readonly to_ms: number;
      /** What opened it, without its exhibits. */
      readonly finding: Finding;
    };

/** One that is due, and how often it was tried. */
export interface DueEvidence {
  readonly id: number;
  readonly task: LaterEvidence;
  readonly attempts: number;
  readonly planned_ms: number;
}

/** A closer look that is due. */
export type DueFocus = DueEvidence & { readonly task: Extract<LaterEvidence, { kind: 'focus' }> };

interface Row {
  readonly id: number;
  readonly task: string;
  readonly attempts: number;
  readonly planned_ms: number;
}

/** Tasks kept; beyond it no further clips are planned, so that a broken disk does not fill the table. */
const TASKS_MAX = 10_000;

/** What is to be kept later, in the database: a restart forgets none. */
export class LaterEvidenceTable {
  readonly #insert;
  readonly #due;
  readonly #focus;
  readonly #retry;
  readonly #delete;
  readonly #count;

  constructor(db: Database) {
    this.#insert = db.prepare(
      'INSERT OR IGNORE INTO later_evidence (name, task, planned_ms, due_ms) VALUES (?, ?, ?, ?)',
    );
    this.#due = db.prepare<[number, number], Row>(
      `SELECT id, task, attempts, planned_ms FROM later_evidence
       WHERE due_ms <= ? AND task ->> 'kind' <> 'focus' ORDER BY due_ms LIMIT ?`,
    );
    this.#focus = db.prepare<[number], Row>(
      `SELECT id, task, attempts, planned_ms FROM later_evidence
       WHERE due_ms <= ? AND task ->> 'kind' = 'focus' ORDER BY id DESC`,
    );
    this.#retry = db.prepare('UPDATE later_evidence SET attempts = attempts + 1, due_ms = ? WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM later_evidence WHERE id = ?');
    this.#count = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM later_evidence');
  }

  /** To be called in the transaction of what makes it necessary; the same again changes nothing. */
  plan(task: LaterEvidence, now_ms: number, due_ms: number): void {
    if (this.waiting >= TASKS_MAX) return;
    const name = `${task.incidentId}/${task.kind}/${nameOf(task)}`;
    this.#insert.run(name, JSON.stringify(task), now_ms, due_ms);
  }

  /** All but closer looks, the earliest first. */
  due(now_ms: number, limit: number): DueEvidence[] {
    return this.#due.all(now_ms, limit).map(toDue);
  }

  /** Closer looks, the latest suspicion first. */
  dueFocuses(now_ms: number): DueFocus[] {
    return this.#focus.all(now_ms).map(toDue) as DueFocus[];
  }

  retry(id: number, due_ms: number): void {
    this.#retry.run(due_ms, id);
  }

  done(id: number): void {
    this.#delete.run(id);
  }

  get waiting(): number {
    return this.#count.get()?.count ?? 0;
  }
}

function toDue({ task, ...row }: Row): DueEvidence {
  return { ...row, task: JSON.parse(task) as LaterEvidence };
}

function nameOf(task: LaterEvidence): string {
  if (task.kind === 'clip') return task.shows;
  return String(task.kind === 'exhibits' ? task.finding.at_ms : task.cameraId);
}
