import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { RecordedVideo } from '../../../src/domain/recording.ts';
import type { StageScene } from '../stage/stage-scene.ts';

/** Renders the film of a scene into `out`, with its boxes beside it, and both appear at once when they are whole. */
export type RenderFilm = (
  scene: StageScene,
  options: {
    readonly out: string;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: { readonly frame: number; readonly frames: number }) => void;
  },
) => Promise<{ readonly time_scale: number }>;

interface FilmRecording {
  readonly dir: string;
  readonly renderFilm: RenderFilm;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What a film was made of: kept beside it, so that a film of the same is not rendered twice. */
const FilmOf = Type.Object({ scene_sha256: Type.String(), time_scale: Type.Number({ exclusiveMinimum: 0 }) });
const isFilmOf = Compile(FilmOf);

const PROGRESS_EVERY = 100;

/** Renders a camera's film into a recording, or keeps the one that is there. */
export async function recordFilm(
  scene: StageScene,
  { dir, renderFilm, onProgress, signal }: FilmRecording,
): Promise<Pick<RecordedVideo, 'file' | 'time_scale'>> {
  const { id } = scene.camera;
  const file = `video/${id}.mp4`;
  const out = join(dir, file);
  const aside = join(dir, `video/${id}.scene.json`);
  const scene_sha256 = createHash('sha256').update(JSON.stringify(scene)).digest('hex');
  const before = existsSync(out) ? await readFilmOf(aside) : undefined;
  if (before?.scene_sha256 === scene_sha256) {
    onProgress(`${id}: kept`);
    return { file, time_scale: before.time_scale };
  }
  await mkdir(dirname(out), { recursive: true });
  const { time_scale } = await renderFilm(scene, {
    out,
    signal,
    onProgress: ({ frame, frames }) => {
      if (frame % PROGRESS_EVERY === 0 || frame === frames) onProgress(`${id}: frame ${frame} of ${frames}`);
    },
  });
  await writeFile(aside, `${JSON.stringify({ scene_sha256, time_scale })}\n`);
  return { file, time_scale };
}

/** The renderer, where there is one: it needs the sources and a browser, which an installed gateway has not. */
export async function loadFilmRenderer(): Promise<RenderFilm> {
  const path = fileURLToPath(new URL('../../render/film.ts', import.meta.url));
  if (!existsSync(path))
    throw new Error(
      'films are rendered in the source tree only: use --no-video, or npx tsx src/main.ts simulate …',
    );
  const { renderFilm } = (await import(pathToFileURL(path).href)) as { renderFilm: RenderFilm };
  return renderFilm;
}

async function readFilmOf(path: string): Promise<{ scene_sha256: string; time_scale: number } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    const value: unknown = JSON.parse(text);
    return isFilmOf.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
