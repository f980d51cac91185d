import { overlap } from '../domain/box.ts';
import type { Detection } from '../domain/observation.ts';

/** One who was seen in frame after frame. */
export interface Track {
  readonly sightings: Sighting[];
  /** Sum of scores by class: detectors waver between a car and a truck. */
  readonly votes: Map<string, number>;
  /** Number of the frame that showed him last. */
  lastFrame: number;
}

/** Where one was at a time. */
export interface Sighting {
  readonly at_ms: number;
  readonly box: Detection['box'];
  readonly score: number;
}

/** What a {@link Tracker} is told. */
export interface TrackerOptions {
  /** One who was not seen for longer, and for more than some frames, is somebody else. */
  readonly gap_ms: number;
  /** Tracks kept; of more, new ones are left out. */
  readonly tracks_max: number;
}

/** Where frames are far apart: so many of them may be without him. */
const GAP_FRAMES = 3;
/** Boxes that overlap so much belong together, wherever they are going. */
const OVERLAP_MIN = 0.3;
/** Boxes of one kind that overlap so much are one. */
const DOUBLE_MIN = 0.7;
/** Else the centres may be so far apart, in sizes of the larger box, from where the track should be by now. */
const STRIDE = 0.75;
/** A box that is so many times as large is not the same one. */
const GROWTH_MAX = 2.5;

/** Classes that detectors take for each other from one frame to the next. */
const KINDS: readonly (readonly string[])[] = [
  ['car', 'truck', 'muck-truck', 'bus', 'van'],
  ['two-wheeler', 'tricycle'],
];

/**
 * Follows boxes from frame to frame: the pair that fits best first, by overlap, then by the distance of the centres from
 * where the track was heading. No appearance, no learning: for half a minute of one camera's film, in the order of time.
 */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #tracks: Track[] = [];
  #frame = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  /** Takes the boxes of the next frame. Earlier frames than the last are a mistake of the caller. */
  step(at_ms: number, made: readonly Detection[]): void {
    const detections = withoutDoubles(made);
    this.#frame += 1;
    const frame = this.#frame;
    const alive = this.#tracks.filter(({ sightings, lastFrame }) => {
      const last_ms = sightings.at(-1)?.at_ms ?? 0;
      return at_ms - last_ms <= this.#options.gap_ms || frame - lastFrame <= GAP_FRAMES;
    });
    const pairs = alive.flatMap((track, order) =>
      detections.flatMap((detection, index) => {
        const fit = fitOf(track, detection, at_ms);
        return fit === undefined ? [] : [{ track, detection, index, order, fit }];
      }),
    );
    pairs.sort((a, b) => b.fit - a.fit || a.order - b.order || a.index - b.index);
    const followed = new Set<Track>();
    const used = new Set<number>();
    for (const { track, detection, index } of pairs) {
      if (followed.has(track) || used.has(index)) continue;
      followed.add(track);
      used.add(index);
      see(track, detection, at_ms, frame);
    }
    detections.forEach((detection, index) => {
      if (used.has(index) || this.#tracks.length >= this.#options.tracks_max) return;
      const track: Track = { sightings: [], votes: new Map(), lastFrame: frame };
      see(track, detection, at_ms, frame);
      this.#tracks.push(track);
    });
  }

  /** All of them, in the order of their first sighting. */
  tracks(): readonly Track[] {
    return this.#tracks;
  }
}

/** Of boxes that lie upon each other and are of one kind (a car that may be a truck as well), the surest. */
function withoutDoubles(made: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of [...made].sort((a, b) => b.score - a.score)) {
    const isDouble = kept.some(
      (better) =>
        overlap(better.box, detection.box) >= DOUBLE_MIN &&
        (better.class === detection.class || kindOf(better.class)?.includes(detection.class) === true),
    );
    if (!isDouble) kept.push(detection);
  }
  return kept;
}

/** The class that has most of a track's votes. */
export function classOf({ votes }: Track): string {
  let best = '';
  let most = -1;
  for (const [cls, sum] of votes) {
    if (sum <= most) continue;
    best = cls;
    most = sum;
  }
  return best;
}

function see(track: Track, { class: cls, box, score }: Detection, at_ms: number, frame: number): void {
  const { sightings, votes } = track;
  track.lastFrame = frame;
  sightings.push({ at_ms, box, score });
  votes.set(cls, (votes.get(cls) ?? 0) + score);
}

/** How well a box goes on with a track, more is better; undefined where it cannot be the same one. */
function fitOf(track: Track, made: Detection, at_ms: number): number | undefined {
  const last = track.sightings.at(-1);
  if (last === undefined || !isSameKind(track, made.class)) return undefined;
  const [width, height] = sizeOf(last.box);
  const [w, h] = sizeOf(made.box);
  if (Math.max(w / width, width / w, h / height, height / h) > GROWTH_MAX) return undefined;
  const share = overlap(last.box, made.box);
  const [vx, vy] = speedOf(track);
  const elapsed_ms = at_ms - last.at_ms;
  const [x, y] = centreOf(last.box);
  const [nx, ny] = centreOf(made.box);
  const away = Math.min(
    distance(nx - x - vx * elapsed_ms, ny - y - vy * elapsed_ms, w, h, width, height),
    distance(nx - x, ny - y, w, h, width, height),
  );
  if (share < OVERLAP_MIN && away > STRIDE) return undefined;
  return share + Math.max(0, 1 - away / STRIDE);
}

function isSameKind({ votes }: Track, cls: string): boolean {
  if (votes.has(cls)) return true;
  return kindOf(cls)?.some((other) => votes.has(other)) === true;
}

function kindOf(cls: string): readonly string[] | undefined {
  return KINDS.find((classes) => classes.includes(cls));
}

/** In shares of the picture in a millisecond, by the last two sightings. */
function speedOf({ sightings }: Track): [number, number] {
  const [before, last] = [sightings.at(-2), sightings.at(-1)];
  if (before === undefined || last === undefined) return [0, 0];
  const [x1, y1] = centreOf(before.box);
  const [x2, y2] = centreOf(last.box);
  const elapsed_ms = last.at_ms - before.at_ms;
  return [(x2 - x1) / elapsed_ms, (y2 - y1) / elapsed_ms];
}

function distance(dx: number, dy: number, w: number, h: number, width: number, height: number): number {
  return Math.hypot(dx / Math.max(w, width), dy / Math.max(h, height));
}

function centreOf([x1, y1, x2, y2]: Detection['box']): [number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

function sizeOf([x1, y1, x2, y2]: Detection['box']): [number, number] {
  return [Math.max(1e-6, x2 - x1), Math.max(1e-6, y2 - y1)];
}
