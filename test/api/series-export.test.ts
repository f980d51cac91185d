import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/store/journal.ts';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

const START_MS = Date.UTC(2026, 8, 30);
const COUNT = 11_000;

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
  world.devices.add('dust-1', 'dust');
  world.devices.add('truck-1', 'truck');
  const records = Array.from({ length: COUNT }, (_, n): JournalRecord => {
    const at_ms = START_MS + n * 10_000;
    const metrics = { pm10_ug_m3: n / 2 };
    const flag = n === 1 ? ({ flag: 'D' } as const) : {};
    const sent = { deviceId: 'dust-1', at_ms, received_ms: at_ms };
    const body = { kind: 'reading', deviceKind: 'dust', ...sent, metrics, ...flag } as const;
    return { seq: n + 1, subjectId: 'dust-1', at_ms, received_ms: at_ms, body };
  });
  const fix = { kind: 'position', deviceId: 'truck-1', at_ms: START_MS, received_ms: START_MS } as const;
  const position = { ...fix, lon: 113.5, lat: 28.25, speed_kmh: 40 };
  const seq = COUNT + 1;
  records.push({ seq, subjectId: 'truck-1', at_ms: START_MS, received_ms: START_MS, body: position });
  world.series.apply(records);
});
afterAll(() => world.stop());

async function get(query: string, headers: Record<string, string> = {}) {
  const url = `/api/v1/series?device=dust-1&metric=pm10_ug_m3&from=${START_MS}&${query}`;
  const answer = await world.app.inject({ url, headers: { ...world.as('viewer'), ...headers } });
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.body, answer };
}

it('gives all values as CSV, more than an answer in JSON may have', async () => {
  const { status, type, text, answer } = await get('format=csv');
  expect(status).toBe(200);
  expect(type).toMatch(/^text\/csv/);
  expect(answer.headers['content-disposition']).toBe('attachment; filename="dust-1-pm10_ug_m3.csv"');
  const lines = text.trimEnd().split('\r\n');
  expect(lines).toHaveLength(COUNT + 1);
  expect(lines.slice(0, 3)).toEqual([
    'at,device,metric,value,flag',
    '2026-09-30T00:00:00.000Z,dust-1,pm10_ug_m3,0,N',
    '2026-09-30T00:00:10.000Z,dust-1,pm10_ug_m3,0.5,D',
  ]);
  const byAccept = await get('', { accept: 'text/csv' });
  expect(byAccept.text).toBe(text);
});

it('gives them as line protocol, named as the InfluxDB sink names them', async () => {
  const { type, text } = await get(`to=${START_MS + 20_000}`, { accept: 'application/vnd.influx.line' });
  expect(type).toMatch(/^text\/plain/);
  expect(text).toBe(
    `dust,device=dust-1,flag=N pm10_ug_m3=0 ${START_MS}\ndust,device=dust-1,flag=D pm10_ug_m3=0.5 ${START_MS + 10_000}\n`,
  );
  const url = `/api/v1/series?device=truck-1&metric=lon&from=${START_MS}&format=line`;
  const truck = await world.app.inject({ url, headers: world.as('viewer') });
  expect(truck.body).toBe(`position,device=truck-1 lon=113.5 ${START_MS}\n`);
});

it('refuses what does not go together, and gives nothing of an unknown metric', async () => {
  expect((await get('format=csv&step=60')).status).toBe(400);
  expect((await get('format=xml')).status).toBe(400);
  const url = `/api/v1/series?device=dust-1&metric=x&from=${START_MS}&format=csv`;
  const none = await world.app.inject({ url, headers: world.as('viewer') });
  expect(none.body).toBe('at,device,metric,value,flag\r\n');
});
