import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { frameOf, MN, rawStation } from '../support/hj212.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
const AT = '20260701093000';
const RULES = `
- id: dust-limit
  kind: threshold
  type: dust-exceedance
  device_kind: dust
  metric: pm10_minute_avg_ug_m3
  window_s: 600
  expected_interval_s: 600
  limits: [{ limit: 150 }]
- id: dust-now
  kind: threshold
  type: dust-exceedance
  device_kind: dust
  metric: pm10_ug_m3
  window_s: 60
  expected_interval_s: 60
  limits: [{ limit: 150 }]
`;

function writeConfig(dir: string): string {
  const path = join(dir, 'xuncheng.yaml');
  const device = (id: string, mn: string, unit: string) =>
    `  - { id: ${id}, kind: dust, lon: 112.9, lat: 28.1, hj212: { mn: ${mn}, pw: "123456", particulate_unit: ${unit} } }\n`;
  writeFileSync(join(dir, 'rules.yaml'), RULES);
  writeFileSync(
    path,
    `listen: { http: { port: 0 }, mqtt: { port: 0 }, hj212: { port: 0 } }\nrules: rules.yaml\njournal: { lateness_ms: 200 }\n` +
      `catalogue: { file: ${CONFIG}/catalogue.yaml }\ndevices:\n` +
      device('dust-ug', MN, 'ug') +
      device('dust-ng', '0100NG', 'ng') +
      device('dust-mg', '0100mg', 'mg'),
  );
  return path;
}

