import { readFile } from 'node:fs/promises';
import pino from 'pino';
import type { Config } from '../config/config.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { readManifest } from '../recording/recording-files.ts';
import { incidentTable, replayJson } from '../replay/incident-list.ts';
import { createProgress } from '../replay/progress.ts';
import { type Replay, type ReplayOptions, runReplay } from '../replay/replay.ts';
import { scoreReplay } from '../replay/score-replay.ts';
import { comparisonJson } from '../score/compare.ts';
import { comparisonTable } from '../score/comparison-table.ts';
import { GATE_OPTIONS, type Gates, readGates } from '../score/gates.ts';
import { scoreJson } from '../score/score-json.ts';
import { scoreTable } from '../score/score-table.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { CONFIG_OPTION, configOrTell, readArgs } from './options.ts';

const OPTIONS = {
  ...CONFIG_OPTION,
  ...GATE_OPTIONS,
  speed: { type: 'string', default: 'max' },
  detections: { type: 'string' },
  data: { type: 'string' },
  'keep-detections': { type: 'string' },
  score: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  report: { type: 'string' },
  compare: { type: 'string' },
} as const;
type Values = ReturnType<typeof readArgs<typeof OPTIONS>>['values'];

const SPEED_MAX = 1_000_000;

/** `xuncheng replay DIR`: a recording through the rules on its own time; interrupted, exit code 1 and what there is. */
export async function replayCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, OPTIONS, 1);
  const [dir = ''] = positionals;
  const speed = speedOf(values.speed);
  if (!['recorded', 'infer', undefined].includes(values.detections)) {
    throw new UsageError('--detections must be recorded or infer');
  }
  const gates = readGates(values);
  if (!gates.ok) throw new UsageError(gates.problem);
  const config = configOrTell(values.config, io);
  if (config === undefined) return 1;
  const manifest = await readManifest(dir);
  const progress = createProgress(manifest, io.status);
  const replay = await runReplay({
    dir,
    manifest,
    config,
    speed,
    detections: detectionsOf(values.detections, manifest),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    ...(values['keep-detections'] === undefined ? {} : { keepDetections: values['keep-detections'] }),
    env: io.env,
    signal: io.signal,
    log: pino({ level: 'warn' }, { write: (line: string) => io.err(line.trimEnd()) }),
    onNote: (note) => io.err(note),
    onProgress: progress.show,
  }).finally(progress.clear);
  try {
    const good = await tell({ replay, dir, manifest, config, values, gates: gates.gates }, io);
    return replay.complete && good ? 0 : 1;
  } finally {
    await replay.close();
  }
}

interface Outcome {
  readonly replay: Replay;
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Config;
  readonly values: Values;
  readonly gates: Gates;
}

/** Prints what was asked for; false where a gate is not kept. */
async function tell(outcome: Outcome, io: CliIo): Promise<boolean> {
  const { replay, manifest, config, values, gates } = outcome;
  const { compare, report, json } = values;
  const wantsScore =
    values.score || compare !== undefined || report !== undefined || Object.keys(gates).length > 0;
  if (!wantsScore) {
    if (json) io.out(replayJson(replay, manifest));
    else for (const line of incidentTable(replay, config.timeZone)) io.out(line);
    return true;
  }
  const scored = await scoreReplay({
    ...outcome,
    name: values.config,
    ...(report === undefined ? {} : { report }),
    ...(compare === undefined ? {} : { earlier: { file: compare, text: await readFile(compare, 'utf8') } }),
  });
  const { score, comparison, failures, written } = scored;
  if (json) io.out((comparison === undefined ? scoreJson(score) : comparisonJson(comparison)).trimEnd());
  else {
    for (const line of scoreTable(score)) io.out(line);
    for (const line of comparison === undefined ? [] : ['', ...comparisonTable(comparison)]) io.out(line);
  }
  for (const note of written?.notes ?? []) io.err(note);
  if (written !== undefined) {
    io.err(`${report}: ${written.pictures} pictures, ${(written.bytes / 1e6).toFixed(1)} MB`);
  }
  for (const { type, text } of failures) io.err(`${type}: ${text}`);
  return failures.length === 0;
}

function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (speed > 0 && speed <= SPEED_MAX) return speed;
  throw new UsageError(`--speed must be max or a number up to ${SPEED_MAX}`);
}

/** What the recording has, unless told: its own detections before those that its video would give. */
function detectionsOf(text: string | undefined, manifest: RecordingManifest): ReplayOptions['detections'] {
  if (text === 'recorded' || text === 'infer') return text;
  const filmed = manifest.cameras.some(({ videos }) => videos.length > 0);
  return filmed && !manifest.observations.detections ? 'infer' : 'recorded';
}
