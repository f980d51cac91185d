import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { hasChromium } from '../support/chromium.ts';

/**
 * Whether patrol finds what full decoding finds: a labelled street in real time, judged once at the stall setting (a frame
 * each two seconds, and only where something changed) and once as peers do, five frames a second and each of them. Both go
 * through the same rules and are held against the labels. Renders its film first, some minutes;
 * `XUNCHENG_BENCH_DIR` keeps it for the next time, `XUNCHENG_SCENARIO` and `XUNCHENG_SEED` choose another street.
 */
const ROOT = join(import.meta.dirname, '../..');
const SCENARIO = process.env.XUNCHENG_SCENARIO ?? join(ROOT, 'simulators/city/binhe-minutes.yaml');
const SEED = process.env.XUNCHENG_SEED;
const FULL_INTERVAL_S = 0.2;
const PATROL_INTERVAL_S = 2;
const STDOUT_BYTES_MAX = 64 * 1024 * 1024;

/** What the command prints; whatever it complains of goes to the terminal. Exit code 1 of a replay is a missed incident. */
function xuncheng(...args: readonly string[]): string {
  const command = ['--import', 'tsx', join(ROOT, 'src/main.ts'), ...args];
  const { stdout, status } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: STDOUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`xuncheng ${args.join(' ')} ended with ${status}`);
  return stdout;
}

/** The scenario's configuration with another interval, and with or without the look at what changed. */
function configured(dir: string, name: string, interval_s: number, isGated: boolean): string {
  const base = xuncheng(
    'simulate',
    'city',
    '--scenario',
    SCENARIO,
    '--gateway-config',
    join(dir, name),
  ).trim();
  const yaml = parseDocument(readFileSync(base, 'utf8'));
  const cameras = yaml.toJS() as { cameras: unknown[] };
  for (const i of cameras.cameras.keys()) yaml.setIn(['cameras', i, 'patrol_interval_s'], interval_s);
  if (!isGated) yaml.setIn(['vision', 'refresh_s'], 0);
  writeFileSync(base, yaml.toString());
  return base;
}

if (!hasChromium()) {
  console.log('skipped: there is no Chromium to render the street with');
} else {
  const kept = process.env.XUNCHENG_BENCH_DIR;
  const dir = kept ?? mkdtempSync(join(tmpdir(), 'xuncheng-patrol-incidents-'));
  mkdirSync(dir, { recursive: true });
  try {
    const film = join(dir, 'film');
    const seed = SEED === undefined ? [] : ['--seed', SEED];
    xuncheng('simulate', 'city', '--scenario', SCENARIO, ...seed, '--record', film);
    const judged = (name: string, interval_s: number, isGated: boolean, ...more: string[]): string =>
      xuncheng(
        ...['replay', film, '--config', configured(dir, name, interval_s, isGated), '--detections', 'infer'],
        ...more,
      );
    const full = join(dir, 'full.json');
    writeFileSync(full, judged('full', FULL_INTERVAL_S, false, '--score', '--json'));
    console.log(
      `before: each frame, ${1 / FULL_INTERVAL_S} a second; after: patrol, one in ${PATROL_INTERVAL_S} s`,
    );
    console.log(judged('patrol', PATROL_INTERVAL_S, true, '--compare', full));
  } finally {
    if (kept === undefined) rmSync(dir, { recursive: true, force: true });
  }
}
