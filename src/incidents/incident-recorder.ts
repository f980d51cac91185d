import type { Finding } from '../domain/finding.ts';
import type { FusionConfig } from '../domain/fusion-config.ts';
import {
  EVIDENCE_MISSING,
  type EvidenceItem,
  type Incident,
  type IncidentCode,
  type IncidentEvent,
  type MissingSense,
} from '../domain/incident.ts';
import type { Observation } from '../domain/observation.ts';
import { isoTime } from '../domain/time.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../store/database.ts';
import type { Journal, JournalBody, JournalEntry, JournalRecord } from '../store/journal.ts';
import { type Amendment, amendIncident } from './incident-build.ts';
import type { IncidentStore } from './incident-store.ts';
import { JointIncidents } from './joint-incidents.ts';
import { RuleSnapshots, SnapshotPace } from './rule-snapshots.ts';

/** The rule engine, as far as it is needed here. */
export interface Engine {
  readonly rules: readonly { readonly id: string; readonly version: string }[];
  feed(observation: Observation): Finding[];
  /** The state as it is now, in pieces, while feeding may go on. */
  beginSnapshot(): { next(): string | undefined };
  restorePieces(pieces: Iterable<string>): void;
}

/** What the recorder works with. */
export interface RecorderParts {
  readonly db: Database;
  readonly journal: Pick<Journal, 'transact' | 'read' | 'cursor' | 'saveCursor'>;
  readonly engine: Engine;
  readonly incidents: IncidentStore;
  readonly code: (type: string) => IncidentCode;
  /** When what several senses say is one incident; of types that are not named it never is. */
  readonly fusion?: readonly FusionConfig[];
  /** Stores the exhibits of a finding; called again with the same finding after a crash. */
  readonly capture: (incidentId: string, finding: Finding) => Promise<readonly EvidenceItem[]>;
  /**
   * What else changes with an incident, within its transaction: the case queue. `at_ms` is event time; `finding` is what
   * changed it, where a rule did.
   */
  readonly onIncident: (event: IncidentEvent, at_ms: number, finding?: Finding) => readonly JournalEntry[];
  /** Its exhibits could not be kept; called in the transaction that records the finding without them. */
  readonly onUnkept?: (incidentId: string, finding: Finding) => void;
  readonly log: Log;
}

/** A record whose findings are not stored yet. */
interface Pending {
  readonly seq: number;
  readonly received_ms: number;
  readonly findings: readonly Finding[];
}

/** A snapshot that is being written. */
interface Writing {
  /** The state is that after this record. */
  readonly seq: number;
  readonly session: { next(): string | undefined };
  number: number;
  bytes: number;
}

/** Under this name the journal keeps up to where findings are applied. */
export const RULES_CURSOR = 'rules';
/** How the reason begins for which exhibits are missing that are tried again. */
export const UNKEPT_EXHIBITS = `${EVIDENCE_MISSING}not kept yet, tried again: `;
/** Records read at once while catching up silently. */
const REPLAY_BATCH = 2000;
/** Of a snapshot, written in one transaction. */
const STEP_BYTES = 256 * 1024;

/**
 * Follows the journal with the rules and turns findings into incidents. Everything that a record makes known is
 * stored in one transaction with the place in the journal, so a crash repeats nothing and loses nothing: the
 * engine is restored from its last snapshot and fed without effect up to that place.
 *
 * Records without findings do not move the stored place by themselves: evaluating them again makes no findings
 * again. It moves with findings and with snapshots.
 */
