import { cpSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { cli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const REFERENCE = join(import.meta.dirname, '../../config');

function configOn(http: number, mqtt: number): string {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(REFERENCE, name), join(dir, name));
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(file, `log_level: error\nlisten: { http: { port: ${http} }, mqtt: { port: ${mqtt} } }\n`);
  return file;
}

async function takenPort(): Promise<number> {
  const server: Server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a gateway that is told to stop as soon as it is ready; what it told the person. */
async function startAndStop(
  config: string,
  data: string,
  options: readonly string[] = [],
): Promise<{ code: number; err: string }> {
  const err: string[] = [];
  const code = await runCli(['serve', '--config', config, '--data', data, ...options], {
    out: () => undefined,
    err: (line) => err.push(line),
    env: {},
    signal: AbortSignal.abort(),
  });
  return { code, err: err.join('\n') };
}

it('shows the admin key at the first start that succeeds, and once', { timeout: 60_000 }, async () => {
  const data = tempDir();
  const failed = await startAndStop(configOn(await takenPort(), 0), data);
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('EADDRINUSE') });
  expect(failed.err).not.toContain('admin API key');
  const config = configOn(0, 0);
  expect(await startAndStop(config, data)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^admin API key .*: xck_/),
  });
  expect(await startAndStop(config, data)).toEqual({ code: 0, err: '' });
});

it('makes a new admin key where the last one was revoked', { timeout: 60_000 }, async () => {
  const data = tempDir();
  const config = configOn(0, 0);
  await startAndStop(config, data);
  expect((await cli(['key', 'revoke', 'admin', '--data', data])).code).toBe(0);
  expect(await startAndStop(config, data)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^admin API key .*: xck_/),
  });
});

it('leaves nothing running where its MQTT port is taken', { timeout: 60_000 }, async () => {
  const timersOf = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const port = await takenPort();
  const before = timersOf();
  expect(await startAndStop(configOn(0, port), tempDir())).toMatchObject({
    code: 1,
    err: expect.stringContaining(`127.0.0.1:${port}`),
  });
  await expect.poll(timersOf, { timeout: 10_000 }).toBeLessThanOrEqual(before);
});

it('runs on a clock of its own where it is told to', { timeout: 60_000 }, async () => {
  const data = tempDir();
  const start = ['--clock-start', '2026-06-01T18:30:00+08:00', '--clock-rate', '30'];
  expect((await startAndStop(configOn(0, 0), data, start)).code).toBe(0);
  const db = new Database(join(data, 'xuncheng.db'), { readonly: true });
  onTestFinished(() => void db.close());
  const { created_ms } = db.prepare('SELECT created_ms FROM api_keys').get() as { created_ms: number };
  expect(new Date(created_ms).toISOString()).toMatch(/^2026-06-01T10:3/);
});

it.each([
  ['--clock-rate', '0'],
  ['--clock-rate', 'fast'],
  ['--clock-start', 'yesterday'],
])('refuses %s %s', async (option, value) => {
  const refused = await cli(['serve', option, value]);
  expect(refused.code).toBe(2);
  expect(refused.err.join('\n')).toContain(option);
});
