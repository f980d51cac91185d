import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Region } from '../domain/camera.ts';
import type { Finding } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { FrameSpool } from '../evidence/frame-spool.ts';
import { createIncidents } from '../gateway/incidents.ts';
import { openStores, type Stores } from '../gateway/stores.ts';
import { pause } from '../runtime/backoff.ts';
import type { Log } from '../runtime/log.ts';
import { StopStack } from '../runtime/stop-stack.ts';
import { boxOfFinding } from '../score/score-input.ts';
import type { JournalRecord } from '../store/journal.ts';
import { takeCloserLooks } from './closer-looks.ts';
import { takeGonePictures } from './gone-pictures.ts';
import { judgedFrames } from './judge.ts';
import { keeping } from './judged-copy.ts';
import { paced } from './pace.ts';
import { createPictures, type Pictures } from './recorded-pictures.ts';
import { replayFolder } from './replay-folder.ts';
import { inferredInput, type ReplayItem, recordedInput } from './replay-input.ts';

/** What is replayed, and how. */
export interface ReplayOptions {
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Config;
  /** Infinity is as fast as it goes. */
  readonly speed: number;
  readonly detections: 'recorded' | 'infer';
  /** A new or empty folder to keep journal, incidents and evidence in; else one that goes with {@link Replay.close}. */
  readonly dataDir?: string;
  /** A new folder for a copy of the recording with the detections of this replay: on it rules can be tried in seconds. */
  readonly keepDetections?: string;
  /** The way to ffmpeg. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Something about the recording or the replay that a reader of the result should know. */
  readonly onNote: (note: string) => void;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

/** How far a replay is. */
export interface ReplayProgress {
  /** Arrival time in the recording. */
  readonly event_ms: number;
  readonly observations: number;
}

/** An incident with what only the replay knows of it. */
export interface ReplayedIncident {
  readonly incident: Incident;
  /** Event time at which it was reported. */
  readonly opened_ms: number;
  /** Where in its camera's picture. */
  readonly box?: Region;
}

/** A replay that is over; its evidence can be read until it is closed. */
export interface Replay {
  /** By onset, then by id. */
  readonly incidents: readonly ReplayedIncident[];
  readonly observations: number;
  /** False where it was interrupted. */
  readonly complete: boolean;
  /** Arrival of the newest observation evaluated. */
  readonly to_ms: number;
  /** The newest link of the evidence's chain: equal where all evidence is. */
  readonly evidenceHead: string;
  /** Where a piece of evidence lies. */
  readonly evidenceFile: (incidentId: string, evidenceId: string) => string | undefined;
  /** A camera's recorded picture at a moment, as JPEG; undefined where no video shows it. */
  readonly frame: (cameraId: string, at_ms: number) => Promise<Buffer | undefined>;
  readonly close: () => Promise<void>;
}

/**
 * Runs a recording through journal, rules, incidents, cases and evidence on its own time. The same recording,
 * configuration and models give the same incidents at every speed: nothing here looks at a clock but the pace.
 */
export async function runReplay(options: ReplayOptions): Promise<Replay> {
  const stops = new StopStack(options.log);
  try {
    return await run(options, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function run(options: ReplayOptions, stops: StopStack): Promise<Replay> {
  const { manifest, config, log, signal, onNote } = options;
  const folder = replayFolder(options.dataDir);
  stops.push('folder', folder.remove);
  let now_ms = (): number => manifest.from_ms;
  const clock = (): number => now_ms();
  const stores = openStores(config, folder.dir, clock, options.log, stops);
  // A replay can be repeated: its journal needs no fsync.
  stores.db.pragma('synchronous = OFF');
  if (!folder.kept) {
    // Nobody else opens it: no log to be shared, no lock to be asked for.
    stores.db.pragma('locking_mode = EXCLUSIVE');
    stores.db.pragma('journal_mode = MEMORY');
  }
  const spool = new FrameSpool({
    root: join(folder.dir, 'frames'),
    max_bytes: config.limits.frame_spool_mb_max * 1024 * 1024,
  });
  await spool.start();
  const pictures = createPictures({ ...options, spool, db: stores.db });
  const opened = new Map<string, { readonly opened_ms: number; readonly box?: Region }>();
  const parts = createIncidents({
    config,
    dataDir: folder.dir,
    stores,
    spool,
    clock,
    log,
    durable: false,
    prepare: (incidentId, finding) => prepare(incidentId, finding, opened, pictures),
    filmed: (cameraId) => options.detections === 'infer' && isFilmed(manifest, cameraId),
    pictured: (cameraId) => isFilmed(manifest, cameraId),
  });
  now_ms = () => Math.max(manifest.from_ms, parts.recorder.received_ms);
  const feed = createFeed(stores, parts.recorder, folder.kept);
  for await (const batch of inputOf(options)) {
    const observations = await feed.take(batch);
    options.onProgress?.({ event_ms: parts.recorder.received_ms, observations });
    if (signal.aborted) break;
  }
  const { later: table, evidence, recorder } = parts;
  const later = { ...options, table, spool, evidence, recorder, clock };
  await takeCloserLooks(later);
  await takeGonePictures({ ...later, jpeg: pictures.jpeg });
  if (signal.aborted) onNote('interrupted: what follows is what the part until then made');
  if (folder.kept) parts.recorder.saveSnapshot();
  return {
    incidents: incidentsOf(parts.incidents, opened),
    observations: feed.observations(),
    complete: !signal.aborted,
    to_ms: parts.recorder.received_ms,
    evidenceHead: parts.evidence.stats().head,
    evidenceFile: (incidentId, id) => parts.evidence.open(incidentId, id)?.path,
    frame: pictures.jpeg,
    close: () => stops.run(),
  };
}

function inputOf(options: ReplayOptions): AsyncGenerator<readonly ReplayItem[]> {
  const { speed, signal, detections, keepDetections } = options;
  const input =
    detections === 'infer' ? inferredInput(options, judgedFrames(options)) : recordedInput(options);
  const due = paced(input, { speed, clock: () => performance.now(), sleep: pause, signal });
  return keepDetections === undefined ? due : keeping(due, keepDetections, options);
}

function isFilmed({ cameras }: RecordingManifest, cameraId: string): boolean {
  return cameras.some(({ id, videos }) => id === cameraId && videos.length > 0);
}

async function prepare(
  incidentId: string,
  finding: Finding,
  opened: Map<string, { readonly opened_ms: number; readonly box?: Region }>,
  pictures: Pictures,
): Promise<Finding> {
  if (!opened.has(incidentId)) {
    const box = boxOfFinding(finding);
    opened.set(incidentId, { opened_ms: finding.at_ms, ...(box === undefined ? {} : { box }) });
  }
  return pictures.fill(incidentId, finding);
}

/** Journals batches and hands them on. */
function createFeed(
  { journal, devices, series }: Stores,
  recorder: { apply(records: readonly JournalRecord[]): Promise<void> },
  kept: boolean,
) {
  let observations = 0;
  // Nobody will ever read the journal of a folder that goes: there only what the rules make of it is written.
  const number = (batch: readonly ReplayItem[]): number =>
    kept ? journal.appendTexts(batch) : observations + 1;
  return {
    observations: () => observations,
    take: async (batch: readonly ReplayItem[]): Promise<number> => {
      const first = number(batch);
      const records = batch.map(({ observation: body }, index) => {
        const { deviceId: subjectId, at_ms, received_ms } = body;
        return { seq: first + index, subjectId, at_ms, received_ms, body };
      });
      await recorder.apply(records);
      if (kept) keep(records);
      observations += batch.length;
      return observations;
    },
  };

  /** For whoever looks at the folder afterwards: curves and the devices' own words, as a gateway has them. */
  function keep(records: readonly JournalRecord[]): void {
    series.apply(records);
    for (const { body, received_ms } of records) {
      if (body.kind === 'incident' || body.kind === 'case' || body.kind === 'tick') continue;
      devices.seen(body.deviceId, received_ms);
      if (body.kind === 'status') devices.setStatus(body.deviceId, body);
    }
  }
}

function incidentsOf(
  store: { get(id: string): Incident | undefined },
  opened: ReadonlyMap<string, { readonly opened_ms: number; readonly box?: Region }>,
): ReplayedIncident[] {
  return [...opened]
    .flatMap(([id, about]) => {
      const incident = store.get(id);
      return incident === undefined ? [] : [{ incident, ...about }];
    })
    .sort((a, b) => {
      if (a.incident.onsetAt !== b.incident.onsetAt) return a.incident.onsetAt < b.incident.onsetAt ? -1 : 1;
      return a.incident.id < b.incident.id ? -1 : 1;
    });
}
