import { isBeside } from '../domain/box.ts';
import type { FocusAim, Side } from '../domain/focus.ts';
import type { Detection } from '../domain/observation.ts';
import { classOf, type Sighting, type Track } from './tracker.ts';

/** Somebody who was beside the thing; times are left out where the film does not show them. */
export interface SeenActor {
  readonly class: string;
  readonly score: number;
  readonly entered_ms?: number;
  readonly left_ms?: number;
  readonly besideFrom_ms: number;
  readonly besideTo_ms: number;
  readonly cameFrom?: Side;
  readonly leftTo?: Side;
}

/** When the frames were taken that were judged, and how far apart they are. */
export interface FilmTime {
  readonly first_ms: number;
  readonly last_ms: number;
  readonly every_ms: number;
}

export const ACTORS_MAX = 10;
/** A track of fewer frames may be a mistake of the detector. */
const FRAMES_MIN = 3;
/** So many frames from the film's ends one may have been there before, or have stayed. */
const ENDS_FRAMES = 2.5;
/** Moved by more than this share of his own size, he came from there. */
const MOVED_SIZES = 0.6;
/** Depth shows less than width: a step towards the camera moves the feet by less. */
const DEPTH_FACTOR = 2;
const EDGE = 0.015;

/**
 * Who was beside the thing, whoever most probably brought it first: by class in the order of the aim (the last is the
 * most telling), then by how long they were beside it, then by who came first.
 */
export function actorsOf(tracks: readonly Track[], aim: FocusAim, film: FilmTime): SeenActor[] {
  const seen = tracks.flatMap((track) => {
    const actor = actorOf(track, aim, film);
    return actor === undefined ? [] : [actor];
  });
  const rank = ({ class: cls }: SeenActor): number => aim.actors.indexOf(cls);
  const beside_ms = ({ besideFrom_ms, besideTo_ms }: SeenActor): number => besideTo_ms - besideFrom_ms;
  return seen
    .sort((a, b) => rank(b) - rank(a) || beside_ms(b) - beside_ms(a) || a.besideFrom_ms - b.besideFrom_ms)
    .slice(0, ACTORS_MAX);
}

function actorOf(track: Track, aim: FocusAim, film: FilmTime): SeenActor | undefined {
  const { sightings } = track;
  const cls = classOf(track);
  const [first, last] = [sightings[0], sightings.at(-1)];
  const beside = sightings.filter(({ box }) => isBeside(box, aim.box, aim.reach));
  const [arrived, parted] = [beside[0], beside.at(-1)];
  const isKnown = aim.actors.includes(cls) && sightings.length >= FRAMES_MIN;
  if (!isKnown || first === undefined || last === undefined) return undefined;
  if (arrived === undefined || parted === undefined) return undefined;
  const near_ms = film.every_ms * ENDS_FRAMES;
  const nearest = nearestOf(beside, aim.box);
  const cameFrom = sideOf(first.box, nearest.box);
  const leftTo = sideOf(last.box, nearest.box);
  const mean = sightings.reduce((sum, { score }) => sum + score, 0) / sightings.length;
  return {
    class: cls,
    score: Math.round(mean * 1000) / 1000,
    ...(first.at_ms - film.first_ms > near_ms && { entered_ms: first.at_ms }),
    ...(film.last_ms - last.at_ms > near_ms && { left_ms: last.at_ms }),
    besideFrom_ms: arrived.at_ms,
    besideTo_ms: parted.at_ms,
    ...(cameFrom !== undefined && { cameFrom }),
    ...(leftTo !== undefined && { leftTo }),
  };
}

function nearestOf(beside: readonly Sighting[], thing: Detection['box']): Sighting {
  const away = ({ box }: Sighting): number =>
    Math.hypot((box[0] + box[2] - thing[0] - thing[2]) / 2, box[3] - thing[3]);
  return beside.reduce((best, next) => (away(next) < away(best) ? next : best));
}

/** On which side of the place at the thing one was; undefined where that was the same place. */
function sideOf(there: Detection['box'], here: Detection['box']): Side | undefined {
  const dx = (there[0] + there[2] - here[0] - here[2]) / 2 / Math.max(1e-6, here[2] - here[0]);
  const dy = ((there[3] - here[3]) / Math.max(1e-6, here[3] - here[1])) * DEPTH_FACTOR;
  if (Math.max(Math.abs(dx), Math.abs(dy)) >= MOVED_SIZES) {
    if (Math.abs(dx) >= Math.abs(dy)) return dx < 0 ? 'left' : 'right';
    return dy < 0 ? 'far' : 'near';
  }
  // He is as wide as his way: but the edge of the picture tells.
  if (there[0] < EDGE && here[0] >= EDGE) return 'left';
  return there[2] > 1 - EDGE && here[2] <= 1 - EDGE ? 'right' : undefined;
}
