import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { problemText } from '../runtime/yaml-file.ts';
import { type CliIo, UsageError } from './io.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options of every command that works on a gateway's files. */
export const CONFIG_OPTION = { config: { type: 'string', default: 'config/xuncheng.yaml' } } as const;
export const DATA_OPTION = { data: { type: 'string', default: 'data' } } as const;

/** util.parseArgs with our error; `positionals` says how many words are wanted. */
export function readArgs<const O extends Options>(args: readonly string[], options: O, positionals: number) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (parsed.positionals.length !== positionals) {
      throw new UsageError(
        positionals < parsed.positionals.length
          ? `unexpected argument: ${parsed.positionals[positionals]}`
          : 'an argument is missing',
      );
    }
    return parsed;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The configuration, or undefined after its problems were told. */
export function configOrTell(file: string, io: CliIo): Config | undefined {
  const loaded: LoadedConfig = loadConfig(file, io.env);
  if (loaded.ok) return loaded.config;
  for (const problem of loaded.problems) io.err(problemText(problem));
  return undefined;
}
