import type { Exhibit, Finding } from '../domain/finding.ts';
import type { FrameRef } from '../domain/observation.ts';
import type { Log } from '../runtime/log.ts';
import { annotate } from './annotate.ts';
import { sha256Hex } from './chain.ts';
import type { EvidenceBox, EvidenceIdentity } from './evidence-record.ts';
import { seriesJson, trackGeoJson } from './exhibit-json.ts';

/** A file of evidence to be: what it is, and how its bytes are had. */
export interface Piece extends Omit<EvidenceIdentity, 'incidentId'> {
  readonly mediaType: string;
  readonly ending: 'jpg' | 'json';
  readonly frame?: FrameRef;
  readonly boxes?: readonly EvidenceBox[];
  /** Makes the bytes; only called where they are not kept yet. Undefined where they cannot be had. */
  readonly content: () => Promise<Content | undefined>;
}

/** Bytes for a piece. */
interface Content {
  readonly bytes: Uint8Array;
  /** They were decoded, in full size, from the picture as the camera sent it. */
  readonly isFull?: true;
  /** The frame's bytes no longer had the hash of their arrival. */
  readonly mismatch?: true;
}

type SnapshotExhibit = Extract<Exhibit, { kind: 'snapshot' }>;

interface Context {
  readonly incidentId: string;
  readonly finding: Finding;
  readonly readFrame: (ref: FrameRef) => Promise<Buffer | undefined>;
  readonly fullPicture?: ((ref: FrameRef, cameraId: string) => Promise<Buffer | undefined>) | undefined;
  readonly timeZone: string;
  readonly log: Log;
}

/** The files that an exhibit becomes; nothing is read or drawn before their content is asked for. */
export function exhibitPieces(context: Context, exhibit: Exhibit): Piece[] {
  const { incidentId } = context;
  const { kind, deviceId, at_ms } = exhibit;
  switch (exhibit.kind) {
    case 'snapshot':
      return snapshotPieces(context, exhibit);
    case 'track': {
      const content = async () => ({ bytes: Buffer.from(trackGeoJson(exhibit, incidentId)) });
      return [{ kind, deviceId, at_ms, mediaType: 'application/geo+json', ending: 'json', content }];
    }
    case 'series': {
      const content = async () => ({ bytes: Buffer.from(seriesJson(exhibit, incidentId)) });
      const detail = exhibit.metric;
      return [{ kind, deviceId, at_ms, detail, mediaType: 'application/json', ending: 'json', content }];
    }
  }
}

/** The annotated picture first, for it is the one to look at; then the frame's own bytes, untouched. */
function snapshotPieces(context: Context, exhibit: SnapshotExhibit): Piece[] {
  const { deviceId, at_ms, frame } = exhibit;
  const boxes = exhibit.detections.map(({ class: name, box }) => ({ class: name, box }));
  const base = { kind: 'snapshot', deviceId, at_ms, detail: frame.sha256, frame, boxes } as const;
  const file = { mediaType: 'image/jpeg', ending: 'jpg' } as const;
  // Read once for both pictures, and not at all where both are kept already.
  let reading: Promise<Content | undefined> | undefined;
  const raw = (): Promise<Content | undefined> => {
    reading ??= readFrame(context, exhibit);
    return reading;
  };
  const annotated = async (): Promise<Content | undefined> => {
    const content = await raw();
    return content && drawOver(context, exhibit, content);
  };
  if (exhibit.part !== undefined) return [{ ...base, ...file, role: exhibit.part, content: raw }];
  return [
    { ...base, ...file, role: 'annotated', content: annotated },
    { ...base, ...file, role: 'raw', content: raw },
  ];
}

async function readFrame(
  context: Context,
  { deviceId, frame }: SnapshotExhibit,
): Promise<Content | undefined> {
  const { incidentId, log } = context;
  const bytes = await context.readFrame(frame);
  if (bytes === undefined) {
    log.warn(
      { incidentId, deviceId, frame: frame.path },
      'frame no longer in the spool: its picture is left out',
    );
    return undefined;
  }
  const found = sha256Hex(bytes);
  if (found === frame.sha256) return (await fullSize(context, deviceId, frame)) ?? { bytes };
  log.error(
    { incidentId, deviceId, frame: frame.path, expected: frame.sha256, found },
    'spooled frame is not what was received: its hash differs, and the evidence says so',
  );
  return { bytes, mismatch: true };
}

/** A frame was scaled down for the detectors; undefined where the whole picture cannot be had. */
async function fullSize(
  { incidentId, fullPicture, log }: Context,
  deviceId: string,
  frame: FrameRef,
): Promise<Content | undefined> {
  if (fullPicture === undefined || frame.key_sha256 === undefined) return undefined;
  try {
    const bytes = await fullPicture(frame, deviceId);
    return bytes === undefined ? undefined : { bytes, isFull: true };
  } catch (error) {
    log.warn(
      { err: error, incidentId, deviceId, frame: frame.path },
      'no picture in full size: the scaled one is kept',
    );
    return undefined;
  }
}

async function drawOver(
  { incidentId, finding, timeZone, log }: Context,
  exhibit: SnapshotExhibit,
  raw: Content,
): Promise<Content | undefined> {
  const caption = {
    incidentType: finding.type,
    incidentId,
    cameraId: exhibit.deviceId,
    at_ms: exhibit.at_ms,
    timeZone,
    zoneId: finding.place.zoneId,
    warning: raw.mismatch ? 'HASH MISMATCH: not the frame as received' : undefined,
  };
  try {
    const { detections, zone } = exhibit;
    return { ...raw, bytes: await annotate(raw.bytes, { detections, zone, caption }) };
  } catch (error) {
    log.error(
      { err: error, incidentId, frame: exhibit.frame.path },
      'cannot annotate the frame: only its own bytes are kept',
    );
    return undefined;
  }
}
