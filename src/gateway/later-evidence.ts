import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Finding } from '../domain/finding.ts';
import { EVIDENCE_MISSING, type EvidenceItem, type Incident, type MissingSense } from '../domain/incident.ts';
import { hasPrivateStream } from '../domain/picture-mask.ts';
import { isoTime } from '../domain/time.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { DueEvidence, LaterEvidence, LaterEvidenceTable } from '../evidence/later-evidence.ts';
import { type IncidentRecorder, UNKEPT_EXHIBITS } from '../incidents/incident-recorder.ts';
import type { IncidentStore } from '../incidents/incident-store.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { copyClip } from '../ingest/ffmpeg-clip.ts';
import { type Footage, findFootage, footageCodec, readFootage } from '../ring/ring-reader.ts';
import { backoff_ms } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { makeGonePicture, type TakenPicture } from './gone-picture.ts';

/** Shown before the onset, and after it; and around the end. */
const CLIP = { before_ms: 10_000, after_ms: 15_000, end_before_ms: 5000, end_after_ms: 10_000 };
/** Until the segment with a picture is whole: its own length, the distance of key frames, and a way to the disk. */
const SETTLE_MS = 8000;
/** A clip for which there is no footage is looked for so long: the camera's process may just be coming back. */
const FOOTAGE_WAIT_MS = 60_000;
const RETRY = { first_ms: 5000, max_ms: 600_000 };
/** Then what could not be written is given up. */
const GIVE_UP_MS = 24 * 3_600_000;
const BATCH = 20;
const NO_CLIP = `${EVIDENCE_MISSING}no clip: `;

/** What later evidence is made with. */
export interface LaterEvidenceParts {
  readonly config: Config;
  readonly ringRoot: string;
  readonly spool: FrameSpool;
  /** A camera's newest picture in full size; undefined where it has none. */
  readonly latestPicture: (cameraId: string) => Promise<TakenPicture | undefined>;
  readonly table: LaterEvidenceTable;
  readonly evidence: EvidenceStore;
  /** Keeps a finding's exhibits, as for one that is new. */
  readonly capture: (incidentId: string, finding: Finding) => Promise<readonly EvidenceItem[]>;
  readonly incidents: IncidentStore;
  readonly recorder: Pick<IncidentRecorder, 'amend'>;
  readonly ffmpeg: () => Promise<FfmpegTools>;
  readonly clock: Clock;
  readonly log: Log;
  readonly interval_ms: number;
}

/** Plans the clips of what a camera's finding begins or ends; to be called in the transaction that records it. */
export function planClips(
  { config, table, clock }: Pick<LaterEvidenceParts, 'config' | 'table' | 'clock'>,
  incidentId: string,
  { action, sources, onset_ms, lastSeen_ms }: Finding,
): void {
  const cameraId = sources.find(({ modality }) => modality === 'camera')?.deviceId;
  const isFilmed = config.vision.ring !== undefined && config.cameras.some(({ id }) => id === cameraId);
  if (cameraId === undefined || !isFilmed) return;
  const plan = (shows: 'onset' | 'end', from_ms: number, to_ms: number): void => {
    const now_ms = clock();
    const task: LaterEvidence = { kind: 'clip', incidentId, cameraId, shows, from_ms, to_ms };
    table.plan(task, now_ms, Math.max(now_ms, to_ms + SETTLE_MS));
  };
  if (action === 'open') plan('onset', onset_ms - CLIP.before_ms, onset_ms + CLIP.after_ms);
  if (action === 'end') plan('end', lastSeen_ms - CLIP.end_before_ms, lastSeen_ms + CLIP.end_after_ms);
}

/** Makes what is due, one after the other, every so often; returns the way to stop it. */
export function startLaterEvidence(parts: LaterEvidenceParts): () => Promise<void> {
  let work: Promise<void> = Promise.resolve();
  let isBusy = false;
  let stopped = false;
  const step = async (): Promise<void> => {
    isBusy = true;
    try {
      for (const due of parts.table.due(parts.clock(), BATCH))
        if (!stopped) await make(due, parts, () => stopped);
    } catch (error) {
      parts.log.error({ err: error }, 'later evidence failed');
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => {
    if (!isBusy) work = step();
  }, parts.interval_ms);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await work;
  };
}

