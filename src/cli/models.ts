import { join } from 'node:path';
import { isModelName } from '../vision/manifest.ts';
import { benchModel } from '../vision/model-bench.ts';
import { checkModel } from '../vision/model-check.ts';
import { listModels } from '../vision/model-list.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { pullCommand } from './models-pull.ts';
import { shadowCommand } from './models-shadow.ts';
import { CONFIG_OPTION, configOrTell, readArgs } from './options.ts';

/** `xuncheng models list | check [NAME] | bench NAME | pull [NAME] | shadow`. */
export async function modelsCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'pull') return pullCommand(rest, io);
  if (action === 'shadow') return shadowCommand(rest, io);
  if (action === 'list') {
    const { values } = readArgs(rest, CONFIG_OPTION, 0);
    const config = configOrTell(values.config, io);
    return config === undefined ? 1 : list(config.vision.modelsDir, io);
  }
  if (action === 'check') {
    const named = rest[0] !== undefined && !rest[0].startsWith('-');
    const { values, positionals } = readArgs(rest, CONFIG_OPTION, named ? 1 : 0);
    const config = configOrTell(values.config, io);
    return config === undefined ? 1 : check(config.vision.modelsDir, positionals[0], io);
  }
  if (action === 'bench') {
    const { values, positionals } = readArgs(
      rest,
      {
        ...CONFIG_OPTION,
        runs: { type: 'string', default: '100' },
        threads: { type: 'string', default: '1' },
        provider: { type: 'string', default: 'cpu' },
      },
      1,
    );
    const config = configOrTell(values.config, io);
    if (config === undefined) return 1;
    const runs = positiveInteger(values.runs, '--runs');
    const threads = positiveInteger(values.threads, '--threads');
    const execution_provider = values.provider;
    if (execution_provider !== 'cpu' && execution_provider !== 'cuda')
      throw new UsageError('--provider is cpu or cuda');
    const dir = modelDir(config.vision.modelsDir, positionals[0] ?? '');
    return bench(dir, { runs, threads, execution_provider }, io);
  }
  throw new UsageError(
    'models list | models check [NAME] | models bench NAME [--runs N] [--threads N] ' +
      '[--provider cpu|cuda] | ' +
      'models pull [NAME] [--url URL | --file FILE] | models shadow [--data DIR]',
  );
}

async function list(modelsDir: string, io: CliIo): Promise<ExitCode> {
  const models = await listModels(modelsDir);
  for (const { name, manifest, problems } of models) {
    if (manifest === undefined) io.out(`${name}\tunusable: ${problems[0] ?? ''}`);
    else {
      const { width, height } = manifest.input;
      io.out(
        `${name}\tv${manifest.version}\t${manifest.head.type} ${width}x${height}\t${manifest.labels.join(', ')}`,
      );
    }
  }
  return models.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

async function check(modelsDir: string, name: string | undefined, io: CliIo): Promise<ExitCode> {
  const dirs =
    name === undefined ? (await listModels(modelsDir)).map(({ dir }) => dir) : [modelDir(modelsDir, name)];
  let good = true;
  for (const dir of dirs) {
    const { ok, problems, notes } = await checkModel(dir);
    good &&= ok;
    if (ok) io.out(`${dir}: finds what its golden picture shows`);
    for (const note of notes) io.out(`  note: ${note}`);
    for (const problem of problems) io.err(problem);
  }
  return good ? 0 : 1;
}

async function bench(
  dir: string,
  options: { runs: number; threads: number; execution_provider: 'cpu' | 'cuda' },
  io: CliIo,
): Promise<ExitCode> {
  const { runs, threads, execution_provider } = options;
  const { picture, pre, infer, post, total } = await benchModel(dir, options);
  io.out(
    `${dir}, ${picture.width_px}x${picture.height_px}, ${runs} runs, ${execution_provider}, ${threads} thread(s); milliseconds`,
  );
  for (const [step, { p50_ms, p99_ms }] of Object.entries({ pre, infer, post, total })) {
    io.out(`${step.padEnd(6)} p50 ${p50_ms.toFixed(2).padStart(8)}  p99 ${p99_ms.toFixed(2).padStart(8)}`);
  }
  return 0;
}

function modelDir(modelsDir: string, name: string): string {
  if (!isModelName(name)) throw new UsageError(`${name} is no name of a model`);
  return join(modelsDir, name);
}

function positiveInteger(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${option} must be a whole number from 1`);
  return value;
}
