import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { ApiApp } from '../../src/api/api-app.ts';
import { buildApi } from '../../src/api/app.ts';
import type { ApiOptions, ApiParts, PartState } from '../../src/api/parts.ts';
import { CaseQueue } from '../../src/cases/case-queue.ts';
import { CaseReports } from '../../src/cases/case-reports.ts';
import { decodeTelemetry } from '../../src/codecs/telemetry-json.ts';
import type { Incident, IncidentEvent } from '../../src/domain/incident.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { ROLES, type Role } from '../../src/domain/role.ts';
import { EvidenceStore } from '../../src/evidence/evidence-store.ts';
import { createAdmission } from '../../src/gateway/admission.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { KeyStore } from '../../src/store/key-store.ts';
import { PendingStore } from '../../src/store/pending-store.ts';
import { QuarantineStore } from '../../src/store/quarantine-store.ts';
import { MAIN_SCHEMA, SERIES_SCHEMA } from '../../src/store/schema.ts';
import { SeriesStore } from '../../src/store/series-store.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { StationStore } from '../../src/store/station-store.ts';
import { TerminalStore } from '../../src/store/terminal-store.ts';
import { VitalsStore } from '../../src/store/vitals-store.ts';

const NO_TERMINALS = { terminals: [], profiles: new Map() };

/** The API over real stores in a temporary folder; time is what `clock` says. */
export interface ApiWorld {
  readonly app: ApiApp;
  readonly dir: string;
  readonly db: Database;
  readonly journal: SqliteJournal;
  readonly devices: DeviceStore;
  /** Of three rows at most. */
  readonly pending: PendingStore;
  readonly vitals: VitalsStore;
  readonly keyStore: KeyStore;
  readonly series: SeriesStore;
  readonly incidents: IncidentStore;
  readonly cases: CaseQueue;
  readonly evidence: EvidenceStore;
  readonly quarantine: QuarantineStore;
  /** An API key of each role. */
  readonly keys: Readonly<Record<Role, string>>;
  readonly clock: { now_ms: number };
  readonly frames: Map<string, { readonly jpeg: Uint8Array; readonly at_ms: number }>;
  readonly health: PartState[];
  readonly cameraStates: ReturnType<ApiParts['cameras']['list']>[number][];
  /** Writes an incident with its case and events as the recorder does: one transaction. */
  putIncident(incident: Incident, action?: IncidentEvent['action']): void;
  /** Headers of a request with the key of a role. */
  as(role: Role): { readonly authorization: string };
  stop(): Promise<void>;
}

