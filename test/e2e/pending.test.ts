import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, it } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { frameOf, MN, PW, rawStation } from '../support/hj212.ts';
import { locationAt, TestTerminal } from '../support/jt808-client.ts';
import { connected } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';

it('lists who is unknown, by whichever protocol, and lets in whom an operator admits', {
  timeout: 180_000,
}, async () => {
  const dir = tempDir();
  const config = join(dir, 'xuncheng.yaml');
  writeFileSync(
    config,
    `listen: { http: { port: 0 }, mqtt: { port: 0 }, hj212: { port: 0 }, jt808: { port: 0 } }
rules: ${CONFIG}/rules.yaml
catalogue: { file: ${CONFIG}/catalogue.yaml }
jt808: { profiles: ${CONFIG}/jt808-profiles.yaml }
devices: [{ id: truck-1, kind: truck }]
`,
  );
  const gateway = await startGatewayProcess(config, join(dir, 'data'), { XUNCHENG_ADMIN_KEY: KEY });
  const call = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${gateway.http}/api/v1${path}`, init);
    expect(answer.status).toBe(200);
    return (await answer.json()) as { secret?: string; health?: string; items: Pending[] };
  };
  interface Pending {
    readonly id: number;
    readonly protocol: string;
    readonly identity: string;
  }
  const enter = async (username: string, password: string) => {
    const client = mqtt.connect(gateway.mqtt, { username, password, reconnectPeriod: 0 });
    client.on('error', () => undefined);
    try {
      await connected(client);
      return true;
    } catch {
      return false;
    } finally {
      client.end(true);
    }
  };
  expect(await enter('dust-9', 'a guess')).toBe(false);
  // Known, though without a secret: nobody to be admitted.
  expect(await enter('truck-1', 'a guess')).toBe(false);
  const port = Number(new URL(gateway.jt808).port);
  expect(await new TestTerminal(port, '13907310009', '2019').register()).toMatchObject({ result: 4 });
  const station = await rawStation(Number(new URL(gateway.hj212).port));
  const reading = (qn: string) => frameOf('2011', 'DataTime=20260701093000;a34002-Rtd=80.5', { qn });
  station.send(reading('20260701093000001'));
  const waiting = await waitUntil('three wait', async () => {
    const { items } = await call('GET', '/devices/pending');
    return items.length === 3 && items;
  });
  const idOf = (protocol: string) => waiting.find((one) => one.protocol === protocol)?.id;
  expect(waiting).toMatchObject([
    { protocol: 'mqtt', identity: 'dust-9', remote: expect.stringContaining('127.0.0.1'), count: 1 },
    { protocol: 'jt808', identity: '13907310009', details: { plate: '湘A12345', edition: '2019' } },
    { protocol: 'hj212', identity: MN },
  ]);

  const path = (protocol: string) => `/devices/pending/${idOf(protocol)}/admit`;
  const dust = await call('POST', path('mqtt'), { id: 'dust-9', kind: 'dust' });
  expect(await enter('dust-9', dust.secret ?? '')).toBe(true);
  // A device that is there gets the number, and no new secret.
  expect(await call('POST', path('jt808'), { id: 'truck-1', kind: 'truck' })).toEqual({
    id: 'truck-1',
    kind: 'truck',
  });
  const truck = await new TestTerminal(port, '13907310009', '2019').enter();
  expect(await truck.ack(truck.sendLocation(locationAt(Date.now() - 60_000)))).toBe(0);
  const place = { lon: 112.98, lat: 28.19, street: '芙蓉路', gridCode: '430102001' };
  await call('POST', path('hj212'), { id: 'station-9', kind: 'dust', pw: PW, particulateUnit: 'ug', place });
  expect(await call('GET', '/devices/station-9')).toMatchObject(place);
  // On the connection that it has: no restart, no new connection.
  station.send(reading('20260701093000002'));
  expect(await station.message(1)).toMatchObject({ cn: '9014', qn: '20260701093000002' });
  for (const id of ['truck-1', 'station-9'])
    expect(await call('GET', `/devices/${id}`)).toMatchObject({ health: 'online' });
  expect((await call('GET', '/devices/pending')).items).toEqual([]);
  expect(await gateway.end('SIGTERM')).toBe(0);
});
