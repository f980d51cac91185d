import { decodeJpeg } from '../codecs/jpeg.ts';
import type { Config } from '../config/config.ts';
import type { Finding } from '../domain/finding.ts';
import { EVIDENCE_MISSING } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { DueEvidence, LaterEvidence, LaterEvidenceTable } from '../evidence/later-evidence.ts';
import type { IncidentRecorder } from '../incidents/incident-recorder.ts';
import { backoff_ms } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { VisionWorkers } from '../vision/worker-pool.ts';

/** How the reason begins for which there is no picture of the place after the incident. */
export const NO_GONE_PICTURE = `${EVIDENCE_MISSING}no picture of the place afterwards: `;
const RETRY = { first_ms: 5000, max_ms: 60_000 };

type GoneTask = Extract<LaterEvidence, { kind: 'gone' }>;

/** A camera's picture and when it was taken. */
export interface TakenPicture {
  readonly jpeg: Uint8Array;
  readonly at_ms: number;
  readonly width_px: number;
  readonly height_px: number;
}

/** Larger pictures than any camera's are not taken. */
const LIMITS = { bytes_max: 64 * 1024 * 1024, pixels_max: 64_000_000 };

/** A camera's newest picture, in full size where that is at hand; undefined where it has none. */
export async function latestPicture(
  vision: Pick<VisionWorkers, 'latestFrame'>,
  cameraId: string,
): Promise<TakenPicture | undefined> {
  const frame = await vision.latestFrame(cameraId);
  return frame && sized(frame.jpeg, frame.at_ms);
}

/** With its size, which its own bytes tell. */
export function sized(jpeg: Uint8Array, at_ms: number): TakenPicture | undefined {
  const size = decodeJpeg(jpeg, LIMITS);
  return size.ok ? { jpeg, at_ms, ...size.value } : undefined;
}

/** What pictures of places are taken with. */
export interface GonePictureParts {
  readonly config: Config;
  readonly table: LaterEvidenceTable;
  readonly spool: FrameSpool;
  readonly evidence: EvidenceStore;
  readonly recorder: Pick<IncidentRecorder, 'amend'>;
  readonly clock: Clock;
}

/**
 * Plans the picture of the place after the incident; to be called in the transaction that records its end. A finding that
 * brings one itself needs none.
 */
export function planGonePicture(
  table: LaterEvidenceTable,
  incidentId: string,
  finding: Finding,
  now_ms: number,
): void {
  const cameraId = finding.sources.find(({ modality }) => modality === 'camera')?.deviceId;
  if (cameraId === undefined || finding.exhibits.some(({ kind }) => kind === 'snapshot')) return;
  table.plan({ kind: 'gone', incidentId, cameraId, finding: { ...finding, exhibits: [] } }, now_ms, now_ms);
}

/**
 * Takes it, once the camera has a picture that is newer than the end. While there is none (the camera is offline) it is
 * tried again, for `vision.gone_wait_s`; then the incident says so.
 */
export async function makeGonePicture(
  due: DueEvidence & { readonly task: GoneTask },
  picture: TakenPicture | undefined,
  parts: GonePictureParts,
): Promise<void> {
  const { config, table, recorder, clock } = parts;
  const { id, task, planned_ms, attempts } = due;
  const now_ms = clock();
  if (picture !== undefined && picture.at_ms >= task.finding.at_ms) {
    await keepGonePicture(due, picture, parts);
  } else if (now_ms - planned_ms < config.vision.goneWait_ms) {
    table.retry(id, now_ms + backoff_ms(attempts, RETRY, Math.random));
  } else {
    const reason = `${NO_GONE_PICTURE}the camera gave none until then`;
    const gap = {
      modality: 'camera' as const,
      reason,
      from: isoTime(task.finding.at_ms),
      to: isoTime(now_ms),
    };
    recorder.amend(task.incidentId, { missing: [gap], found: NO_GONE_PICTURE }, now_ms, () => table.done(id));
  }
}

/** Keeps a picture as the one of the place after the incident, as a later version of it. */
export async function keepGonePicture(
  { id, task }: { readonly id: number; readonly task: GoneTask },
  { jpeg, at_ms, width_px, height_px }: TakenPicture,
  { config, table, spool, evidence, recorder, clock }: GonePictureParts,
): Promise<void> {
  const { cameraId, finding, incidentId } = task;
  const frame = await spool.put({ cameraId, at_ms, jpeg, width_px, height_px });
  const zone = config.cameraZones.find(
    (known) => known.cameraId === cameraId && known.id === finding.place.zoneId,
  );
  const about = { kind: 'snapshot' as const, deviceId: cameraId, at_ms, frame, detections: [] };
  const exhibits = [zone === undefined ? about : { ...about, zone: zone.polygon }];
  const items = await evidence.capture(incidentId, { ...finding, exhibits });
  recorder.amend(incidentId, { evidence: items, found: NO_GONE_PICTURE }, clock(), () => table.done(id));
}
