import sharp from 'sharp';
import type { EvidenceItem } from '../../domain/incident.ts';
import type { IncidentLabel } from '../../domain/recording.ts';
import type { Comparison } from '../compare.ts';
import type { Score, ScoredIncident } from '../score-result.ts';
import { seriesDrawing, trackDrawing } from './drawings.ts';
import { foundKey, missKey, type ReportPicture, type ReportPictures } from './picture.ts';
import { placeDrawing } from './place-drawing.ts';

/** Where pictures come from. Undefined: there is none. A rejection counts as none and is told. */
export interface PictureSources {
  /** The bytes of a piece of evidence of the scored run. */
  readonly evidence: (incidentId: string, item: EvidenceItem) => Promise<Uint8Array | undefined>;
  /** The camera's recorded frame nearest to a time, as JPEG. */
  readonly frame: (cameraId: string, at_ms: number) => Promise<Uint8Array | undefined>;
  /** The bytes of a piece of evidence of the run that is compared with; without it frames are taken. */
  readonly earlierEvidence?: PictureSources['evidence'];
}

/** How much a report may hold. */
export interface PictureBounds {
  readonly picturesMax: number;
  /** Of all photos together, as they are embedded. */
  readonly bytesMax: number;
}

export const PICTURE_BOUNDS: PictureBounds = { picturesMax: 160, bytesMax: 12 * 1024 * 1024 };

const WIDTH_MAX = 720;
const JPEG_QUALITY = 74;
/** A picture of more pixels is refused rather than unpacked: a small JPEG can claim to be huge. */
const PIXELS_MAX = 64_000_000;
/** Evidence that is no photo and larger than this is not drawn. */
const DRAWING_BYTES_MAX = 4 * 1024 * 1024;

interface Wish {
  readonly key: string;
  readonly type: string;
  readonly get: () => Promise<ReportPicture | undefined>;
}

/**
 * Fetches the pictures of a report, one after the other: of misses and false alarms first, each type in its turn,
 * then of duplicates and of what changed. Stops at the bounds and says what it left out.
 */
export async function collectPictures(
  score: Score,
  comparison: Comparison | undefined,
  sources: PictureSources,
  bounds: PictureBounds = PICTURE_BOUNDS,
): Promise<ReportPictures> {
  const wishes = wishesOf(score, comparison, sources);
  const pictures = new Map<string, ReportPicture>();
  let bytes = 0;
  let left = 0;
  let failed = 0;
  for (const { key, get } of wishes) {
    if (pictures.has(key)) continue;
    if (pictures.size >= bounds.picturesMax || bytes >= bounds.bytesMax) {
      left += 1;
      continue;
    }
    const picture = await get().catch(() => {
      failed += 1;
      return undefined;
    });
    if (picture === undefined) continue;
    bytes += embeddedBytes(picture);
    if (bytes > bounds.bytesMax) left += 1;
    else pictures.set(key, picture);
  }
  const notes = [
    left > 0
      ? `${left} pictures are left out: a page holds ${bounds.picturesMax}, of ${bounds.bytesMax} bytes in all.`
      : '',
    failed > 0 ? `${failed} pictures could not be read.` : '',
  ];
  return { pictures, notes: notes.filter((note) => note !== '') };
}

function wishesOf(score: Score, comparison: Comparison | undefined, sources: PictureSources): Wish[] {
  const cameras = new Set(score.devices.filter(({ kind }) => kind === 'camera').map(({ id }) => id));
  const ofFound = (found: ScoredIncident, run: 'a' | 'b' = 'b'): Wish => ({
    key: foundKey(found, run),
    type: found.type,
    get: () =>
      foundPicture(found, run === 'a' ? sources.earlierEvidence : sources.evidence, sources, cameras),
  });
  const wrong = [
    ...score.misses.map(
      ({ label }): Wish => ({
        key: missKey(label),
        type: label.type,
        get: () => missPicture(label, score, sources, cameras),
      }),
    ),
    ...score.falseAlarms.map(({ found }) => ofFound(found)),
  ];
  const changed = (comparison?.changes ?? []).map(({ a, b }) =>
    b === undefined ? a && ofFound(a.found, 'a') : ofFound(b.found),
  );
  return [
    ...inTurns(wrong),
    ...inTurns(score.duplicates.map(({ found }) => ofFound(found))),
    ...changed.filter((wish) => wish !== undefined),
  ];
}

