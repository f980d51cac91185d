import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DownloadError } from '../runtime/download.ts';
import { checkModel } from '../vision/model-check.ts';
import { type PublicModel, publicModels, pullModel } from '../vision/model-pull.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { CONFIG_OPTION, configOrTell, readArgs } from './options.ts';

/** `xuncheng models pull [NAME] [--url URL | --file FILE]`. */
export async function pullCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const named = args[0] !== undefined && !args[0].startsWith('-');
  const { values, positionals } = readArgs(
    args,
    { ...CONFIG_OPTION, url: { type: 'string' }, file: { type: 'string' } },
    named ? 1 : 0,
  );
  const models = await publicModels(publicDir());
  const [name] = positionals;
  if (name === undefined) {
    for (const { manifest, size_bytes, url } of models) {
      io.out([manifest.name, megabytes(size_bytes), manifest.licence, url].join('\t'));
    }
    return 0;
  }
  const model = models.find(({ manifest }) => manifest.name === name);
  if (model === undefined) {
    const known = models.map(({ manifest }) => manifest.name).join(', ');
    throw new UsageError(`${name} cannot be fetched; there is ${known}`);
  }
  if (values.url !== undefined && !/^https?:\/\//.test(values.url)) {
    throw new UsageError('--url must be an http or https address');
  }
  const config = configOrTell(values.config, io);
  return config === undefined ? 1 : pull(model, { ...values, modelsDir: config.vision.modelsDir }, io);
}

async function pull(
  model: PublicModel,
  {
    modelsDir,
    url,
    file,
  }: { readonly modelsDir: string; readonly url?: string | undefined; readonly file?: string | undefined },
  io: CliIo,
): Promise<ExitCode> {
  const { manifest, size_bytes } = model;
  const { env, signal } = io;
  const onProgress = (bytes: number): void =>
    io.status?.(`${manifest.name}: ${Math.floor((bytes / size_bytes) * 100)} % of ${megabytes(size_bytes)}`);
  let dir: string;
  try {
    dir = await pullModel(model, { modelsDir, url, file, env, signal, onProgress });
  } catch (error) {
    io.err(`${manifest.name}: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof DownloadError)) return 1;
    io.err(
      `Without the internet: bring the file of ${model.url} and name it with --file, or a mirror with --url.`,
    );
    return 1;
  }
  const { ok, problems } = await checkModel(dir);
  if (ok) io.out(`${dir}: finds what its golden picture shows`);
  for (const problem of problems) io.err(problem);
  return ok ? 0 : 1;
}

/** In the package, run from the sources or from dist/. */
function publicDir(): string {
  const places = ['../../models/public', '../../../models/public'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? places[0] ?? '';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
