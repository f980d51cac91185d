import { join } from 'node:path';
import { CaseQueue } from '../cases/case-queue.ts';
import { CaseReports } from '../cases/case-reports.ts';
import type { Config } from '../config/config.ts';
import { codeOf } from '../domain/catalogue.ts';
import type { Finding } from '../domain/finding.ts';
import type { Suspect } from '../domain/focus.ts';
import type { EvidenceItem } from '../domain/incident.ts';
import type { FrameRef } from '../domain/observation.ts';
import { PictureMask } from '../domain/picture-mask.ts';
import { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import { LaterEvidenceTable } from '../evidence/later-evidence.ts';
import { IncidentRecorder } from '../incidents/incident-recorder.ts';
import { IncidentStore } from '../incidents/incident-store.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { decodeStill } from '../ingest/ffmpeg-still.ts';
import { buildRules, STAGES } from '../rules/catalogue.ts';
import { coverageRule } from '../rules/coverage.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Rule } from '../rules/rule.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { toJpeg } from '../vision/picture.ts';
import { planFocus } from './focus-plan.ts';
import { planGonePicture } from './gone-picture.ts';
import { planClips } from './later-evidence.ts';
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
  /** The way to ffmpeg, where cameras' streams are kept and clips are to be made of them; not in a replay. */
  readonly ffmpeg?: () => Promise<FfmpegTools>;
  /** Cameras of whose film there may be a closer look. */
  readonly filmed?: (cameraId: string) => boolean;
  /** Cameras that can give a picture of a place after its incident. */
  readonly pictured?: (cameraId: string) => boolean;
  /** Told of what may become an incident. */
  readonly suspect?: Suspect;
}

/** When evidence that could not be kept is tried first again. */
const UNKEPT_RETRY_MS = 5000;
const FULL_QUALITY = 90;

/** From findings to cases: engine, evidence, incidents, queue. The recorder is brought to where it stopped. */
export function createIncidents(wiring: IncidentParts) {
  const {
    config,
    dataDir,
    stores,
    spool,
    clock,
    log,
    prepare,
    durable = true,
    ffmpeg,
    filmed,
    pictured,
    suspect,
  } = wiring;
  const { db, journal } = stores;
  const cases = new CaseQueue({ db, journal, clock });
  const incidents = new IncidentStore(db);
  const evidence = new EvidenceStore({
    db,
    root: join(dataDir, 'evidence'),
    quota_bytes: config.limits.evidence_mb_max * 1024 * 1024,
    readFrame: (ref) => spool.read(ref),
    ...(ffmpeg === undefined
      ? {}
      : {
          fullPicture: (ref, cameraId) =>
            fullPicture(spool, ffmpeg, ref, PictureMask.of(config.judgingOf.get(cameraId) ?? {})),
        }),
    timeZone: config.timeZone,
    clock,
    log: log.child({ part: 'evidence' }),
    durable,
  });
  const later = new LaterEvidenceTable(db);
  const rulesLog = log.child({ part: 'rules' });
  const world = {
    cameraZones: config.cameraZones,
    mapZones: config.mapZones,
    routes: config.routes,
    devices: config.devices,
    placeOf: (deviceId: string) => stores.devices.placeOf(deviceId),
    timeZone: config.timeZone,
  };
  const intervals = new Map(config.cameras.map(({ id, patrol_interval_ms }) => [id, patrol_interval_ms]));
  const coverage = coverageRule({
    cameras: new Map([...config.judgingOf.keys()].map((id) => [id, intervals.get(id)])),
    tick_ms: config.journal.tick_ms,
    tell: (change) => stores.coverage.tell(change),
  });
  const engine = new RuleEngine([...buildRules(config.rules, world, suspect), coverage as Rule], {
    lateness_ms: config.journal.lateness_ms,
    stages: STAGES,
    ...(config.journal.backlog_s > 0 && { backlog_ms: config.journal.backlog_s * 1000 }),
    onFault: ({ ruleId, key, error }) => rulesLog.error({ err: error, ruleId, key }, 'a rule failed'),
  });
  const capture = async (incidentId: string, finding: Finding): Promise<EvidenceItem[]> =>
    evidence.capture(incidentId, prepare === undefined ? finding : await prepare(incidentId, finding));
  const recorder = new IncidentRecorder({
    db,
    journal,
    engine,
    incidents,
    code: (type) => codeOf(config.catalogue, config.scheme, type),
    fusion: config.fusion,
    capture,
    onIncident: (event, at_ms, finding) => {
      if (ffmpeg !== undefined && finding !== undefined)
        planClips({ config, table: later, clock }, event.incident.id, finding);
      if (finding?.action === 'open' && finding.sources.some(({ deviceId }) => filmed?.(deviceId)))
        planFocus({ config, table: later, now_ms: clock() }, event.incident.id, finding);
      if (finding?.action === 'end' && finding.sources.some(({ deviceId }) => pictured?.(deviceId)))
        planGonePicture(later, event.incident.id, finding, clock());
      return cases.onIncident(event, at_ms);
    },
    onUnkept: (incidentId, finding) => {
      const now_ms = clock();
      later.plan({ kind: 'exhibits', incidentId, finding }, now_ms, now_ms + UNKEPT_RETRY_MS);
    },
    log: rulesLog,
  });
  recorder.load();
  const snapshotSeq = db.prepare<[], { seq: number }>('SELECT seq FROM rule_snapshots WHERE id = 1');
  return {
    cases,
    reports: new CaseReports(db),
    incidents,
    evidence,
    capture,
    later,
    engine,
    recorder,
    /** A restart feeds the engine from here on. */
    needs: (): number => snapshotSeq.get()?.seq ?? 0,
  };
}

/** Frames are scaled down for the detectors; evidence shows what the camera sent. */
async function fullPicture(
  spool: FrameSpool,
  ffmpeg: () => Promise<FfmpegTools>,
  ref: FrameRef,
  mask: PictureMask | undefined,
): Promise<Buffer | undefined> {
  const key = await spool.readKey(ref);
  if (key === undefined) return undefined;
  const picture = await decodeStill(await ffmpeg(), key);
  // One that was kept before its camera had masks.
  mask?.apply(picture);
  return toJpeg(picture, FULL_QUALITY);
}
