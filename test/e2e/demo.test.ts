import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Words of the demo's lines that stand for a sense each: camera, dust, noise, truck. */
const SENSES = {
  camera: /exposed garbage|overflowing bin|stall on the street/,
  dust: /dust above the limit/,
  noise: /noise above the limit/,
  truck: /illegal dumping|truck standing suspiciously/,
} as const;

it('shows incidents of camera, dust, noise and truck, serves the page, and stops cleanly', {
  timeout: 200_000,
}, async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'simulators/demo/main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const seen = (): string[] =>
    Object.entries(SENSES)
      .filter(([, words]) => lines.some((line) => words.test(line)))
      .map(([sense]) => sense);
  await expect.poll(seen, { timeout: 180_000, interval: 500 }).toEqual(Object.keys(SENSES));

  const [, page = '', key = ''] = /page\s+(http:\/\/\S+?)\/#key=(\S+)/.exec(lines.join('\n')) ?? [];
  expect((await fetch(page)).status).toBe(200);
  const camera = lines.find((line) => SENSES.camera.test(line)) ?? '';
  const evidence = /http:\S+$/.exec(camera)?.[0] ?? '';
  const picture = await fetch(evidence, { headers: { authorization: `Bearer ${key}` } });
  expect(picture.headers.get('content-type')).toBe('image/jpeg');
  expect((await fetch(evidence)).status).toBe(401);

  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe('stopped');
});
