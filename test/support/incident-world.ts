import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CaseQueue } from '../../src/cases/case-queue.ts';
import type { Incident, IncidentEvent } from '../../src/domain/incident.ts';
import { isoTime } from '../../src/domain/time.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { tempDir } from './temp-dir.ts';

/** Start of the tests' day: 2026-11-22 02:00 UTC, 10:00 in Shanghai. */
export const DAY_MS = Date.UTC(2026, 10, 22, 2);

export function sampleIncident(id: string, overrides: Partial<Incident> = {}): Incident {
  return {
    id,
    version: 1,
    type: 'exposed-garbage',
    code: { scheme: 'cjt214-2007', major: '01', minor: '02', name: '暴露垃圾' },
    status: 'open',
    severity: 2,
    confidence: 0.9,
    onsetAt: isoTime(DAY_MS),
    lastSeenAt: isoTime(DAY_MS),
    place: { lon: 121.47, lat: 31.23, zoneId: 'kerb-3' },
    sources: [
      { deviceId: 'cam-1', modality: 'camera', from: isoTime(DAY_MS), to: isoTime(DAY_MS), weight: 1 },
    ],
    missing: [],
    measures: {},
    evidence: [],
    rule: { id: 'exposed-garbage', version: '1' },
    ...overrides,
  };
}

/** A case queue on a real database, with a clock that the test moves. */
export interface IncidentWorld {
  readonly db: Database;
  readonly dir: string;
  readonly journal: SqliteJournal;
  readonly queue: CaseQueue;
  readonly clock: { now_ms: number };
  /** Writes the incident and what the queue makes of it in one transaction, as the recorder does. */
  readonly put: (action: IncidentEvent['action'], incident: Incident) => void;
}

export function incidentWorld(): IncidentWorld {
  const dir = tempDir();
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => {
    db.close();
  });
  const journal = new SqliteJournal(db);
  const clock = { now_ms: DAY_MS };
  const queue = new CaseQueue({ db, journal, clock: () => clock.now_ms });
  return { db, dir, journal, queue, clock, put: writerOf(db, journal, queue) };
}

function writerOf(db: Database, journal: SqliteJournal, queue: CaseQueue): IncidentWorld['put'] {
  let opened_seq = 0;
  const write = db.prepare(
    `INSERT INTO incidents (id, type, status, onset_ms, last_seen_ms, opened_seq, lon, lat, device_id, body)
     VALUES (?, ?, ?, ?, ?, ?, 0, 0, NULL, ?)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body`,
  );
  return (action, incident) => {
    const at_ms = Date.parse(incident.lastSeenAt);
    journal.transact(() => {
      opened_seq += 1;
      const onset_ms = Date.parse(incident.onsetAt);
      const { id, type, status } = incident;
      write.run(id, type, status, onset_ms, at_ms, opened_seq, JSON.stringify(incident));
      const body = { kind: 'incident', action, incident } as const;
      const entry = { subjectId: id, at_ms, received_ms: at_ms, body };
      return { entries: [entry, ...queue.onIncident(body, at_ms)], result: undefined };
    });
  };
}
