import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, it } from 'vitest';
import { cli, secretOf } from '../support/cli.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
const STATIONS = 10;
/** Acknowledged of each station before the gateway is killed; and how far the rounds' times lie apart. */
const READINGS_MIN = 50;
const ROUND_MS = 1_000_000;
const BASE_MS = Date.UTC(2026, 10, 22);

/** Publishes one reading a millisecond of event time at QoS 1, several in flight; tells which were acknowledged. */
async function publishUntilCut(
  url: string,
  id: string,
  secret: string,
  acknowledged: Set<number>,
  first_ms: number,
): Promise<void> {
  const client = mqtt.connect(url, { username: id, password: secret, reconnectPeriod: 0 });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const cut = new Promise<void>((resolve) => client.once('close', () => resolve()));
  let next_ms = first_ms;
  const publish = (): void => {
    const at_ms = BASE_MS + next_ms;
    next_ms += 1;
    client.publish(
      `xc/v1/dust/${id}/reading`,
      JSON.stringify({ at: at_ms, pm10_ug_m3: 50 }),
      { qos: 1 },
      (error) => {
        if (error) return;
        acknowledged.add(at_ms);
        publish();
      },
    );
  };
  for (let window = 0; window < 10; window += 1) publish();
  await cut;
  client.end(true);
}

it('has every acknowledged reading in its series after SIGKILL, and none twice', {
  timeout: 120_000,
}, async () => {
  const dir = tempDir();
  const config = join(dir, 'xuncheng.yaml');
  writeFileSync(
    config,
    `listen: { http: { port: 0 }, mqtt: { port: 0 } }\nrules: ${CONFIG}/rules.yaml\ncatalogue: { file: ${CONFIG}/catalogue.yaml }\n`,
  );
  const data = join(dir, 'data');
  const secrets = new Map<string, string>();
  for (let index = 0; index < STATIONS; index += 1) {
    const id = `dust-${index}`;
    secrets.set(id, secretOf((await cli(['device', 'add', id, '--kind', 'dust', '--data', data])).out));
  }
  const acknowledged = new Map([...secrets.keys()].map((id) => [id, new Set<number>()]));
  for (let round = 0; round < 2; round += 1) {
    const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
    const publishing = [...secrets].map(([id, secret]) =>
      publishUntilCut(gateway.mqtt, id, secret, acknowledged.get(id) ?? new Set(), round * ROUND_MS),
    );
    const wanted = (round + 1) * READINGS_MIN;
    await expect
      .poll(() => Math.min(...[...acknowledged.values()].map(({ size }) => size)), { timeout: 60_000 })
      .toBeGreaterThan(wanted);
    expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
    await Promise.all(publishing);
  }
  const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
  const headers = { authorization: `Bearer ${KEY}` };
  await expect
    .poll(
      async () => (await (await fetch(`${gateway.http}/readyz`)).text()).match(/(\d+) entries behind/)?.[1],
      { timeout: 20_000 },
    )
    .toBe('0');
  for (const [id, sent] of acknowledged) {
    expect(sent.size).toBeGreaterThan(2 * READINGS_MIN);
    const from = new Date(BASE_MS).toISOString();
    const to = new Date(BASE_MS + 3_600_000).toISOString();
    const query = `device=${id}&metric=pm10_ug_m3&from=${from}&to=${to}&step=3600&fn=count`;
    const answer = await fetch(`${gateway.http}/api/v1/series?${query}`, { headers });
    const { points } = (await answer.json()) as { points: { value: number }[] };
    const stored = points.reduce((sum, { value }) => sum + value, 0);
    expect(stored).toBeGreaterThanOrEqual(sent.size);
    // At most the readings in flight when the process died are stored without an acknowledgement.
    expect(stored).toBeLessThanOrEqual(sent.size + 20);
  }
  expect(await gateway.end('SIGTERM')).toBe(0);
});
