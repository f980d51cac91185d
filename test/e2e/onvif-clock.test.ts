import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { LOGIN, onvifCamera } from '../support/onvif.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';

it('opens an incident for a camera whose clock is wrong, and ends it when it is set', {
  timeout: 120_000,
}, async () => {
  const camera = await onvifCamera({ clockAhead_ms: 300_000 });
  const dir = tempDir();
  const config = join(dir, 'xuncheng.yaml');
  const address = camera.url.replace('//', `//${LOGIN.user}:\${CAM_PASSWORD}@`);
  writeFileSync(
    config,
    `listen: { http: { port: 0 }, mqtt: { port: 0 } }\nrules: ${CONFIG}/rules.yaml\njournal: { lateness_ms: 200, tick_ms: 500 }\n` +
      `catalogue: { file: ${CONFIG}/catalogue.yaml }\nvision: { models_dir: ${join(CONFIG, '../models')}, clock_check_s: 1 }\n` +
      `cameras:\n  - { id: cam-1, models: [garbage], lon: 112.9, lat: 28.1, onvif: "${address}" }\n`,
  );
  const gateway = await startGatewayProcess(config, join(dir, 'data'), {
    XUNCHENG_ADMIN_KEY: KEY,
    CAM_PASSWORD: encodeURIComponent(LOGIN.password),
  });
  const incident = async (): Promise<Record<string, unknown> | undefined> => {
    const url = `${gateway.http}/api/v1/incidents?type=device-clock-wrong`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
    return ((await answer.json()) as { items: Record<string, unknown>[] }).items[0];
  };
  const opened = await waitUntil('the clock is told to be wrong', incident);
  expect(opened).toMatchObject({ status: 'open', subject: { deviceId: 'cam-1' } });
  camera.setClock(0);
  await waitUntil('the clock is right again', async () => (await incident())?.status === 'ended');
  expect(gateway.lines.join('\n')).not.toContain(LOGIN.password);
  expect(await gateway.end('SIGTERM')).toBe(0);
});