/** Builds the world; `stop` removes it. */
export async function createApiWorld(
  options: Partial<ApiOptions> = {},
  now_ms = Date.UTC(2026, 9, 1, 8),
  overrides: Partial<ApiParts> = {},
): Promise<ApiWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-api-'));
  const clock = { now_ms };
  const readClock = (): number => clock.now_ms;
  const log = pino({ level: 'silent' });
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  const seriesDb = openDatabase(join(dir, 'series.db'), SERIES_SCHEMA, false);
  const journal = new SqliteJournal(db);
  const devices = new DeviceStore(db, readClock);
  const keyStore = new KeyStore(db, readClock);
  const series = new SeriesStore(seriesDb);
  const cases = new CaseQueue({ db, journal, clock: readClock });
  const incidents = new IncidentStore(db);
  const vitals = new VitalsStore(db);
  const pending = new PendingStore(db, 3);
  const stores = { db, devices, terminals: new TerminalStore(db), stations: new StationStore(db) };
  const quarantine = new QuarantineStore(db, { rows_max: 1000, payload_bytes_max: 4096 });
  const frames: ApiWorld['frames'] = new Map();
  const evidence = new EvidenceStore({
    db,
    root: join(dir, 'evidence'),
    quota_bytes: 1e9,
    readFrame: async ({ path }) => Buffer.from(frames.get(path)?.jpeg ?? []),
    timeZone: 'Asia/Shanghai',
    clock: readClock,
    log,
  });
  const keys = Object.fromEntries(
    ROLES.map((role) => [role, keyStore.create(`test-${role}`, role).key]),
  ) as Record<Role, string>;
  const health: PartState[] = [{ name: 'journal', ready: true }];
  const cameraStates: ApiWorld['cameraStates'] = [];
  const accept = async (observations: readonly Observation[]): Promise<void> => {
    const entries = observations.map((body) => ({
      subjectId: body.deviceId,
      at_ms: body.at_ms,
      received_ms: body.received_ms,
      body,
    }));
    await journal.append(entries);
    series.apply(journal.read(series.cursor(), 100_000));
  };
  const app = await buildApi(
    {
      clock: readClock,
      log,
      devices,
      vitals,
      offlineBounds: () => undefined,
      pending: createAdmission({ listen: {}, jt808: NO_TERMINALS }, { ...stores, pending }),
      keys: keyStore,
      series,
      incidents,
      evidence,
      cases,
      reports: new CaseReports(db),
      timeZone: 'Asia/Shanghai',
      events: journal,
      quarantine,
      cameras: { list: () => cameraStates, latestFrame: async (id) => frames.get(id) },
      coverage: { cameras: () => [], since: () => new Map(), reach_ms: 0, gaps: () => [] },
      live: { refusal: () => 'unknown-camera', join: () => () => undefined },
      scene: { suppressed: () => [] },
      shadows: () => [],
      metrics: new Registry(),
      accept,
      decodeTelemetry,
      command: async () => ({ ok: false, code: 'not-connected', message: 'no device is connected' }),
      recoveries: () => [],
      health: () => health,
      ...overrides,
    },
    { source: 'urn:xuncheng:test', version: '0.0.0', ...options },
  );
  const world = {
    app,
    dir,
    db,
    journal,
    devices,
    vitals,
    pending,
    keyStore,
    series,
    incidents,
    cases,
    evidence,
    quarantine,
  };
  return {
    ...world,
    keys,
    clock,
    frames,
    health,
    cameraStates,
    putIncident: (incident, action = 'opened') => putIncident(world, incident, action),
    as: (role) => ({ authorization: `Bearer ${keys[role]}` }),
    stop: async () => {
      await app.close();
      devices.close();
      pending.flush();
      vitals.flush();
      quarantine.flush();
      journal.close();
      db.close();
      series.close();
      seriesDb.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** An open incident of a camera; `n` tells it from others. */
export function sampleIncident(n: number, changes: Partial<Incident> = {}): Incident {
  const at = new Date(Date.UTC(2026, 9, 1, 6, n)).toISOString();
  return {
    id: `inc_${String(n).padStart(20, '0')}`,
    version: 1,
    type: 'exposed-garbage',
    code: { scheme: 'test', major: '01', minor: '10', name: '暴露垃圾' },
    status: 'open',
    severity: 2,
    confidence: 0.8,
    onsetAt: at,
    lastSeenAt: at,
    place: { lon: 121.47, lat: 31.23, street: `Street ${n}` },
    sources: [{ deviceId: 'cam-1', modality: 'camera', from: at, to: at, weight: 1 }],
    missing: [],
    measures: { dwell_s: 190, road_class: 'arterial', lifted: false },
    evidence: [],
    rule: { id: 'exposed-garbage', version: '1' },
    ...changes,
  };
}

function putIncident(
  { journal, cases, incidents }: Pick<ApiWorld, 'journal' | 'cases' | 'incidents'>,
  incident: Incident,
  action: IncidentEvent['action'],
): void {
  const event: IncidentEvent = { kind: 'incident', action, incident };
  const at_ms = Date.parse(incident.lastSeenAt);
  journal.transact(() => {
    incidents.put(incident);
    const entry = { subjectId: incident.id, at_ms, received_ms: at_ms, body: event };
    return { entries: [entry, ...cases.onIncident(event, at_ms)], result: undefined };
  });
}
