import { CaseTable } from '../cases/case-table.ts';
import type { CaseEvent } from '../domain/case.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import { IncidentStore } from '../incidents/incident-store.ts';
import type { Log } from '../runtime/log.ts';
import { type RecoveryReport, writeReport } from '../store/recovery-report.ts';
import type { Stores } from './stores.ts';

const BATCH = 1000;

/**
 * Brings the tables of incidents and cases up to what their events in the journal tell, after a recovery in
 * which rows may have been lost. What is newer in the tables stays.
 */
export function rebuildFromEvents({ db, journal }: Pick<Stores, 'db' | 'journal'>): {
  readonly incidents: number;
  readonly cases: number;
} {
  const incidents = new IncidentStore(db);
  const cases = new CaseTable(db);
  const rebuilt = { incidents: 0, cases: 0 };
  let after = 0;
  for (;;) {
    const events = journal.readEvents(after, BATCH);
    const last = events.at(-1);
    if (last === undefined) return rebuilt;
    db.transaction(() => {
      for (const { body } of events) {
        if (body.kind === 'incident') {
          const known = incidents.get(body.incident.id);
          if (known !== undefined && known.version >= body.incident.version) continue;
          incidents.put(body.incident);
          rebuilt.incidents += 1;
        } else if (body.kind === 'case' && rebuildCase(cases, body)) rebuilt.cases += 1;
      }
    }).immediate();
    after = last.seq;
  }
}

/** True where the event told something that the table did not have. */
function rebuildCase(cases: CaseTable, { case: told, transition }: CaseEvent): boolean {
  const incident = cases.incident(told.incidentId);
  if (incident === undefined) return false;
  const isNew = cases.find(told.id) === undefined;
  if (isNew) cases.insert(told.id, incident, Date.parse(told.createdAt));
  const text = JSON.stringify(transition);
  if (!isNew && cases.history(told.id).some((known) => JSON.stringify(known) === text)) return false;
  cases.addTransition(told.id, transition);
  const updated_ms = Date.parse(told.updatedAt);
  if ((cases.find(told.id)?.updated_ms ?? 0) <= updated_ms) cases.setState(told.id, told.state, updated_ms);
  return true;
}

/** Completes the report of a recovery with what it means for evidence, keeps it, and tells it. */
export function finishRecovery(
  recovery: RecoveryReport,
  rebuilt: RecoveryReport['rebuilt'],
  evidence: Pick<EvidenceStore, 'reconcile'>,
  dataDir: string,
  log: Log,
): void {
  const report = { ...recovery, ...(rebuilt && { rebuilt }), evidence: evidence.reconcile() };
  writeReport(dataDir, report);
  log.error(
    { recovery: report },
    'stored data was damaged; what was lost is told here and at /api/v1/recoveries',
  );
}