export class IncidentRecorder {
  readonly #parts: RecorderParts;
  readonly #snapshots: RuleSnapshots;
  readonly #joint: JointIncidents;
  readonly #pace = new SnapshotPace();
  /** Newest record that the engine was fed with. */
  #fed = 0;
  #received_ms = 0;
  #pending: Pending | undefined;
  #writing: Writing | undefined;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#snapshots = new RuleSnapshots(parts.db);
    this.#joint = new JointIncidents(parts.db, parts.incidents, parts.fusion ?? []);
  }

  /** For the journal reader: the place is kept here, in the transactions with the findings. */
  get cursor(): { readonly load: () => number; readonly save: (seq: number) => void } {
    return { load: () => this.#fed, save: () => this.#snapshotIfDue() };
  }

  /** Arrival of the newest record evaluated: the time that it is for whatever this recorder calls. */
  get received_ms(): number {
    return this.#received_ms;
  }

  /** Brings the engine to where findings were applied, and ends what rules left behind that are gone or changed. */
  load(): void {
    const { engine, journal, log } = this.#parts;
    const applied = journal.cursor(RULES_CURSOR);
    let seq = 0;
    const saved = this.#snapshots.load();
    if (saved !== undefined && saved.seq <= applied) {
      try {
        engine.restorePieces(saved.pieces);
        seq = saved.seq;
      } catch (error) {
        log.warn({ err: error }, 'rule snapshot is unreadable; rules are built up again from the journal');
      }
    }
    const from = seq;
    while (seq < applied) {
      const records = journal.read(seq, REPLAY_BATCH).filter((record) => record.seq <= applied);
      for (const record of records) this.#feed(record);
      seq = records.at(-1)?.seq ?? applied;
    }
    this.#fed = applied;
    const newest = journal.read(applied - 1, 1)[0];
    if (newest?.seq === applied) this.#received_ms = Math.max(this.#received_ms, newest.received_ms);
    this.#pace.reset(this.#received_ms);
    this.#endOrphans();
    log.info({ snapshot: from, applied }, 'rules loaded');
  }

  /**
   * Applies a batch in order. A rejection (the disk is full, say) leaves the record in hand for the next call,
   * with the same records or more; none is evaluated twice.
   */
  async apply(records: readonly JournalRecord[]): Promise<void> {
    await this.#settle();
    for (const record of records) {
      if (record.seq <= this.#fed) continue;
      const findings = this.#feed(record);
      this.#fed = record.seq;
      this.#pace.count();
      if (findings.length === 0) continue;
      this.#pending = { seq: record.seq, received_ms: record.received_ms, findings };
      await this.#settle();
    }
  }

  /**
   * Gives an incident evidence that came after it, as a new version; an ended one stays ended. `alongside` runs in the
   * same transaction. False where there is no such incident.
   */
  amend(incidentId: string, amendment: Amendment, now_ms: number, alongside: () => void): boolean {
    const { incidents, journal } = this.#parts;
    return journal.transact(() => {
      alongside();
      const known = incidents.get(incidentId);
      if (known === undefined) return { entries: [], result: false };
      const incident = amendIncident(known, amendment);
      incidents.put(incident);
      const event: IncidentEvent = { kind: 'incident', action: 'updated', incident };
      const entry = { subjectId: incidentId, at_ms: now_ms, received_ms: now_ms, body: event };
      return { entries: [entry], result: true };
    });
  }

  /** Stores the state of the rules; also to be called when the gateway stops. */
  saveSnapshot(): void {
    // With findings in hand the state is ahead of what is stored.
    if (this.#pending !== undefined) return;
    if (this.#snapshots.seq() === this.#fed) return;
    this.#begin();
    while (this.#writing !== undefined) this.#writeOn(Number.POSITIVE_INFINITY);
  }

  /** A large state is written in small steps between batches, so that nothing else waits for it. */
  #snapshotIfDue(): void {
    if (this.#pending !== undefined) return;
    if (this.#writing === undefined && this.#pace.isDue(this.#received_ms)) this.#begin();
    this.#writeOn(STEP_BYTES);
  }

  #begin(): void {
    this.#snapshots.discard();
    this.#writing = { seq: this.#fed, session: this.#parts.engine.beginSnapshot(), number: 0, bytes: 0 };
  }

  /** Writes about so many bytes of the snapshot at work; with the last ones it counts. */
  #writeOn(bytes_max: number): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    const { journal } = this.#parts;
    // Whatever was taken out of the session and could not be written is lost with it: the next one begins anew.
    this.#writing = undefined;
    const isDone = journal.transact(() => {
      let left = bytes_max;
      while (left > 0) {
        const piece = writing.session.next();
        if (piece === undefined) {
          this.#snapshots.finish(writing.seq);
          journal.saveCursor(RULES_CURSOR, this.#fed);
          return { entries: [], result: true };
        }
        this.#snapshots.add(writing.seq, writing.number, piece);
        writing.number += 1;
        writing.bytes += piece.length;
        left -= piece.length;
      }
      return { entries: [], result: false };
    });
    if (isDone) this.#pace.saved(this.#received_ms, writing.bytes);
    else this.#writing = writing;
  }

  #feed({ body, received_ms }: JournalRecord): Finding[] {
    if (!isObservation(body)) return [];
    this.#received_ms = Math.max(this.#received_ms, received_ms);
    return this.#parts.engine.feed(body);
  }

  /** Stores what is pending, if anything: evidence first, then all the rest in one transaction. */
  async #settle(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { journal } = this.#parts;
    const captured: Captured[] = [];
    for (const finding of pending.findings) captured.push(await this.#capture(finding));
    journal.transact(() => {
      const entries = pending.findings.flatMap((finding, index) => {
        const kept = captured[index];
        return kept === undefined ? [] : this.#record(finding, kept, pending.received_ms);
      });
      journal.saveCursor(RULES_CURSOR, pending.seq);
      return { entries, result: undefined };
    });
    this.#pending = undefined;
    this.#joint.forget();
  }

  /** Evidence that cannot be kept must not hold up the incident, which says so. */
  async #capture(finding: Finding): Promise<Captured> {
    const id = this.#joint.targetOf(finding);
    try {
      return { id, items: await this.#parts.capture(id, finding) };
    } catch (error) {
      this.#parts.log.error({ err: error, incident: id }, 'evidence could not be captured');
      return { id, items: [], fault: faultOf(error) };
    }
  }

  #record(finding: Finding, { id, items, fault }: Captured, received_ms: number): JournalEntry[] {
    const { incidents, code, onUnkept } = this.#parts;
    const known = incidents.get(id);
    // Over is over, and what never began cannot end (its rule started in the middle of it).
    const made = this.#joint.apply(id, finding, code(finding.type), items);
    if (made === undefined) return [];
    if (fault !== undefined) onUnkept?.(id, finding);
    // Once, however many of its findings lack their exhibits.
    const isTold = made.missing.some(({ reason }) => reason.startsWith(UNKEPT_EXHIBITS));
    const incident =
      fault === undefined || isTold ? made : { ...made, missing: [...made.missing, unkept(finding, fault)] };
    return this.#write(
      incident,
      known === undefined ? 'opened' : undefined,
      finding.at_ms,
      received_ms,
      finding,
    );
  }

  #write(
    incident: Incident,
    opened: 'opened' | undefined,
    at_ms: number,
    received_ms: number,
    finding?: Finding,
  ): JournalEntry[] {
    const { incidents, onIncident } = this.#parts;
    incidents.put(incident);
    const action = opened ?? (incident.status === 'ended' ? 'ended' : 'updated');
    const event: IncidentEvent = { kind: 'incident', action, incident };
    return [
      { subjectId: incident.id, at_ms, received_ms, body: event },
      ...onIncident(event, at_ms, finding),
    ];
  }

  /** Nobody would ever end what a rule opened that is gone or has another configuration now. */
  #endOrphans(): void {
    const { engine, incidents, journal } = this.#parts;
    const versions = new Map(engine.rules.map(({ id, version }) => [id, version]));
    const isOrphan = ({ rule }: Incident): boolean => versions.get(rule.id) !== rule.version;
    const open = incidents.open().map((incident) => [incident, this.#joint.openParts(incident)] as const);
    const orphans = open.filter(([, parts]) => parts.some(isOrphan));
    if (orphans.length === 0) return;
    journal.transact(() => {
      const entries = orphans.flatMap(([incident]) => {
        const at_ms = Math.max(this.#received_ms, Date.parse(incident.lastSeenAt) + 1);
        const ended = this.#joint.endParts(incident, (part) => {
          if (!isOrphan(part)) return undefined;
          const reason = versions.has(part.rule.id) ? 'the rule was changed' : 'the rule was taken away';
          return endOrphan(part, reason, at_ms);
        });
        if (ended === undefined) return [];
        return this.#write(ended, undefined, at_ms, Math.max(this.#received_ms, at_ms));
      });
      return { entries, result: undefined };
    });
  }
}

/** What was kept of a finding's exhibits, and why not all of it. */
interface Captured {
  /** The incident that it belongs to. */
  readonly id: string;
  readonly items: readonly EvidenceItem[];
  readonly fault?: string;
}

function unkept({ sources, at_ms }: Finding, fault: string): MissingSense {
  const at = isoTime(at_ms);
  return {
    modality: sources[0]?.modality ?? 'camera',
    reason: `${UNKEPT_EXHIBITS}${fault}`,
    from: at,
    to: at,
  };
}

/** Without the paths of this machine. */
function faultOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? 'it could not be read';
}

function endOrphan(incident: Incident, reason: string, at_ms: number): Incident {
  const at = new Date(at_ms).toISOString();
  const modality = incident.sources[0]?.modality ?? 'camera';
  return {
    ...incident,
    version: incident.version + 1,
    status: 'ended',
    endedAt: at,
    endReason: reason,
    missing: [...incident.missing, { modality, reason, from: incident.lastSeenAt, to: at }],
  };
}

function isObservation(body: JournalBody): body is Observation {
  return body.kind !== 'incident' && body.kind !== 'case';
}
