import type { Config } from '../config/config.ts';
import type { Finding } from '../domain/finding.ts';
import type { Compass, FocusActor, FocusReport, Side } from '../domain/focus.ts';
import type { EvidenceItem } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { DueFocus, LaterEvidenceTable } from '../evidence/later-evidence.ts';
import type { FocusAnswer, FocusTask } from '../vision/worker-protocol.ts';

/** Until the segment with the last picture is whole: its own length, the distance of key frames, and a way to the disk. */
const SETTLE_MS = 8000;

/** Plans a closer look at what a camera's finding opens; to be called in the transaction that records it. */
export function planFocus(
  {
    config,
    table,
    now_ms,
  }: { readonly config: Config; readonly table: LaterEvidenceTable; readonly now_ms: number },
  incidentId: string,
  finding: Finding,
): void {
  const { focus } = config.vision;
  const cameraId = finding.sources.find(({ modality }) => modality === 'camera')?.deviceId;
  const { focus: aim, ...opened } = finding;
  if (focus === undefined || aim === undefined || cameraId === undefined || aim.actors.length === 0) return;
  const from_ms = aim.appeared_ms - focus.before_ms;
  const to_ms = aim.appeared_ms + focus.after_ms;
  const task = { incidentId, cameraId, aim, from_ms, to_ms, finding: { ...opened, exhibits: [] } };
  table.plan({ kind: 'focus', ...task }, now_ms, Math.max(now_ms, to_ms + SETTLE_MS));
}

/** What a vision process is to do for it. */
export function focusTask(
  { cameraId, aim, from_ms, to_ms }: DueFocus['task'],
  config: Config,
  more: Pick<FocusTask, 'budget_ms' | 'film'>,
): FocusTask {
  const judging = config.judgingOf.get(cameraId) ?? { models: [] };
  const every_ms = config.vision.focus?.every_ms ?? 0;
  return { ...judging, deviceId: cameraId, aim, from_ms, to_ms, every_ms, ...more };
}

/** The finding with the pictures that the closer look has stored: the best one, and where a vehicle's plate would be. */
export function focusFinding({ finding, cameraId }: DueFocus['task'], answer: FocusAnswer): Finding {
  const exhibit = (picture: NonNullable<FocusAnswer['best']>) => ({
    kind: 'snapshot' as const,
    deviceId: cameraId,
    at_ms: picture.at_ms,
    frame: picture.stored.ref,
    detections: picture.detections,
  });
  const { best, plateRegion } = answer;
  return {
    ...finding,
    exhibits: [
      ...(best === undefined ? [] : [exhibit(best)]),
      ...(plateRegion === undefined ? [] : [{ ...exhibit(plateRegion), part: 'plate-region' as const }]),
    ],
  };
}

/** What an incident tells of it. `items` are the pictures as they were kept. */
export function focusReport(
  { cameraId, aim }: DueFocus['task'],
  answer: FocusAnswer,
  items: readonly EvidenceItem[],
  bearing_deg: number | undefined,
): FocusReport {
  const best = items.find(({ role }) => role === 'annotated') ?? items.find(({ role }) => role === 'raw');
  const plateRegion = items.find(({ role }) => role === 'plate-region');
  return {
    deviceId: cameraId,
    from: isoTime(answer.first_ms),
    to: isoTime(answer.last_ms),
    frames: answer.frames,
    thing: aim.class,
    actors: answer.actors.map((actor) => toActor(actor, bearing_deg)),
    ...(best !== undefined && { best: best.id }),
    ...(plateRegion !== undefined && { plateRegion: plateRegion.id }),
  };
}

function toActor(actor: FocusAnswer['actors'][number], bearing_deg: number | undefined): FocusActor {
  const { class: cls, score, entered_ms, left_ms, besideFrom_ms, besideTo_ms, cameFrom, leftTo } = actor;
  const compass = (side: Side | undefined): Compass | undefined =>
    side === undefined || bearing_deg === undefined ? undefined : compassOf(side, bearing_deg);
  const [cameFromCompass, leftToCompass] = [compass(cameFrom), compass(leftTo)];
  return {
    class: cls,
    score,
    ...(entered_ms !== undefined && { enteredAt: isoTime(entered_ms) }),
    ...(left_ms !== undefined && { leftAt: isoTime(left_ms) }),
    besideFrom: isoTime(besideFrom_ms),
    besideTo: isoTime(besideTo_ms),
    ...(cameFrom !== undefined && { cameFrom }),
    ...(leftTo !== undefined && { leftTo }),
    ...(cameFromCompass !== undefined && { cameFromCompass }),
    ...(leftToCompass !== undefined && { leftToCompass }),
  };
}

const TURN_DEG: Readonly<Record<Side, number>> = { far: 0, right: 90, near: 180, left: 270 };
const POINTS: readonly Compass[] = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];

/** Where a side of the picture lies, of a camera that looks to `bearing_deg` (clockwise from north). */
export function compassOf(side: Side, bearing_deg: number): Compass {
  const at = Math.round(((bearing_deg + TURN_DEG[side]) % 360) / 45) % POINTS.length;
  return POINTS[at] ?? 'N';
}
