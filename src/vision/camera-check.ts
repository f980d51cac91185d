import type { Detection } from '../domain/observation.ts';
import { PICTURE_CELLS, type PictureStats } from '../domain/picture.ts';

/** A frame that was looked at when a camera was put up. */
export interface CheckedFrame {
  readonly picture: PictureStats;
  readonly detections: readonly Detection[];
}

/** What a camera was like while it was checked. */
export interface CheckedCamera {
  readonly frames: readonly CheckedFrame[];
  /** Classes that its detectors know. */
  readonly classes: readonly string[];
  /** Seconds between key frames; absent where they are too rare to tell, or it was not measured. */
  readonly keyInterval_s?: number;
  readonly keyFramesAreRare: boolean;
  readonly patrol_s: number;
  /** The camera's time less ours, where it tells one. */
  readonly clockAhead_s?: number;
}

/** One thing that was checked, in words for an installer. */
export interface CheckFinding {
  readonly subject: 'frames' | 'brightness' | 'focus' | 'view' | 'key frames' | 'clock';
  /** `unknown`: nothing could be said, and why. */
  readonly verdict: 'good' | 'bad' | 'unknown';
  readonly words: string;
}

const FRAMES_MIN = 5;
const DARK = 40;
const BRIGHT = 215;
const SHARP_MIN = 0.28;
const DETAIL_MIN = 15;
/** Levels by which a cell is brighter or darker than usual when something moves through it. */
const MOVED_LEVELS = 15;
/** Fewer moved cells in all say nothing. */
const MOVED_MIN = 40;
/** A detector that suits the view finds what moves: boxes cover at least so much of it. */
const EXPLAINED_MIN = 0.12;
/** What moves in streets: these classes tell whether a view suits, whatever else a detector draws. */
const MOVERS: readonly string[] = [
  ...['person', 'two-wheeler', 'tricycle', 'car', 'truck', 'muck-truck'],
  ...['bicycle', 'motorcycle', 'bus'],
];
const CLOCK_TOLERANCE_S = 60;

/** Judges what was seen of a camera. Pure. */
export function checkCamera(camera: CheckedCamera): CheckFinding[] {
  const { frames } = camera;
  if (frames.length < FRAMES_MIN) {
    const words = `${frames.length} frames came: too few to judge by; is the stream up, and the time long enough?`;
    return [{ subject: 'frames', verdict: 'bad', words }];
  }
  return [brightness(frames), focus(frames), view(camera), keyFrames(camera), clock(camera)];
}

function brightness(frames: readonly CheckedFrame[]): CheckFinding {
  const mean = median(frames.map(({ picture }) => picture.luma_mean));
  const contrast = median(frames.map(({ picture }) => picture.luma_std));
  const said = `mean ${Math.round(mean)} of 255, contrast ${Math.round(contrast)}`;
  const is = (verdict: CheckFinding['verdict'], words: string): CheckFinding => ({
    subject: 'brightness',
    verdict,
    words: `${said}: ${words}`,
  });
  if (mean < DARK) return is('bad', 'too dark; check exposure and lamps, and again by night');
  if (mean > BRIGHT)
    return is('bad', 'too bright; the sun or a lamp shines into the lens, or the exposure is too long');
  return is('good', 'enough light without glare');
}

function focus(frames: readonly CheckedFrame[]): CheckFinding {
  const sharpness = median(frames.map(({ picture }) => picture.sharpness));
  const detail = median(frames.map(({ picture }) => picture.detail));
  const said = `sharpness ${sharpness.toFixed(2)}, edges of ${Math.round(detail)} levels`;
  if (detail < DETAIL_MIN) {
    return {
      subject: 'focus',
      verdict: 'bad',
      words: `${said}: hardly an edge; is the lens covered or fogged?`,
    };
  }
  const isSharp = sharpness >= SHARP_MIN;
  const words = isSharp ? `${said}: in focus` : `${said}: blurred; focus the lens and clean it`;
  return { subject: 'focus', verdict: isSharp ? 'good' : 'bad', words };
}