async function make(due: DueEvidence, parts: LaterEvidenceParts, isStopping: () => boolean): Promise<void> {
  const { table, incidents, clock, log } = parts;
  const incident = incidents.get(due.task.incidentId);
  if (incident === undefined) return table.done(due.id);
  try {
    if (due.task.kind === 'clip') await makeClip(due, due.task, incident, parts);
    else if (due.task.kind === 'exhibits') await makeExhibits(due, due.task, parts);
    else if (due.task.kind === 'gone')
      await makeGonePicture({ ...due, task: due.task }, await parts.latestPicture(due.task.cameraId), parts);
  } catch (error) {
    // Ctrl-C reaches our ffmpeg as well; what it did not finish stays due and is made after the next start.
    if (isStopping()) return;
    const now_ms = clock();
    const isOver = now_ms - due.planned_ms > GIVE_UP_MS;
    log.error(
      { err: error, incident: incident.id, kind: due.task.kind, isOver },
      'evidence could not be kept',
    );
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    const why =
      cause?.code ?? (error instanceof Error ? error.message : '').match(/[A-Z][a-z ]+ left|corrupt/)?.[0];
    const reason = `${NO_CLIP}it could not be written (${why ?? 'see the log'})`;
    const isNew =
      due.task.kind === 'clip' && !incident.missing.some((known) => known.reason.startsWith(NO_CLIP));
    const again = (): void => {
      if (isOver) table.done(due.id);
      else table.retry(due.id, now_ms + backoff_ms(due.attempts, RETRY, Math.random));
    };
    if (isNew && due.task.kind === 'clip') {
      parts.recorder.amend(incident.id, { missing: [missing(reason, due.task)] }, now_ms, again);
    } else again();
  }
}

async function makeExhibits(
  { id }: DueEvidence,
  { incidentId, finding }: Extract<LaterEvidence, { kind: 'exhibits' }>,
  { capture, recorder, table, clock }: LaterEvidenceParts,
): Promise<void> {
  const items = await capture(incidentId, finding);
  recorder.amend(incidentId, { evidence: items, found: UNKEPT_EXHIBITS }, clock(), () => table.done(id));
}

async function makeClip(
  { id, planned_ms, attempts }: DueEvidence,
  task: Extract<LaterEvidence, { kind: 'clip' }>,
  incident: Incident,
  parts: LaterEvidenceParts,
): Promise<void> {
  const { table, recorder, evidence, clock } = parts;
  const { cameraId, from_ms, to_ms, shows } = task;
  if (hasPrivateStream(parts.config.judgingOf.get(cameraId) ?? {})) {
    const gap = missing(`${NO_CLIP}the camera has privacy masks, and its stream is not kept`, task);
    const change = shows === 'onset' ? { missing: [gap], found: NO_CLIP } : {};
    recorder.amend(incident.id, change, clock(), () => table.done(id));
    return;
  }
  const footage = await findFootage(join(parts.ringRoot, cameraId), from_ms, to_ms);
  const now_ms = clock();
  if (footage === undefined) {
    if (now_ms - Math.max(planned_ms, to_ms) < FOOTAGE_WAIT_MS) {
      return table.retry(id, now_ms + backoff_ms(attempts, RETRY, Math.random));
    }
    const gap = missing(`${NO_CLIP}the stream was not kept at the time`, task);
    // Of the end there may well be none: a cleared place is noticed late.
    const change = shows === 'onset' ? { missing: [gap], found: NO_CLIP } : {};
    recorder.amend(incident.id, change, now_ms, () => table.done(id));
    return;
  }
  const end_ms = Math.min(footage.end_ms, to_ms);
  const item = await evidence.captureClip({
    incidentId: incident.id,
    deviceId: cameraId,
    from_ms: footage.start_ms,
    to_ms: end_ms,
    detail: shows,
    rule: incident.rule,
    model: incident.model,
    make: async (file) => {
      const codec = await footageCodec(footage);
      if (codec === undefined) throw new Error('the stream has a codec that no browser plays');
      const duration_s = (end_ms - footage.start_ms) / 1000;
      const start = isoTime(footage.start_ms);
      await copyClip(await parts.ffmpeg(), { stream: readFootage(footage), codec, duration_s, start, file });
    },
  });
  const short = shows === 'onset' ? shortcomings(footage, task, incident) : [];
  const change = { evidence: item === undefined ? [] : [item], missing: short, found: NO_CLIP };
  recorder.amend(incident.id, change, now_ms, () => table.done(id));
}

/** A clip that does not show the onset itself says so. */
function shortcomings(
  { start_ms, end_ms }: Footage,
  task: Extract<LaterEvidence, { kind: 'clip' }>,
  { onsetAt }: Incident,
): MissingSense[] {
  const onset_ms = Date.parse(onsetAt);
  if (start_ms <= onset_ms && end_ms >= onset_ms) return [];
  const reason = `${EVIDENCE_MISSING}the clip does not show the onset: the stream was not kept then`;
  return [
    missing(reason, { from_ms: task.from_ms, to_ms: Math.min(task.to_ms, Math.max(start_ms, task.from_ms)) }),
  ];
}

function missing(reason: string, time: { readonly from_ms: number; readonly to_ms: number }): MissingSense {
  return { modality: 'camera', reason, from: isoTime(time.from_ms), to: isoTime(time.to_ms) };
}
