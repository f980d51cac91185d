import type { CaseEvent } from '../domain/case.ts';
import type { IncidentEvent } from '../domain/incident.ts';
import type { Observation, ObservationText } from '../domain/observation.ts';

/** Everything that can happen. */
export type JournalBody = Observation | IncidentEvent | CaseEvent;

/** What is handed to the journal. `subjectId` is a device, incident or case id. */
export interface JournalEntry {
  readonly subjectId: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly body: JournalBody;
}

/** A stored entry; `seq` grows by one or more and is never used again. */
export interface JournalRecord extends JournalEntry {
  readonly seq: number;
}

/**
 * The one append-only, ordered log. Readers keep a named cursor and apply what they read idempotently, at
 * least once. Kept narrow so that a cluster can put NATS JetStream behind it.
 */
export interface Journal {
  /** Resolves with the last sequence number once the entries are on disk (group commit, fsync). */
  append(entries: readonly (JournalEntry | ObservationText)[]): Promise<number>;
  /**
   * Runs `work` in one durable transaction of the embedded store together with the entries that it returns:
   * for state that must change with the log or not at all. Synchronous; throws what `work` throws.
   */
  transact<T>(work: () => { readonly entries: readonly JournalEntry[]; readonly result: T }): T;
  /** Entries after `seq` in order, at most `limit`. */
  read(after: number, limit: number): JournalRecord[];
  /** Incident and case events alone, in order: few among many readings, found by an index. */
  readEvents(after: number, limit: number): JournalRecord[];
  /** Sequence number of the newest entry, 0 when empty. */
  head(): number;
  /** Where the named reader stands, 0 for a new one. */
  cursor(name: string): number;
  saveCursor(name: string, seq: number): void;
  /**
   * The same without a commit of its own: it is on disk with the next appended entry. For readers that apply again
   * what a crash takes back.
   */
  noteCursor(name: string, seq: number): void;
  /** Calls `listener` after each commit; returns the way to stop that. */
  onCommit(listener: () => void): () => void;
}