/** What moves and is not found is what the detector does not know from this angle, or at this size. */
function view({ frames, classes }: CheckedCamera): CheckFinding {
  if (!classes.some((cls) => MOVERS.includes(cls))) {
    const words =
      'the detectors know nothing that moves: check with --models and one that knows vehicles and people';
    return { subject: 'view', verdict: 'unknown', words };
  }
  const grids = frames.map(({ picture }) => evenedOut(Buffer.from(picture.grid, 'base64')));
  const usual = (grids[0] ?? []).map((_, cell) => median(grids.map((grid) => grid[cell] ?? 0)));
  let moved = 0;
  let explained = 0;
  frames.forEach(({ detections }, index) => {
    const movers = detections.filter((made) => MOVERS.includes(made.class));
    grids[index]?.forEach((level, cell) => {
      if (Math.abs(level - (usual[cell] ?? level)) < MOVED_LEVELS) return;
      moved += 1;
      if (movers.some(({ box }) => holds(box, cell))) explained += 1;
    });
  });
  if (moved < MOVED_MIN) {
    return {
      subject: 'view',
      verdict: 'unknown',
      words: 'hardly anything moved: check again when people and vehicles pass',
    };
  }
  const share = explained / moved;
  const said = `the detectors find ${Math.round(share * 100)} % of what moves`;
  if (share >= EXPLAINED_MIN)
    return { subject: 'view', verdict: 'good', words: `${said}: the view suits them` };
  const words =
    `${said}: the view does not suit them; too steep from above, too far away, or things that they do not know. ` +
    'Tilt the camera up to 15 to 40 degrees below the horizon, or judge parts of the picture (`regions`)';
  return { subject: 'view', verdict: 'bad', words };
}

function keyFrames({ keyInterval_s, keyFramesAreRare, patrol_s }: CheckedCamera): CheckFinding {
  if (keyFramesAreRare) {
    const words =
      'rarer than one in ten seconds: every frame must be decoded, at ten times the cost; set the GOP to one or two seconds';
    return { subject: 'key frames', verdict: 'bad', words };
  }
  if (keyInterval_s === undefined) {
    return { subject: 'key frames', verdict: 'unknown', words: 'too few came to tell' };
  }
  const said = `one in ${keyInterval_s.toFixed(1)} s`;
  const isSlow = keyInterval_s > patrol_s * 1.5;
  const words = isSlow ? `${said}: slower than the patrol interval of ${patrol_s} s; shorten the GOP` : said;
  return { subject: 'key frames', verdict: isSlow ? 'bad' : 'good', words };
}

function clock({ clockAhead_s }: CheckedCamera): CheckFinding {
  if (clockAhead_s === undefined) {
    const words = 'the stream does not tell it: compare the time in the picture with a watch';
    return { subject: 'clock', verdict: 'unknown', words };
  }
  const off_s = Math.round(Math.abs(clockAhead_s));
  const isRight = off_s <= CLOCK_TOLERANCE_S;
  const words = `${off_s} s ${clockAhead_s < 0 ? 'behind' : 'ahead'}${isRight ? '' : ': set NTP'}`;
  return { subject: 'clock', verdict: isRight ? 'good' : 'bad', words };
}

/** Without what the exposure does to the whole picture. */
function evenedOut(grid: Uint8Array): number[] {
  const middle = median([...grid]);
  return [...grid].map((level) => level - middle);
}

function holds([x1, y1, x2, y2]: Detection['box'], cell: number): boolean {
  const { columns, rows } = PICTURE_CELLS;
  const x = ((cell % columns) + 0.5) / columns;
  const y = (Math.floor(cell / columns) + 0.5) / rows;
  // Half a cell around: a box's edge and its shadow move too.
  return x >= x1 - 0.5 / columns && x <= x2 + 0.5 / columns && y >= y1 - 0.5 / rows && y <= y2 + 0.5 / rows;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
