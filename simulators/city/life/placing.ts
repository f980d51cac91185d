import { pointInRing } from '../../../src/domain/geometry.ts';
import { distance_m, type Metres } from '../../plane.ts';
import { createRandom, deriveSeed } from '../../random.ts';
import type { Scenario } from '../scenario.ts';
import type { StageCamera } from '../stage/stage-scene.ts';
import type { RoadSpot, StreetEntry } from './life-file.ts';
import { halfWidth_m, locateOn, pointAlong, pointBeside, type Street } from './street.ts';
import { type Block, boxOf, shareInPicture } from './view.ts';

/** A scripted entry with a place in the streets. */
export type PlacedEntry = Extract<StreetEntry, { where: RoadSpot }>;

/** Where and when an entry happens in a run. */
export interface Placement {
  readonly id: string;
  readonly street: Street;
  readonly along_m: number;
  /** Metres to the right of the street's middle; negative: left. */
  readonly right_m: number;
  readonly strip: NonNullable<RoadSpot['strip']>;
  readonly at: Metres;
  /** Away from the carriageway. */
  readonly outward_deg: number;
  /** Where its front looks. */
  readonly facing_deg: number;
  readonly block: Block;
  readonly from_s: number;
  readonly to_s: number;
}

/** What placing needs to know of a run. */
export interface PlacingWorld {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly streets: readonly Street[];
  readonly cameras: readonly StageCamera[];
}

/** Width, depth and height of what an entry puts up, in metres, and where it likes to stand. */
interface Habit {
  readonly size: readonly [number, number, number];
  readonly strip: (street: Street, draw: number) => Placement['strip'];
}

const HABITS: Record<PlacedEntry['kind'], Habit> = {
  stall: {
    size: [2.2, 1.5, 1.6],
    strip: (street, draw) => (street.class === 'lane' || draw < 0.35 ? 'front' : 'kerb'),
  },
  'shop-goods': { size: [3, 0.9, 0.9], strip: () => 'front' },
  umbrella: { size: [1, 1, 2], strip: () => 'pavement' },
  bags: { size: [1.6, 1.2, 0.7], strip: (_street, draw) => (draw < 0.5 ? 'kerb' : 'front') },
  'carried-bags': { size: [0.7, 0.7, 1.75], strip: () => 'pavement' },
  bin: { size: [0.7, 0.8, 1.3], strip: () => 'kerb' },
  'open-van': { size: [2, 5, 2.1], strip: () => 'carriageway' },
};

const VENDOR_M = 0.6;
const TRIES = 24;
/** Two things that are up at once keep so far apart, in metres between their edges. */
const ROOM_M = 0.5;

/** Places the entries of the script; with another seed than the file's they vary within their limits. */
export function placeEntries(world: PlacingWorld): { entry: PlacedEntry; placement: Placement }[] {
  const { scenario, seed } = world;
  const placed: { entry: PlacedEntry; placement: Placement }[] = [];
  for (const [index, entry] of scenario.file.script.entries()) {
    if (!('where' in entry)) continue;
    const id = entry.id ?? `${entry.kind}-${index + 1}`;
    const random = createRandom(deriveSeed(seed, 'place', id));
    const draw = random.next();
    const written = place(world, entry, id, draw, 0, 0);
    if (written === undefined) continue;
    let placement = written;
    for (let tries = 0; seed !== scenario.file.seed && tries < TRIES; tries += 1) {
      const varied = place(
        world,
        entry,
        id,
        draw,
        random.between(-entry.vary_s, entry.vary_s),
        random.between(-entry.vary_m, entry.vary_m),
      );
      if (varied === undefined || !isLike(world, written, varied)) continue;
      if (placed.some((other) => isInTheWay(other.placement, varied))) continue;
      placement = varied;
      break;
    }
    placed.push({ entry, placement });
  }
  return placed;
}

