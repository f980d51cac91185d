import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** A gateway in a process of its own, as an operator runs it. */
export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly http: string;
  readonly mqtt: string;
  /** Empty where it does not listen with TLS. */
  readonly mqtts: string;
  /** Empty where it does not listen for HJ 212. */
  readonly hj212: string;
  /** Empty where it does not listen for JT/T 808. */
  readonly jt808: string;
  /** Everything that it logged so far. */
  readonly lines: readonly string[];
  /** Ends it and resolves with its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Starts `xuncheng serve` and waits for its "ready" line. */
export async function startGatewayProcess(
  config: string,
  dataDir: string,
  env: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const args = ['--import', 'tsx', join(root, 'src/main.ts'), 'serve', '--config', config, '--data', dataDir];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const ready = await new Promise<{
    addresses: { http: string; mqtt?: string; mqtts?: string; hj212?: string; jt808?: string };
  }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"msg":"ready"')) resolve(JSON.parse(line));
    });
    child.once('exit', (code) => reject(new Error(`gateway ended with ${code}: ${lines.join('\n')}`)));
  });
  return {
    child,
    mqtt: '',
    mqtts: '',
    hj212: '',
    jt808: '',
    ...ready.addresses,
    lines,
    end: async (signal) => {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
  };
}