/** One of each type, then the next of each. */
function inTurns(wishes: readonly Wish[]): Wish[] {
  const turns = new Map<string, number>();
  return wishes
    .map((wish) => {
      const turn = turns.get(wish.type) ?? 0;
      turns.set(wish.type, turn + 1);
      return { wish, turn };
    })
    .sort((one, other) => one.turn - other.turn)
    .map(({ wish }) => wish);
}

async function missPicture(
  label: IncidentLabel,
  score: Score,
  { frame }: PictureSources,
  cameras: ReadonlySet<string>,
): Promise<ReportPicture | undefined> {
  const from_ms = Math.max(label.from_ms, score.from_ms);
  const to_ms = Math.min(label.to_ms, score.to_ms);
  const camera = label.deviceIds.find((id) => cameras.has(id));
  if (camera === undefined) {
    const meanwhile = score.falseAlarms
      .map(({ found }) => found)
      .filter(
        ({ type, onset_ms, lastSeen_ms }) =>
          type === label.type && onset_ms <= to_ms && lastSeen_ms >= from_ms,
      );
    return { kind: 'drawing', drawing: placeDrawing(label, score.devices, meanwhile) };
  }
  const jpeg = await frame(camera, Math.round((from_ms + to_ms) / 2));
  // The box is in the picture of the first device; another camera sees the thing elsewhere.
  return jpeg && photo(jpeg, camera === label.deviceIds[0] ? label.box : undefined);
}

async function foundPicture(
  found: ScoredIncident,
  evidence: PictureSources['evidence'] | undefined,
  { frame }: PictureSources,
  cameras: ReadonlySet<string>,
): Promise<ReportPicture | undefined> {
  const item = bestEvidence(found);
  const bytes = item && (await evidence?.(found.id, item));
  if (item !== undefined && bytes !== undefined) {
    if (item.kind === 'snapshot') return photo(bytes, item.role === 'annotated' ? undefined : found.box);
    return drawingOf(item, bytes, found);
  }
  const camera = found.deviceIds.find((id) => cameras.has(id));
  const jpeg = camera && (await frame(camera, found.opened_ms));
  return jpeg === undefined || jpeg === '' ? undefined : photo(jpeg, found.box);
}

/** The first annotated snapshot, else any, else a track or a series. */
function bestEvidence({ evidence }: ScoredIncident): EvidenceItem | undefined {
  const snapshots = evidence.filter(({ kind }) => kind === 'snapshot');
  return (
    snapshots.find(({ role }) => role === 'annotated') ??
    snapshots[0] ??
    evidence.findLast(({ kind }) => kind === 'track' || kind === 'series')
  );
}

function drawingOf(item: EvidenceItem, bytes: Uint8Array, found: ScoredIncident): ReportPicture | undefined {
  if (bytes.length > DRAWING_BYTES_MAX) return undefined;
  const drawing = item.kind === 'track' ? trackDrawing(bytes, found.place) : seriesDrawing(bytes);
  return drawing && { kind: 'drawing', drawing };
}

/** Made smaller and written anew, so that nothing but a picture gets into the page. */
async function photo(bytes: Uint8Array, box: ScoredIncident['box']): Promise<ReportPicture> {
  const { data, info } = await sharp(bytes, { limitInputPixels: PIXELS_MAX, failOn: 'error' })
    .resize({ width: WIDTH_MAX, withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY, mozjpeg: true })
    .toBuffer({ resolveWithObject: true });
  return {
    kind: 'photo',
    jpeg: data,
    width: info.width,
    height: info.height,
    ...(box === undefined ? {} : { box }),
  };
}

function embeddedBytes(picture: ReportPicture): number {
  return picture.kind === 'photo' ? Math.ceil(picture.jpeg.length / 3) * 4 : picture.drawing.markup.length;
}
