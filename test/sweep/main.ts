// How the rules for cameras do over many seeds of a scenario, with detections made from its truth: no film is needed.
//   npx tsx test/sweep/main.ts SCENARIO.yaml [--seeds 1-20] [--detector recall=0.6] [--keep DIR] [--list] [--rules FILE]
//   [--quiet]
// `--keep` holds on to the recordings, so that changed rules are tried on them again. `--quiet` lets nobody pass: quicker by far.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { parseImperfection } from '../../simulators/city/detect/imperfection.ts';
import { writeGatewayConfig } from '../../simulators/city/gateway-config.ts';
import { loadScenario } from '../../simulators/city/scenario.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { runReplay } from '../../src/replay/replay.ts';
import { scoreReplay } from '../../src/replay/score-replay.ts';
import type { Score } from '../../src/score/score-result.ts';
import { recordCameras } from './camera-run.ts';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1-5' },
    detector: { type: 'string', default: '' },
    keep: { type: 'string' },
    list: { type: 'boolean', default: false },
    rules: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});

function seedsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_none, index) => from + index);
  });
}

interface Sum {
  labels: number;
  hits: number;
  misses: number;
  falseAlarms: number;
  duplicates: number;
  readonly excess_s: number[];
}

function add(sums: Map<string, Sum>, score: Score): void {
  for (const { type, labels, hits, misses, falseAlarms, duplicates } of score.types) {
    const sum = sums.get(type) ?? {
      labels: 0,
      hits: 0,
      misses: 0,
      falseAlarms: 0,
      duplicates: 0,
      excess_s: [],
    };
    sums.set(type, sum);
    sum.labels += labels;
    sum.hits += hits;
    sum.misses += misses;
    sum.falseAlarms += falseAlarms;
    sum.duplicates += duplicates;
  }
  for (const { label, excessDelay_s } of score.hits)
    if (excessDelay_s !== undefined && excessDelay_s !== null)
      sums.get(label.type)?.excess_s.push(excessDelay_s);
}

function tell(sums: ReadonlyMap<string, Sum>): void {
  const percent = (share: number, of: number): string =>
    of === 0 ? '–' : `${Math.floor((share / of) * 100)} %`;
  console.log('type                     labels  recall  precision  duplicates  worst / p90 s over dwell');
  for (const [type, { labels, hits, misses, falseAlarms, duplicates, excess_s }] of [...sums].sort()) {
    const order = [...excess_s].sort((a, b) => a - b);
    const p90 = order[Math.floor(order.length * 0.9)] ?? order.at(-1);
    const figures = [
      String(labels).padStart(6),
      percent(hits, hits + misses).padStart(7),
      percent(hits, hits + falseAlarms).padStart(10),
      String(duplicates).padStart(11),
      `${order.at(-1)?.toFixed(1) ?? '–'} / ${p90?.toFixed(1) ?? '–'}`.padStart(15),
    ];
    console.log(`${type.padEnd(24)} ${figures.join(' ')}`);
  }
}

function list(score: Score, seed: number, start_ms: number): void {
  const at = (ms: number): string => `${Math.round((ms - start_ms) / 1_000)} s`;
  for (const { label } of score.misses)
    console.log(
      `  ${seed} miss ${label.type} ${label.id} ${at(label.from_ms)}–${at(label.to_ms)} ${label.deviceIds}`,
    );
  for (const { found, decoy } of score.falseAlarms)
    console.log(
      `  ${seed} false ${found.type} ${found.deviceIds} ${at(found.opened_ms)} box ${found.box} ${JSON.stringify(found.measures)} ${decoy?.id ?? ''}`,
    );
  for (const { found, labelId } of score.duplicates)
    console.log(
      `  ${seed} twice ${found.type} ${labelId} ${at(found.onset_ms)}–${at(found.opened_ms)} box ${found.box} ${JSON.stringify(found.measures)}`,
    );
  for (const { label, found, excessDelay_s } of score.hits)
    if ((excessDelay_s ?? 0) > 10)
      console.log(
        `  ${seed} late ${label.type} ${label.id} ${excessDelay_s?.toFixed(1)} s over dwell, onset ${((found.onset_ms - label.from_ms) / 1_000).toFixed(1)} s`,
      );
}

const read = loadScenario(positionals[0] ?? join(root, 'simulators/city/linghu.yaml'));
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const imperfection = parseImperfection(values.detector);
if (!imperfection.ok) throw new Error(imperfection.problem);
const nobody = { people: 0, cars: 0, two_wheelers: 0, tricycles: 0, vans: 0, buses: 0, trucks: 0 };
const scenario = values.quiet
  ? { ...read.scenario, file: { ...read.scenario.file, passing: nobody } }
  : read.scenario;
const folder = mkdtempSync(join(tmpdir(), 'xuncheng-sweep-'));
const file = await writeGatewayConfig(scenario, {
  dir: join(folder, 'gateway'),
  reference: join(root, 'config'),
  models: ['street', 'garbage'],
  modelsDir: join(root, 'models'),
  cameras: { host: '127.0.0.1', port: 8554 },
});
if (values.rules !== undefined) copyFileSync(values.rules, join(folder, 'gateway/rules.yaml'));
const loaded = loadConfig(file, {});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const sums = new Map<string, Sum>();
try {
  for (const seed of seedsOf(values.seeds)) {
    const name = `${scenario.file.name}-${seed}-${values.quiet ? 'quiet' : 'busy'}-${values.detector.replaceAll(/[^\w=.]/g, '_')}`;
    const dir = join(values.keep ?? folder, name);
    await recordCameras(scenario, seed, imperfection.value, dir);
    const manifest = await readManifest(dir);
    const replay = await runReplay({
      dir,
      manifest,
      config: loaded.config,
      speed: Number.POSITIVE_INFINITY,
      detections: 'recorded',
      env: process.env,
      signal: new AbortController().signal,
      log: pino({ level: 'warn' }),
      onNote: () => {},
    });
    const { score } = await scoreReplay({ replay, dir, manifest, config: loaded.config, name, gates: {} });
    await replay.close();
    add(sums, score);
    if (values.list) list(score, seed, manifest.from_ms);
  }
  console.log(`${scenario.file.name}, seeds ${values.seeds}, detector ${values.detector || 'decent'}`);
  tell(sums);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
