import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { StageScene } from '../city/stage/stage-scene.ts';
import { openRenderBrowser, type RenderBrowser } from './browser.ts';
import type { FilmFrame } from './page/film-stage.ts';

/** How far a film has come. */
export interface FilmProgress {
  readonly frame: number;
  readonly frames: number;
}

/** Where a film goes and who wants to know about it. */
export interface FilmOptions {
  /** Path of the mp4; `.boxes.ndjson` comes to lie beside it. */
  readonly out: string;
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Ends the rendering early; what was written is removed. */
  readonly signal?: AbortSignal;
}

/** A film that was rendered. */
export interface RenderedFilm {
  readonly frames: number;
  /** Seconds of scenario time in a second of the film. */
  readonly time_scale: number;
  readonly bytes: number;
  readonly boxesFile: string;
}

/** Frames of the film in a second of playing, whatever time passes in the scenario. */
const PLAYED_FPS = 10;

/** Longest film in frames: three hours of playing. */
const FRAMES_MAX = 108_000;

/** Boxes are measured at least so often, in seconds of scenario time, and on every frame that passes a second or more. */
const BOXES_EVERY_S = 1;

const STDERR_CHARS_MAX = 2_000;

/** A slightly soft lens and the smoothing over time that network cameras do themselves: both save bytes. */
const FILTERS = 'hqdn3d=1.5:1.5:5:5,gblur=sigma=0.4,scale=out_range=tv:out_color_matrix=bt709';

/**
 * One key frame a second and no B frames, so that a camera simulator can start anywhere and needs no reordering. Key frames
 * get hardly more bits than others: there are so many that they decide the size. The buffer bounds the size whatever is seen.
 */
