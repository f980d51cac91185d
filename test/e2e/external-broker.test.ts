import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, it, onTestFinished } from 'vitest';
import { hasProgram, startMosquitto } from '../support/external-broker.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { connected } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
const PATIENCE_MS = 180_000;
const READINGS = 60;
const RULES = `
- id: dust
  kind: threshold
  type: dust-exceedance
  device_kind: dust
  metric: pm10_ug_m3
  window_s: 10
  expected_interval_s: 1
  clear_s: 5
  limits: [{ limit: 150 }]
`;

function writeConfig(port: number): string {
  const dir = tempDir();
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(join(dir, 'rules.yaml'), RULES);
  writeFileSync(
    file,
    `listen: { http: { port: 0 } }
external_mqtt: { url: "mqtt://127.0.0.1:${port}", client_id: gateway-one }
rules: rules.yaml
catalogue: { file: ${CONFIG}/catalogue.yaml }
devices: [{ id: dust-1, kind: dust, lon: 112.9, lat: 28.1 }]
`,
  );
  return file;
}

async function clientAt(port: number, clientId: string): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await connected(client);
  return client;
}

async function ask<T>(gateway: GatewayProcess, path: string): Promise<T> {
  const answer = await fetch(`${gateway.http}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
  return (await answer.json()) as T;
}

const isSubscribed = (gateway: GatewayProcess) => async (): Promise<boolean> => {
  const { parts } = await ask<{ parts: { name: string; ready: boolean }[] }>(gateway, '/readyz');
  return parts.some(({ name, ready }) => name === 'external-mqtt' && ready);
};

it.skipIf(!hasProgram('mosquitto', ['-h']))(
  'makes one incident of what a device sends to mosquitto, though the gateway is killed in the middle',
  { timeout: 4 * PATIENCE_MS },
  async () => {
    const broker = await startMosquitto(tempDir());
    onTestFinished(() => broker.kill());
    const config = writeConfig(broker.port);
    const data = join(tempDir(), 'data');
    const centre = await clientAt(broker.port, 'centre');
    const told: string[] = [];
    centre.on('message', (_topic, payload) => {
      const { type } = JSON.parse(payload.toString()) as { type: string };
      told.push(type);
    });
    await centre.subscribeAsync('xc/v1/incident/#', { qos: 1 });
    const station = await clientAt(broker.port, 'station');
    const base_ms = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
    const send = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) {
        const payload = JSON.stringify({ at: base_ms + n * 1000, pm10_ug_m3: n < 30 ? 200 : 50 });
        await station.publishAsync('xc/v1/dust/dust-1/reading', payload, { qos: 1 });
      }
    };
    const stored = async (gateway: GatewayProcess): Promise<number> => {
      const span = `from=${base_ms}&to=${base_ms + READINGS * 1000}`;
      const path = `/api/v1/series?device=dust-1&metric=pm10_ug_m3&${span}`;
      const { points } = await ask<{ points: unknown[] }>(gateway, path);
      return points.length;
    };

    const first = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
    await waitUntil('its subscription', isSubscribed(first), PATIENCE_MS);
    await send(0, 10);
    await waitUntil('some are stored', async () => (await stored(first)) > 0, PATIENCE_MS);
    // In the middle of some more: the broker has them, the gateway has acknowledged none, some or all.
    const sending = send(10, 25);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    await sending;
    await send(25, 40);

    const second = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
    await waitUntil('its subscription', isSubscribed(second), PATIENCE_MS);
    await send(40, READINGS);
    await waitUntil('all are stored', async () => (await stored(second)) === READINGS, PATIENCE_MS);
    const incidents = () =>
      ask<{ items: { status: string; onsetAt: string }[] }>(second, '/api/v1/incidents?type=dust-exceedance');
    await waitUntil('it is over', async () => (await incidents()).items[0]?.status === 'ended', PATIENCE_MS);
    // The incident that was there before, not a second one.
    expect((await incidents()).items).toHaveLength(1);
    await waitUntil('the centre is told', () => told.includes('xuncheng.incident.ended'), PATIENCE_MS);
    expect(told.filter((type) => type === 'xuncheng.incident.opened').length).toBeGreaterThanOrEqual(1);
    expect(await second.end('SIGTERM')).toBe(0);
  },
);
