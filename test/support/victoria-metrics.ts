import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { waitUntil } from './wait-until.ts';

/** False where Debian's victoria-metrics is not installed. */
export const hasVictoriaMetrics = spawnSync('victoria-metrics', ['-version']).status === 0;

/** A server with InfluxDB's write API; it can be stopped and started again on the same data and port. */
export interface VictoriaMetrics {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** All samples of a name, as `[time, value]` in order of time, by device. */
  samples(name: string): Promise<Map<string, [at_ms: number, value: number][]>>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A server on `dataDir`, not started yet. */
export async function victoriaMetrics(dataDir: string): Promise<VictoriaMetrics> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  onTestFinished(stop);
  return {
    url,
    stop,
    start: async () => {
      const args = [
        `-httpListenAddr=127.0.0.1:${port}`,
        `-storageDataPath=${dataDir}`,
        '-retentionPeriod=100y',
        // A sample that is written twice is kept once, as InfluxDB does it.
        '-dedup.minScrapeInterval=1ms',
        '-search.disableCache',
        '-memory.allowedBytes=64MB',
      ];
      child = spawn('victoria-metrics', args, { stdio: 'ignore' });
      await waitUntil('victoria-metrics answers', async () => {
        const answer = await fetch(`${url}/health`).catch(() => undefined);
        return answer?.ok;
      });
    },
    samples: async (name) => {
      await fetch(`${url}/internal/force_flush`);
      const match = encodeURIComponent(`{__name__="${name}"}`);
      const text = await (await fetch(`${url}/api/v1/export?match[]=${match}`)).text();
      const found = new Map<string, [number, number][]>();
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: { device: string };
          values: number[];
          timestamps: number[];
        };
        const samples = found.get(metric.device) ?? [];
        found.set(metric.device, samples);
        timestamps.forEach((at_ms, index) => {
          samples.push([at_ms, values[index] ?? Number.NaN]);
        });
      }
      for (const samples of found.values()) samples.sort(([a], [b]) => a - b);
      return found;
    },
  };
}
