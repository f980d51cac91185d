// Runs every benchmark of this folder, one after the other: `npm run bench`, or `npm run bench -- rules` for one.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const wanted = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'main.ts')
  .map((name) => name.replace(/(\.bench)?\.ts$/, ''));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  for (const file of readdirSync(import.meta.dirname)) {
    const name = file.replace(/(\.bench)?\.ts$/, '');
    if (file === 'main.ts' || !names.includes(name) || (wanted.length > 0 && !wanted.includes(name)))
      continue;
    console.log(`\n== ${name}`);
    // As the command runs.
    const args = ['--max-semi-space-size=32', '--import', 'tsx', join(import.meta.dirname, file)];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
