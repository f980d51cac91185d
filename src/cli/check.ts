import { loadConfig } from '../config/load.ts';
import { readTlsFiles, type TlsPaths } from '../runtime/tls-files.ts';
import { problemText } from '../runtime/yaml-file.ts';
import { modelProblems } from '../vision/model-list.ts';
import type { CliIo, ExitCode } from './io.ts';
import { CONFIG_OPTION, readArgs } from './options.ts';

/** `xuncheng check`: everything that would keep the gateway from doing what it is told, with file, key and line. */
export async function checkCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, CONFIG_OPTION, 0);
  const loaded = loadConfig(values.config, io.env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) io.err(problemText(problem));
    return 1;
  }
  const { config } = loaded;
  const problems = await modelProblems(config.vision.modelsDir, [
    ...[...config.judgingOf.values()].flatMap(({ models }) => models),
    ...config.vision.shadows.map(({ model }) => model),
    ...(config.blur?.models ?? []),
  ]);
  for (const problem of problems) io.err(problemText(problem));
  const tlsProblem = tlsProblemOf(config.tls);
  if (tlsProblem !== undefined) io.err(`${values.config}: tls: ${tlsProblem}`);
  if (problems.length > 0 || tlsProblem !== undefined) return 1;
  io.out(
    `${values.config}: ${config.cameras.length} cameras, ${config.devices.length} devices, ` +
      `${config.mapZones.length} zones, ${config.routes.length} routes, ${config.rules.length} rules: no problems`,
  );
  return 0;
}

function tlsProblemOf(paths: TlsPaths | undefined): string | undefined {
  try {
    if (paths !== undefined) readTlsFiles(paths);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
