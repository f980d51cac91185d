import type { Region } from './camera.ts';
import type { Role } from './role.ts';

/** Whose faces and plates are made unrecognisable for whom. */
export interface BlurSetting {
  /** Roles from this one on see pictures as they are. */
  readonly originals: Role;
  /** Detectors that look for people and vehicles; none named: the camera's own. */
  readonly models: readonly string[];
  /** Classes of people: the upper part of their boxes is blurred. */
  readonly people: readonly string[];
  /** Classes of vehicles: the lower part of their boxes is blurred. */
  readonly vehicles: readonly string[];
}

/** A thing in a picture: its box in shares. */
interface Thing {
  readonly class: string;
  readonly box: Region;
}

/** Of a person's box, from the top: the head with room for one that looks down or carries something. */
const HEAD_SHARE = 0.3;
/** Of a vehicle's box, from below: plates hang in this part, in front and behind. */
const PLATE_SHARE = 0.5;
/** Boxes are never quite right. */
const MARGIN_SHARE = 0.08;
/** A box that overlaps one of the incident's own by so much of their union is that one. */
const OWN_IOU = 0.5;

/** The parts of a picture to blur: heads and plates of all that is not the incident's own. */
export function blurRegions(
  found: readonly Thing[],
  own: readonly Thing[],
  { people, vehicles }: Pick<BlurSetting, 'people' | 'vehicles'>,
): Region[] {
  return found.flatMap((thing) => {
    if (own.some(({ box }) => iou(box, thing.box) >= OWN_IOU)) return [];
    const [x1, y1, x2, y2] = thing.box;
    const dx = (x2 - x1) * MARGIN_SHARE;
    const dy = (y2 - y1) * MARGIN_SHARE;
    const left = Math.max(0, x1 - dx);
    const right = Math.min(1, x2 + dx);
    if (people.includes(thing.class)) {
      return [[left, Math.max(0, y1 - dy), right, Math.min(1, y1 + (y2 - y1) * HEAD_SHARE)] as const];
    }
    if (vehicles.includes(thing.class)) {
      return [[left, Math.max(0, y2 - (y2 - y1) * PLATE_SHARE), right, Math.min(1, y2 + dy)] as const];
    }
    return [];
  });
}

function iou(a: Region, b: Region): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}
