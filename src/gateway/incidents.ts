import { join } from 'node:path';
import { CaseQueue } from '../cases/case-queue.ts';
import type { Config } from '../config/config.ts';
import { codeOf } from '../domain/catalogue.ts';
import type { Finding } from '../domain/finding.ts';
import { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import { IncidentRecorder } from '../incidents/incident-recorder.ts';
import { IncidentStore } from '../incidents/incident-store.ts';
import { buildRules, STAGES } from '../rules/catalogue.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Stores } from './stores.ts';

interface IncidentParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly stores: Stores;
  readonly spool: FrameSpool;
  readonly clock: Clock;
  readonly log: Log;
  /** May give another finding, with pictures from elsewhere, before its evidence is kept. */
  readonly prepare?: (incidentId: string, finding: Finding) => Promise<Finding>;
  /** False where evidence can be made again: in a replay. */
  readonly durable?: boolean;
}

/** From findings to cases: engine, evidence, incidents, queue. The recorder is brought to where it stopped. */
export function createIncidents(wiring: IncidentParts) {
  const { config, dataDir, stores, spool, clock, log, prepare, durable = true } = wiring;
  const { db, journal } = stores;
  const cases = new CaseQueue({ db, journal, clock });
  const incidents = new IncidentStore(db);
  const evidence = new EvidenceStore({
    db,
    root: join(dataDir, 'evidence'),
    quota_bytes: config.limits.evidence_mb_max * 1024 * 1024,
    readFrame: (ref) => spool.read(ref),
    timeZone: config.timeZone,
    clock,
    log: log.child({ part: 'evidence' }),
    durable,
  });
  const rulesLog = log.child({ part: 'rules' });
  const world = {
    cameraZones: config.cameraZones,
    mapZones: config.mapZones,
    devices: config.devices,
    timeZone: config.timeZone,
  };
  const engine = new RuleEngine(buildRules(config.rules, world), {
    lateness_ms: config.journal.lateness_ms,
    stages: STAGES,
    onFault: ({ ruleId, key, error }) => rulesLog.error({ err: error, ruleId, key }, 'a rule failed'),
  });
  const recorder = new IncidentRecorder({
    db,
    journal,
    engine,
    incidents,
    code: (type) => codeOf(config.catalogue, config.scheme, type),
    capture: async (incidentId, finding) =>
      evidence.capture(incidentId, prepare === undefined ? finding : await prepare(incidentId, finding)),
    onIncident: (event, at_ms) => cases.onIncident(event, at_ms),
    log: rulesLog,
  });
  recorder.load();
  const snapshotSeq = db.prepare<[], { seq: number }>('SELECT seq FROM rule_snapshots WHERE id = 1');
  return {
    cases,
    incidents,
    evidence,
    engine,
    recorder,
    /** A restart feeds the engine from here on. */
    needs: (): number => snapshotSeq.get()?.seq ?? 0,
  };
}