function ffmpegArguments(width: number, height: number, out: string): string[] {
  const kbps = Math.max(60, Math.round((width * height) / 1_100));
  const source = ['-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(PLAYED_FPS), '-i', 'pipe:0'];
  const quality = [
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-crf',
    '28',
    '-maxrate',
    `${kbps}k`,
    '-bufsize',
    `${kbps * 4}k`,
  ];
  const keyFrames = [
    '-g',
    String(PLAYED_FPS),
    '-keyint_min',
    String(PLAYED_FPS),
    '-sc_threshold',
    '0',
    '-bf',
    '0',
  ];
  const tail = ['-threads', '2', '-movflags', '+faststart', '-an', '-f', 'mp4', out];
  return [
    '-y',
    '-loglevel',
    'error',
    ...source,
    '-vf',
    FILTERS,
    '-pix_fmt',
    'yuv420p',
    ...quality,
    '-x264-params',
    'mbtree=0:ipratio=1.15:aq-mode=2',
    ...keyFrames,
    ...tail,
  ];
}

/** A running encoder: frames go in, `done` settles when the file is whole. */
interface Encoder {
  readonly input: Writable;
  readonly done: Promise<void>;
  readonly kill: () => void;
}

function startEncoder(scene: StageScene, out: string): Encoder {
  const { width_px, height_px } = scene.camera;
  const program = process.env.FFMPEG_PATH ?? 'ffmpeg';
  const child = spawn(program, ffmpegArguments(width_px, height_px, out), {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-STDERR_CHARS_MAX);
  });
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${program} does not run`, { cause: error })));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`ffmpeg gave up (${code ?? 'killed'}): ${complaint.trim()}`)),
    );
  });
  // A pipe that breaks is told by `done`, with ffmpeg's own words.
  child.stdin.on('error', () => undefined);
  done.catch(() => undefined);
  return { input: child.stdin, done, kill: () => child.kill('SIGKILL') };
}

/** Writes and waits while the reader is busy, or until `ended` settles. */
async function writeTo(stream: Writable, data: Buffer, ended: Promise<void>): Promise<void> {
  if (stream.write(data)) return;
  await Promise.race([once(stream, 'drain'), ended]);
}

async function openFilm(browser: RenderBrowser, scene: StageScene): Promise<number> {
  const frames = await browser.page.evaluate((stage) => window.renderPage?.openFilm(stage), scene);
  if (frames === undefined) throw new Error('the page did not open the film');
  if (frames > FRAMES_MAX) throw new Error(`the film has ${frames} frames, more than ${FRAMES_MAX}`);
  return frames;
}

async function frameOf(browser: RenderBrowser, index: number, labels: boolean): Promise<FilmFrame> {
  const frame = await browser.page.evaluate(([i, wanted]) => window.renderPage?.filmFrame(i, wanted), [
    index,
    labels,
  ] as const);
  if (!frame) throw new Error(`the page did not render frame ${index}`);
  return frame;
}

function boxesLine(scene: StageScene, index: number, frame: FilmFrame): string {
  const t_s = Math.round(index * scene.frame_interval_s * 1e6) / 1e6;
  const boxes = (frame.boxes ?? []).map((box) => ({
    ...box,
    box: box.box.map((share) => Number(share.toFixed(5))),
  }));
  return `${JSON.stringify({ t_s, at_ms: Math.round(scene.start_ms + t_s * 1000), boxes })}\n`;
}

/** Path of the boxes that belong to a film. */
export function boxesFileOf(out: string): string {
  return `${out.replace(/\.mp4$/, '')}.boxes.ndjson`;
}

/** Renders the film of a scene's camera as mp4 and measures the boxes of what it shows. */
export async function renderFilm(scene: StageScene, options: FilmOptions): Promise<RenderedFilm> {
  const { out, signal, onProgress } = options;
  signal?.throwIfAborted();
  await mkdir(dirname(out), { recursive: true });
  const drafts = { film: `${out}.part`, boxes: `${boxesFileOf(out)}.part` };
  const boxesStep = Math.max(1, Math.floor(BOXES_EVERY_S / scene.frame_interval_s));
  const browser = await openRenderBrowser();
  let encoder: Encoder | undefined;
  let boxes: FileHandle | undefined;
  try {
    const frames = await openFilm(browser, scene);
    encoder = startEncoder(scene, drafts.film);
    boxes = await open(drafts.boxes, 'w');
    for (let i = 0; i < frames; i += 1) {
      signal?.throwIfAborted();
      const measured = i % boxesStep === 0;
      const frame = await frameOf(browser, i, measured);
      await writeTo(encoder.input, Buffer.from(frame.jpeg, 'base64'), encoder.done);
      if (measured) await boxes.write(boxesLine(scene, i, frame));
      onProgress?.({ frame: i + 1, frames });
    }
    encoder.input.end();
    await encoder.done;
    await boxes.close();
    await rename(drafts.boxes, boxesFileOf(out));
    await rename(drafts.film, out);
    const { size } = await stat(out);
    return {
      frames,
      time_scale: scene.frame_interval_s * PLAYED_FPS,
      bytes: size,
      boxesFile: boxesFileOf(out),
    };
  } catch (error) {
    encoder?.kill();
    // Gone before its files are removed, or it might make them anew.
    await encoder?.done.catch(() => undefined);
    await boxes?.close().catch(() => undefined);
    await Promise.all(Object.values(drafts).map((path) => rm(path, { force: true })));
    throw error;
  } finally {
    await browser.close();
  }
}

/** Renders every `every`-th frame as a JPEG into a folder, with its boxes beside it: for looking at. */
export async function renderFilmFrames(
  scene: StageScene,
  folder: string,
  every: number,
  onFrame: (index: number) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const browser = await openRenderBrowser();
  try {
    const frames = await openFilm(browser, scene);
    for (let i = 0; i < frames; i += every) {
      const frame = await frameOf(browser, i, true);
      const name = join(folder, String(i).padStart(6, '0'));
      await writeFile(`${name}.jpg`, Buffer.from(frame.jpeg, 'base64'));
      await writeFile(`${name}.json`, boxesLine(scene, i, frame));
      onFrame(i);
    }
  } finally {
    await browser.close();
  }
}