function place(
  { scenario, streets }: PlacingWorld,
  entry: PlacedEntry,
  id: string,
  draw: number,
  later_s: number,
  further_m: number,
): Placement | undefined {
  const { where } = entry;
  const street = streets.find((known) => known.id === where.road);
  if (street === undefined) return undefined;
  const habit = HABITS[entry.kind];
  const [width_m, depth_m, height_m] = sizeOf(entry, habit);
  const near = locateOn(street, scenario.map.plane.toMetres(scenario.locate(where.at)));
  const along_m = Math.max(1, Math.min(street.length_m - 1, near.along_m + where.along_m + further_m));
  const strip = where.strip ?? habit.strip(street, draw);
  const sign = where.side === 'right' ? 1 : -1;
  const reach_m = entry.kind === 'open-van' ? width_m : depth_m;
  // Vendors stand behind their goods.
  const behind_m = entry.kind === 'stall' && entry.form !== 'van' ? VENDOR_M : 0;
  const right_m = sign * offsetOf(street, strip, reach_m, behind_m);
  const at = pointBeside(street, along_m, right_m);
  const direction = pointAlong(street, along_m).heading_deg;
  const outward_deg = (direction + sign * 90 + 360) % 360;
  const facesStreet = strip === 'front' || strip === 'pavement';
  // Vehicles stand along the street, as those drive that keep right.
  const facing_deg =
    entry.kind === 'open-van'
      ? (direction + (sign > 0 ? 0 : 180)) % 360
      : facesStreet
        ? (outward_deg + 180) % 360
        : outward_deg;
  const latest_s = Math.max(entry.at_s, scenario.file.duration_s - entry.duration_s);
  const from_s = Math.round(Math.max(0, Math.min(latest_s, entry.at_s + later_s)));
  const block = { at, heading_deg: facing_deg, width_m, depth_m, height_m };
  return {
    id,
    street,
    along_m,
    right_m,
    strip,
    at,
    outward_deg,
    facing_deg,
    block,
    from_s,
    to_s: Math.round(from_s + entry.duration_s),
  };
}

function sizeOf(entry: PlacedEntry, { size }: Habit): readonly [number, number, number] {
  const [width_m, depth_m, height_m] = size;
  if (entry.kind === 'shop-goods') return [entry.piles * 1.2, depth_m, height_m];
  if (entry.kind === 'bin') return [entry.count * 0.75, depth_m, height_m];
  if (entry.kind === 'stall' && (entry.canopy === 'tent' || entry.canopy === 'parasol')) return [2.6, 2, 2.4];
  if (entry.kind === 'stall' && entry.form === 'van') return [4.4, 1.9, 1.9];
  return [width_m, depth_m, height_m];
}

function offsetOf(street: Street, strip: Placement['strip'], reach_m: number, behind_m: number): number {
  const kerb_m = street.carriageway_m / 2;
  const front_m = halfWidth_m(street);
  if (strip === 'carriageway') return kerb_m - reach_m / 2 - 0.25;
  if (strip === 'kerb')
    return Math.min(kerb_m + 0.3 + behind_m + reach_m / 2, Math.max(kerb_m, front_m - reach_m / 2));
  if (strip === 'pavement') return (kerb_m + front_m) / 2;
  return front_m - reach_m / 2 - 0.1 - behind_m;
}

/** Whether a block shows well enough that a camera may be asked about it. */
export function showsWell(camera: StageCamera, block: Block): boolean {
  const box = boxOf(camera, block);
  if (box === undefined) return false;
  const [x1, , x2, y2] = box;
  return shareInPicture(box) > 0.8 && y2 < 1 && (x2 - x1) * camera.width_px >= 18;
}

/** Zones of the map that hold a point. */
export function zonesAt(scenario: Scenario, [x, y]: Metres): string[] {
  return scenario.zones.filter(({ ring }) => pointInRing(x, y, ring)).map(({ id }) => id);
}

/** Whether a variation means the same: seen by the same cameras, in the same zones, clear of other streets. */
function isLike(
  { scenario, cameras, streets }: PlacingWorld,
  written: Placement,
  varied: Placement,
): boolean {
  const seenBy = ({ block }: Placement): string =>
    cameras.flatMap((camera) => (showsWell(camera, block) ? [camera.id] : [])).join();
  const onOther = ({ at }: Placement): boolean =>
    streets.some(
      (street) =>
        street.id !== varied.street.id &&
        Math.abs(locateOn(street, at).right_m) < street.carriageway_m / 2 + 1,
    );
  return (
    seenBy(written) === seenBy(varied) &&
    zonesAt(scenario, written.at).join() === zonesAt(scenario, varied.at).join() &&
    !onOther(varied)
  );
}

function isInTheWay(other: Placement, mine: Placement): boolean {
  if (other.from_s > mine.to_s + 60 || mine.from_s > other.to_s + 60) return false;
  const radius = ({ block }: Placement): number => Math.hypot(block.width_m, block.depth_m) / 2;
  return distance_m(other.at, mine.at) < radius(other) + radius(mine) + ROOM_M;
}
