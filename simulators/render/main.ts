import { parseArgs } from 'node:util';
import { complain, say } from './browser.ts';
import { renderFilm, renderFilmFrames } from './film.ts';
import { readStageScene } from './film-scene-file.ts';
import { renderPictures } from './pictures.ts';

const USAGE = `usage:
  tsx simulators/render/main.ts pictures --out FOLDER [--count 100] [--seed 1] [--set garbage|street] [--style all|pole]
  tsx simulators/render/main.ts film --stage SCENE.json --out FILE.mp4
  tsx simulators/render/main.ts film --stage SCENE.json --frames FOLDER [--every 1]`;

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} needs a whole number, not "${text}"`);
  return value;
}

async function film(
  stage: string,
  out: string | undefined,
  frames: string | undefined,
  every: number,
): Promise<void> {
  const scene = await readStageScene(stage);
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 100) / 10;
  if (frames) return renderFilmFrames(scene, frames, every, (index) => say(`frame ${index}, ${seconds()} s`));
  if (!out) throw new Error(USAGE);
  const made = await renderFilm(scene, {
    out,
    onProgress: ({ frame, frames: all }) => {
      if (frame % 50 === 0) say(`frame ${frame} of ${all}, ${seconds()} s`);
    },
  });
  say(JSON.stringify({ ...made, seconds: seconds(), bytes_per_frame: Math.round(made.bytes / made.frames) }));
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv.includes('--help')) {
    say(USAGE);
    return;
  }
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      count: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      every: { type: 'string', default: '1' },
      frames: { type: 'string' },
      stage: { type: 'string' },
      set: { type: 'string', default: 'garbage' },
      style: { type: 'string', default: 'all' },
    },
  });
  const every = Math.max(1, wholeNumber(values.every, 'every'));
  if (positionals[0] === 'film' && values.stage) return film(values.stage, values.out, values.frames, every);
  if (!values.out) throw new Error(USAGE);
  const seed = wholeNumber(values.seed, 'seed');
  switch (positionals[0]) {
    case 'pictures':
      if (values.style !== 'all' && values.style !== 'pole') throw new Error(USAGE);
      if (values.set !== 'garbage' && values.set !== 'street') throw new Error(USAGE);
      return renderPictures({
        out: values.out,
        count: wholeNumber(values.count, 'count'),
        seed,
        style: values.set === 'street' ? 'street' : values.style,
      });
    default:
      throw new Error(USAGE);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
