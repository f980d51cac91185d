import { parseArgs } from 'node:util';
import { complain } from './browser.ts';
import { renderClip } from './clip.ts';
import { renderPictures } from './pictures.ts';

const USAGE = `usage:
  tsx simulators/render/main.ts pictures --out FOLDER [--count 100] [--seed 1] [--set garbage|street] [--style all|pole]
  tsx simulators/render/main.ts clip --out FILE.mp4 [--seed 7] [--every 1] [--frames FOLDER]`;

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} needs a whole number, not "${text}"`);
  return value;
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      count: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      every: { type: 'string', default: '1' },
      frames: { type: 'string' },
      set: { type: 'string', default: 'garbage' },
      style: { type: 'string', default: 'all' },
    },
  });
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
    case 'clip':
      return renderClip({
        out: values.out,
        seed,
        every: Math.max(1, wholeNumber(values.every, 'every')),
        frames: values.frames,
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
