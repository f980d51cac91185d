import { PICTURE_CELLS, type PictureStats } from '../../../src/domain/picture.ts';
import { createRandom, deriveSeed } from '../../random.ts';
import type { LensFault } from '../stage/stage-scene.ts';

const CELLS = PICTURE_CELLS.columns * PICTURE_CELLS.rows;

/** What the statistics of a camera's pictures are like, with or without a fault of its lens. */
export interface LensPictures {
  readonly at: (t_s: number, fault: LensFault['kind'] | undefined) => PictureStats;
}

interface Look {
  readonly grid: readonly number[];
  readonly texture: readonly number[];
}

const LIVE = { luma_mean: 96, luma_std: 44, luma_p99: 228, detail: 38, sharpness: 0.85 } as const;

/**
 * Statistics of pictures that nobody rendered, for rules that watch the camera itself: a view drawn from the seed, the
 * noise of a sensor, and what each fault does to them. Records come in order of time.
 */
export function lensPictures(seed: number, cameraId: string): LensPictures {
  const view = drawLook(deriveSeed(seed, 'view', cameraId));
  const elsewhere = drawLook(deriveSeed(seed, 'elsewhere', cameraId));
  const random = createRandom(deriveSeed(seed, 'pictures', cameraId));
  let last: { readonly t_s: number; readonly stats: PictureStats } | undefined;
  return {
    at: (t_s, fault) => {
      const noise = (): number => random.gauss() * 0.8;
      const elapsed_ms = last === undefined ? 0 : Math.round((t_s - last.t_s) * 1_000);
      const since = { elapsed_ms, noise: 0.9, changed_share: 0.04 };
      const stats =
        fault === 'frozen' && last !== undefined
          ? { ...last.stats, since: { elapsed_ms, noise: 0, changed_share: 0 } }
          : { ...picture(view, elsewhere, fault, noise), ...(last === undefined ? {} : { since }) };
      last = { t_s, stats };
      return stats;
    },
  };
}

function picture(
  view: Look,
  elsewhere: Look,
  fault: LensFault['kind'] | undefined,
  noise: () => number,
): PictureStats {
  const seen = fault === 'moved' ? elsewhere : view;
  const of = (
    light: (level: number) => number,
    texture: number,
    more: Partial<PictureStats>,
  ): PictureStats => ({
    ...LIVE,
    ...more,
    grid: bytes(seen.grid.map((level) => light(level) + noise())),
    texture: bytes(seen.texture.map((level) => level * texture + noise())),
  });
  switch (fault) {
    case 'obscured':
      return of(() => 42, 0.06, { luma_mean: 42, luma_std: 6, luma_p99: 70, detail: 5 });
    case 'dark':
      return of(() => 4, 0.03, { luma_mean: 4, luma_std: 2, luma_p99: 12, detail: 2 });
    case 'defocused':
      return of((level) => level, 0.3, { detail: 11, sharpness: 0.3 });
    case 'dirty':
      return of((level) => level * 0.95, 0.85, { detail: 33 });
    default:
      return of((level) => level, 1, {});
  }
}

/** Patches of some cells, as walls, road and sky are. */
function drawLook(seed: number): Look {
  const random = createRandom(seed);
  const level = new Map<string, readonly [number, number]>();
  const grid: number[] = [];
  const texture: number[] = [];
  for (let cell = 0; cell < CELLS; cell += 1) {
    const [column, row] = [cell % PICTURE_CELLS.columns, Math.floor(cell / PICTURE_CELLS.columns)];
    const patch = `${Math.floor(column / 3)}:${Math.floor(row / 2)}`;
    const known = level.get(patch) ?? [random.between(40, 200), random.between(15, 110)];
    level.set(patch, known);
    grid.push(known[0] + random.between(-15, 15));
    texture.push(known[1] * random.between(0.7, 1.3));
  }
  return { grid, texture };
}

function bytes(levels: readonly number[]): string {
  return Buffer.from(levels.map((level) => Math.max(0, Math.min(255, Math.round(level))))).toString('base64');
}