it('takes HJ 212 from the wire to series, incidents, quarantine and metrics, and survives SIGKILL', {
  timeout: 180_000,
}, async () => {
  const dir = tempDir();
  const config = writeConfig(dir);
  let gateway = await startGatewayProcess(config, join(dir, 'data'), { XUNCHENG_ADMIN_KEY: KEY });
  const get = async (path: string): Promise<Response> =>
    fetch(`${gateway.http}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
  const json = async (path: string) => (await (await get(`/api/v1${path}`)).json()) as never;
  const points = async (device: string, metric: string): Promise<{ at: string; value: number }[]> => {
    const span = 'from=2026-07-01T00:00:00Z&to=2026-07-02T00:00:00Z';
    const { points: found } = await json(`/series?device=${device}&metric=${metric}&${span}`);
    return found;
  };
  const sample = async (name: string): Promise<number> => {
    const line = (await (await get('/metrics')).text()).split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1));
  };
  const station = await rawStation(Number(new URL(gateway.hj212).port));
  const CP = `DataTime=${AT};a34002-Rtd=80.5,a34002-Flag=N;LA-Rtd=61.2,LA-Flag=N`;

  const realtime = frameOf('2011', CP, { qn: `${AT}001` });
  station.send(realtime);
  expect(await station.message(1)).toMatchObject({ cn: '9014', qn: `${AT}001`, st: '91', flag: 4 });
  // Sent again, as if its answer had been lost: answered again, and one reading all the same.
  station.send(realtime);
  await station.message(2);
  station.send(frameOf('2011', `DataTime=${AT};a34002-Rtd=80500`, { qn: `${AT}002`, mn: '0100NG' }));
  station.send(frameOf('2011', `DataTime=${AT};a34002-Rtd=0.0805`, { qn: `${AT}003`, mn: '0100MG' }));
  await station.message(4);
  for (const id of ['dust-ug', 'dust-ng', 'dust-mg']) {
    const found = await waitUntil(`a point of ${id}`, async () => {
      const list = await points(id, 'pm10_ug_m3');
      return list.length > 0 && list;
    });
    expect(found).toEqual([{ at: '2026-07-01T01:30:00.000Z', value: 80.5 }]);
  }
  expect(await points('dust-ug', 'leq_dba')).toEqual([{ at: '2026-07-01T01:30:00.000Z', value: 61.2 }]);

  // The ten minutes before: their mean is above the limit and has a name of its own, though it comes later.
  const packet = (pno: number, cp: string) =>
    frameOf('2051', `DataTime=20260701092000;${cp}`, { qn: `${AT}01${pno}`, flag: 7, pnum: 2, pno });
  station.send(packet(1, 'a34002-Avg=412.0,a34002-Flag=N'));
  station.send(packet(2, 'a34001-Avg=700.0,a34001-Flag=N'));
  expect((await station.message(6)).qn).toBe(`${AT}012`);
  const incidents = await waitUntil('an incident', async () => {
    const { items } = (await json('/incidents')) as { items: { rule: { id: string }; subject: object }[] };
    return items.length > 0 && items;
  });
  expect(incidents).toMatchObject([{ rule: { id: 'dust-limit' }, subject: { deviceId: 'dust-ug' } }]);
  expect(await points('dust-ug', 'pm10_minute_avg_ug_m3')).toEqual([
    { at: '2026-07-01T01:20:00.000Z', value: 412 },
  ]);

  const damaged = Buffer.from(realtime.toString().replace('80.5', '90.5'));
  station.send(damaged);
  station.send(frameOf('1013', 'PolId=a34002', { qn: `${AT}020` }));
  expect(await station.message(7)).toMatchObject({ cn: '9013', qn: `${AT}020` });
  const setTime = await station.message(8);
  expect(setTime).toMatchObject({ cn: '1012', flag: 5 });
  const offset_ms =
    Date.now() -
    Date.parse(`${setTime.cp[0]?.[0]?.[1].replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6')}+08:00`);
  expect(Math.abs(offset_ms)).toBeLessThan(60_000);
  station.send(frameOf('9011', 'QnRtn=1', { qn: setTime.qn ?? '', flag: 4 }));
  station.send(frameOf('9012', 'ExeRtn=1', { qn: setTime.qn ?? '', flag: 4 }));

  // An operator asks the station for its interval, over HTTP, and gets what it says.
  const asked = fetch(`${gateway.http}/api/v1/devices/dust-ug/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'get-realtime-interval' }),
  });
  const wanted = await station.message(9);
  expect(wanted).toMatchObject({ cn: '1061' });
  station.send(frameOf('9011', 'QnRtn=1', { qn: wanted.qn ?? '', flag: 4 }));
  station.send(frameOf('1061', 'RtdInterval=45', { qn: wanted.qn ?? '', flag: 4 }));
  station.send(frameOf('9012', 'ExeRtn=1', { qn: wanted.qn ?? '', flag: 4 }));
  expect(await (await asked).json()).toEqual({ values: { interval_s: 45 } });

  const { items } = (await json('/quarantine')) as { items: Record<string, unknown>[] };
  expect(items).toMatchObject([
    {
      source: 'hj212',
      error: { code: 'checksum', message: expect.stringMatching(/its CRC is [0-9A-F]{4}, that of its data/) },
      payloadBytes: damaged.length,
      payloadBase64: Buffer.from(damaged.toString().replace('PW=123456', 'PW=******')).toString('base64'),
    },
  ]);
  await waitUntil(
    'the command is counted',
    async () => (await sample('xuncheng_hj212_commands_total{outcome="ok"}')) === 2,
  );
  expect(await sample('xuncheng_hj212_frames_total{outcome="checksum"}')).toBe(1);
  expect(await sample('xuncheng_hj212_frames_total{outcome="answered"}')).toBe(7);
  expect(await sample('xuncheng_hj212_deviations_total{deviation="line-end"}')).toBe(0);
  // The two readings that were sent again: dust and noise.
  expect(await sample('xuncheng_rule_engine_total{what="duplicate"}')).toBe(2);
  expect(await sample('xuncheng_rule_engine_total{what="late"}')).toBe(0);

  station.send(frameOf('2011', CP.replace(AT, '20260701093100'), { qn: `${AT}030` }));
  expect((await station.message(10)).qn).toBe(`${AT}030`);
  expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
  gateway = await startGatewayProcess(config, join(dir, 'data'), { XUNCHENG_ADMIN_KEY: KEY });
  await waitUntil('the answered reading', async () => (await points('dust-ug', 'pm10_ug_m3')).length === 2);
  expect(await gateway.end('SIGTERM')).toBe(0);
});
