import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeLocation } from '../../src/codecs/jt808/location.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import { encodeMedia } from '../../src/codecs/jt808/multimedia.ts';
import { cli, secretOf } from '../support/cli.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { locationAt, TestTerminal } from '../support/jt808-client.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
const AT_MS = Math.floor(Date.now() / 1000) * 1000 - 60_000;

function configFile(jt808: string): string {
  const file = join(tempDir(), 'xuncheng.yaml');
  writeFileSync(
    file,
    `listen: { http: { port: 0 }, mqtt: { port: 0 }, jt808: ${jt808} }
rules: ${CONFIG}/rules.yaml
catalogue: { file: ${CONFIG}/catalogue.yaml }
jt808: { profiles: ${CONFIG}/jt808-profiles.yaml }
devices:
  - { id: truck-1, kind: truck, plate: 湘A12345, jt808: { phone: "13907310001", profile: status-high-bits } }
`,
  );
  return file;
}

it('takes trucks in over raw TCP, from the configuration and from the registry', {
  timeout: 300_000,
}, async () => {
  const config = configFile('{ port: 0 }');
  const data = join(tempDir(), 'data');
  const added = await cli([
    ...['device', 'add', 'truck-2', '--kind', 'truck', '--data', data],
    ...['--phone', '013907310002', '--profile', 'standard'],
  ]);
  expect(added.code).toBe(0);
  const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
  const port = Number(new URL(gateway.jt808).port);
  const one = await new TestTerminal(port, '13907310001', '2013').enter();
  const two = new TestTerminal(port, '13907310002', '2019');
  expect(await two.authenticate(secretOf(added.out))).toBe(0);

  const raised = ((1 << 30) | (1 << 29) | (1 << 28) | 0b11) >>> 0;
  expect(await one.ack(one.sendLocation(locationAt(AT_MS, { status: raised })))).toBe(0);
  // Sent again, since the answer might have been lost: one reading all the same.
  expect(await one.ack(one.sendLocation(locationAt(AT_MS, { status: raised })))).toBe(0);
  expect(await two.ack(two.sendLocation(locationAt(AT_MS, { status: 0b11_0000_0011 })))).toBe(0);
  expect(await one.ack(one.send(MESSAGE.location, Buffer.from('00ff', 'hex')))).toBe(2);
  const media = encodeMedia({
    ...{ id: 5, type: 1, format: 3, event: 0, channel: 1 },
    location: locationAt(AT_MS),
    data: Buffer.from('RIFF'),
  });
  one.send(MESSAGE.multimediaData, media);
  expect((await one.next(MESSAGE.multimediaAnswer)).body.readUInt32BE(0)).toBe(5);

  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${gateway.http}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    return path === '/metrics' ? answer.text() : answer.json();
  };
  const span = `from=${new Date(AT_MS - 1000).toISOString()}&to=${new Date(AT_MS + 1000).toISOString()}`;
  const points = await waitUntil('the position is in its series', async () => {
    const answer = (await get(`/api/v1/series?device=truck-1&metric=lift&${span}`)) as { points: unknown[] };
    return answer.points.length > 0 && answer.points;
  });
  expect(points).toMatchObject([{ value: 1 }]);
  expect(await get('/api/v1/quarantine')).toMatchObject({
    items: [{ source: 'jt808', deviceId: 'truck-1', channel: '0x0200 013907310001' }],
  });
  expect(await get('/api/v1/devices/truck-2')).toMatchObject({ health: 'online' });
  const metrics = String(await get('/metrics'));
  expect(metrics).toContain('xuncheng_jt808_connections{terminal="known"} 2');
  expect(metrics).toContain('xuncheng_jt808_locations_total{position="yes"} 3');
  expect(metrics).not.toContain('13907310001');
  expect(await gateway.end('SIGTERM')).toBe(0);
});

it('has every acknowledged location after SIGKILL, once', { timeout: 300_000 }, async () => {
  const config = configFile('{ port: 0, authenticate: false }');
  const data = join(tempDir(), 'data');
  const acknowledged = new Set<number>();
  for (let round = 0; round < 1; round += 1) {
    const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
    const terminal = new TestTerminal(Number(new URL(gateway.jt808).port), '13907310001', '2013');
    const first_ms = AT_MS - 10_000_000 * (round + 1);
    const frames = Array.from({ length: 500 }, (_, index) =>
      terminal.frame(MESSAGE.location, encodeLocation(locationAt(first_ms + index * 1000)), {
        serial: index,
      }),
    );
    terminal.socket.write(Buffer.concat(frames));
    await waitUntil('some are acknowledged', () => terminal.received.length > 50);
    expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
    for (const { id, body } of terminal.received) {
      if (id === MESSAGE.platformAck) acknowledged.add(first_ms + body.readUInt16BE(0) * 1000);
    }
  }
  expect(acknowledged.size).toBeGreaterThan(40);
  const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
  const from = new Date(AT_MS - 30_000_000).toISOString();
  const to = new Date(AT_MS).toISOString();
  const stored = await waitUntil('all are in the series', async () => {
    const answer = await fetch(
      `${gateway.http}/api/v1/series?device=truck-1&metric=lat&from=${from}&to=${to}`,
      { headers: { authorization: `Bearer ${KEY}` } },
    );
    const { points } = (await answer.json()) as { points: { at: string }[] };
    const times = points.map(({ at }) => Date.parse(at));
    return [...acknowledged].every((at_ms) => times.includes(at_ms)) && times;
  });
  expect(new Set(stored).size).toBe(stored.length);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

it('does not listen where others could reach it without authentication', async () => {
  const open = configFile('{ host: 0.0.0.0, port: 0, authenticate: false }');
  const refused = await cli(['check', '--config', open]);
  expect(refused.code).toBe(1);
  expect(`${refused.out}${refused.err}`).toMatch(/xuncheng\.yaml:1.*listen\.jt808\.authenticate/s);
  expect((await cli(['check', '--config', configFile('{ host: 0.0.0.0, port: 0 }')])).code).toBe(0);
});
