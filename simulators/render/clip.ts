import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openRenderBrowser, say } from './browser.ts';
import type { ClipEvent } from './page/clip-film.ts';

/** Which clip to render and where to. */
export interface ClipOptions {
  /** Path of the MP4; the labels come to lie beside it. */
  readonly out: string;
  readonly seed: number;
  /** Renders only every n-th frame and encodes nothing: for looking at. */
  readonly every: number;
  /** Folder that keeps the frames; a temporary one by default. */
  readonly frames: string | undefined;
}

const WIDTH = 960;
const HEIGHT = 540;
const FPS = 10;

/** Largest size of the clip in bytes: it lies in the repository. */
const MAX_BYTES = 3_000_000;

const run = promisify(execFile);

/** Renders the frames as JPEG files; returns what truly happens in the clip. */
async function renderFrames(folder: string, options: ClipOptions): Promise<readonly ClipEvent[]> {
  const browser = await openRenderBrowser();
  try {
    const clip = await browser.page.evaluate(([seed, w, h]) => window.renderPage?.openClip(seed, w, h), [
      options.seed,
      WIDTH,
      HEIGHT,
    ] as const);
    if (!clip) throw new Error('the page did not open the clip');
    const frames = clip.seconds * FPS;
    const started = Date.now();
    for (let i = 0; i < frames; i += options.every) {
      const jpeg = await browser.page.evaluate(
        (seconds) => window.renderPage?.clipFrame(seconds) ?? '',
        i / FPS,
      );
      await writeFile(join(folder, `${String(i).padStart(5, '0')}.jpg`), Buffer.from(jpeg, 'base64'));
      if (i % 50 === 0) say(`frame ${i} of ${frames}, ${Math.round((Date.now() - started) / 1000)} s`);
    }
    return clip.events;
  } finally {
    await browser.close();
  }
}

/** A slightly soft lens and the smoothing over time that network cameras do themselves: both save bytes. */
const FILTERS = 'hqdn3d=2:2:8:8,gblur=sigma=0.5,scale=out_range=tv:out_color_matrix=bt709';

/**
 * One key frame a second and no B frames, so that a camera simulator can start anywhere and needs no reordering.
 * Key frames get hardly more bits than others (`ipratio`, no `mbtree`): there are so many that they decide the size.
 */
async function encode(folder: string, out: string, crf: number): Promise<void> {
  const source = [
    '-framerate',
    String(FPS),
    '-i',
    join(folder, '%05d.jpg'),
    '-vf',
    FILTERS,
    '-pix_fmt',
    'yuv420p',
  ];
  const quality = [
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-crf',
    String(crf),
    '-x264-params',
    'mbtree=0:ipratio=1.1',
  ];
  const keyFrames = ['-g', String(FPS), '-keyint_min', String(FPS), '-sc_threshold', '0', '-bf', '0'];
  await run('ffmpeg', [
    '-y',
    '-loglevel',
    'error',
    ...source,
    ...quality,
    ...keyFrames,
    '-movflags',
    '+faststart',
    '-an',
    out,
  ]);
}

/** Encodes with the best quality that fits the size. */
async function encodeToFit(folder: string, out: string): Promise<void> {
  const draft = `${out}.part.mp4`;
  for (let crf = 29; crf <= 41; crf += 2) {
    await encode(folder, draft, crf);
    const { size } = await stat(draft);
    say(`crf ${crf}: ${size} bytes`);
    if (size <= MAX_BYTES) return rename(draft, out);
  }
  await rm(draft, { force: true });
  throw new Error('the clip does not fit its size');
}

/** Renders and encodes the demo clip and writes its labels beside it. */
export async function renderClip(options: ClipOptions): Promise<void> {
  const folder = options.frames ?? (await mkdtemp(join(tmpdir(), 'street-clip-')));
  await mkdir(folder, { recursive: true });
  await mkdir(dirname(options.out), { recursive: true });
  const events = await renderFrames(folder, options);
  const labels = { width: WIDTH, height: HEIGHT, fps: FPS, events };
  say(JSON.stringify(labels));
  if (options.every > 1) return;
  await encodeToFit(folder, options.out);
  await writeFile(options.out.replace(/\.mp4$/, '.labels.json'), `${JSON.stringify(labels, null, 2)}\n`);
  if (options.frames === undefined) await rm(folder, { recursive: true });
}
