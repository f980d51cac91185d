import { runCli } from '../../src/cli/run.ts';

/** Runs a command in this process; its output as lines. */
export async function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

/** The secret in the output of `device add` and `key create`. */
export function secretOf(out: readonly string[]): string {
  return out.find((line) => line.startsWith('secret '))?.slice('secret '.length) ?? '';
}
