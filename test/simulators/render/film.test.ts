import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageScene } from '../../../simulators/city/stage/stage-scene.ts';
import { findChromium } from '../../../simulators/render/browser.ts';
import { boxesFileOf, renderFilm } from '../../../simulators/render/film.ts';
import { FFPROBE } from '../video-clips.ts';
import { crossingScene } from './film-scene.ts';

function hasChromium(): boolean {
  try {
    return existsSync(findChromium(process.env));
  } catch {
    return false;
  }
}

interface Line {
  readonly t_s: number;
  readonly at_ms: number;
  readonly boxes: readonly { id: string; class: string; box: readonly number[]; visible: number }[];
}

/** A few seconds with a stall that stands, a bin that is overfull and a car that passes; few fronts, to be quick. */
function smallScene(): StageScene {
  const scene = crossingScene(
    { duration_s: 5, frame_interval_s: 0.5, weather: { sky: 'overcast', hour: 10 } },
    160,
  );
  const pose = (x_m: number, y_m: number, t_s = 0) => ({ t_s, x_m, y_m, heading_deg: 90 });
  return {
    ...scene,
    frontages: scene.frontages.slice(0, 1),
    fixtures: [],
    actors: [
      { id: 'stall', kind: 'stall', form: 'cart', look: 3, from_s: 0, to_s: 99, path: [pose(9, 3)] },
      {
        id: 'bin',
        kind: 'bin',
        look: 3,
        from_s: 0,
        to_s: 99,
        path: [pose(4, 2)],
        states: [{ t_s: 0, name: 'fill', value: 1.3 }],
      },
      { id: 'car', kind: 'car', look: 4, from_s: 1, to_s: 4, path: [pose(-2, 0, 1), pose(16, 0, 4)] },
    ],
  };
}

describe.skipIf(!hasChromium())('a film (skipped where there is no Chromium)', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'xuncheng-film-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const render = async (name: string): Promise<Line[]> => {
    const out = join(dir, name);
    const made = await renderFilm(smallScene(), { out });
    expect(made).toMatchObject({ frames: 10, time_scale: 5 });
    return readFileSync(boxesFileOf(out), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  };

  it('is H.264 without B frames and tells what it shows, the same each time', {
    timeout: 600_000,
  }, async () => {
    const lines = await render('a.mp4');
    const probe = ['-v', 'error', '-show_entries', 'stream=codec_name,pix_fmt,has_b_frames,nb_frames'];
    const [stream] = (
      JSON.parse(
        execFileSync(FFPROBE, [...probe, '-of', 'json', join(dir, 'a.mp4')], { encoding: 'utf8' }),
      ) as {
        streams: unknown[];
      }
    ).streams;
    expect(stream).toEqual({ codec_name: 'h264', pix_fmt: 'yuv420p', has_b_frames: 0, nb_frames: '10' });
    expect(lines[0]).toMatchObject({ t_s: 0, at_ms: smallScene().start_ms });
    const classesOf = (line: Line | undefined) => new Map(line?.boxes.map((box) => [box.id, box.class]));
    expect(classesOf(lines[0]).get('stall')).toBe('stall');
    expect(classesOf(lines[0]).get('bin')).toBe('overflow');
    expect(classesOf(lines[0]).has('car')).toBe(false);
    const passing = lines.flatMap(({ boxes }) => boxes.filter(({ id }) => id === 'car'));
    expect(passing.length).toBeGreaterThan(0);
    for (const { box, visible } of lines.flatMap(({ boxes }) => boxes)) {
      const [x1 = -1, y1 = -1, x2 = -1, y2 = -1] = box;
      expect(x1 >= 0 && y1 >= 0 && x1 < x2 && y1 < y2 && x2 <= 1 && y2 <= 1).toBe(true);
      expect(visible > 0 && visible <= 1).toBe(true);
    }
    expect(await render('b.mp4')).toEqual(lines);
  });

  it('leaves nothing behind where it is cut off', { timeout: 300_000 }, async () => {
    const abort = new AbortController();
    const out = join(dir, 'cut.mp4');
    const cut = renderFilm(smallScene(), { out, signal: abort.signal, onProgress: () => abort.abort() });
    await expect(cut).rejects.toThrow(/abort/i);
    expect(readdirSync(dir)).toEqual([]);
  });
});
