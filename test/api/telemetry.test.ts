import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

const AT_MS = Date.UTC(2026, 9, 1, 7);
let world: ApiWorld;
let secret: string;
beforeEach(async () => {
  world = await createApiWorld({ body_bytes_max: 200_000 });
  ({ secret } = world.devices.add('dust-1', 'dust'));
  world.devices.registerFixed([
    { id: 'dust-1', kind: 'dust', name: 'Gate', lon: 121.4, lat: 31.2 },
    { id: 'T1', kind: 'truck', plate: '沪A·1', crs: 'gcj02' },
  ]);
});
afterEach(() => world.stop());

const reading = (at_ms: number, pm10_ug_m3: unknown) => ({
  deviceKind: 'dust',
  deviceId: 'dust-1',
  channel: 'reading',
  payload: { at: at_ms, pm10_ug_m3 },
});
const post = (payload: unknown, headers: Record<string, string> = world.as('integrator')) =>
  world.app.inject({
    method: 'POST',
    url: '/api/v1/observations',
    payload: JSON.stringify(payload),
    headers: { 'content-type': 'application/json', ...headers },
  });
const get = async (url: string) => {
  const response = await world.app.inject({ url: `/api/v1${url}`, headers: world.as('operator') });
  return { status: response.statusCode, body: response.json() };
};

describe('POST /observations', () => {
  it('answers once the readings are in the journal', async () => {
    const response = await post([
      reading(AT_MS, 80),
      {
        ...reading(0, 0),
        payload: [
          { at: AT_MS + 1000, pm10_ug_m3: 81 },
          { at: AT_MS + 2000, pm25_ug_m3: 9 },
        ],
      },
    ]);
    expect(response.json()).toEqual({ stored: 3 });
    const stored = world.journal.read(0, 10).map(({ at_ms, body }) => [at_ms, body.kind]);
    expect(stored).toEqual([0, 1000, 2000].map((later_ms) => [AT_MS + later_ms, 'reading']));
    expect(world.devices.get('dust-1')?.lastSeen_ms).toBe(world.clock.now_ms);
  });

  it('stores nothing where one cannot be decoded, says which, and keeps that one in the quarantine', async () => {
    const response = await post([
      reading(AT_MS, 80),
      { ...reading(0, 0), payload: [{ at: AT_MS }, { at: 'x' }] },
    ]);
    expect(response.statusCode).toBe(422);
    expect(response.json()).toMatchObject({
      type: 'urn:xuncheng:problem:undecodable-telemetry',
      errors: [{ key: '[1].payload[1].at' }],
    });
    expect(world.journal.head()).toBe(0);
    const { body } = await get('/quarantine');
    expect(body.next).toBeNull();
    expect(body.items).toMatchObject([
      { source: 'http', deviceId: 'dust-1', channel: 'reading', error: { code: 'schema', where: '[1].at' } },
    ]);
    expect(Buffer.from(body.items[0].payloadBase64, 'base64').toString()).toBe(
      `[{"at":${AT_MS}},{"at":"x"}]`,
    );
  });

  it.each([
    ['an unknown device', { ...reading(AT_MS, 1), deviceId: 'dust-9' }, 422, 'deviceId'],
    ['a device of another kind', { ...reading(AT_MS, 1), deviceKind: 'noise' }, 422, 'deviceKind'],
    ['an unknown key', { ...reading(AT_MS, 1), foo: 1 }, 400, 'foo'],
    ['a channel that is none', { ...reading(AT_MS, 1), channel: '../x' }, 400, 'channel'],
    ['a snapshot', { ...reading(AT_MS, 1), channel: 'snapshot' }, 422, 'payload'],
  ])('refuses %s and names the key', async (_what, payload, status, key) => {
    const response = await post(payload);
    expect(response.statusCode).toBe(status);
    expect(response.json().errors[0].key).toBe(key);
    expect(world.journal.head()).toBe(0);
  });

  it.each([
    ['', 400, 'malformed-body'],
    ['{"a":', 400, 'malformed-body'],
    ['[]', 400, 'invalid-request'],
    [`"${'x'.repeat(200_000)}"`, 413, 'too-large'],
  ])('refuses a body that is not one: %.12s', async (payload, status, code) => {
    const headers = { 'content-type': 'application/json', ...world.as('integrator') };
    const response = await world.app.inject({
      method: 'POST',
      url: '/api/v1/observations',
      payload,
      headers,
    });
    expect(response.statusCode).toBe(status);
    expect(response.json().type).toBe(`urn:xuncheng:problem:${code}`);
  });

  it('takes telemetry of a device under its own id alone', async () => {
    const basic = (id: string, password: string) => ({
      authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
    });
    expect((await post(reading(AT_MS, 80), basic('dust-1', secret))).statusCode).toBe(200);
    const other = { ...reading(AT_MS, 80), deviceId: 'T1' };
    expect((await post(other, basic('dust-1', secret))).statusCode).toBe(403);
    const wrong = await post(reading(AT_MS, 80), basic('dust-1', 'wrong'));
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['www-authenticate']).toContain('Basic');
    const headers = basic('dust-1', secret);
    expect((await world.app.inject({ url: '/api/v1/devices', headers })).statusCode).toBe(401);
  });

  it("converts positions from the device's coordinate system", async () => {
    const position = { deviceKind: 'truck', deviceId: 'T1', channel: 'position' };
    await post({ ...position, payload: { at: AT_MS, lon: 121.47, lat: 31.23 } });
    expect(world.journal.read(0, 1)[0]?.body).toMatchObject({
      given: { crs: 'gcj02', lon: 121.47, lat: 31.23 },
      lon: expect.closeTo(121.4655, 3),
    });
  });
});

describe('GET /devices', () => {
  it('shows health and latest values', async () => {
    await post(reading(AT_MS, 80));
    await post({
      ...reading(0, 0),
      channel: 'status',
      payload: { at: AT_MS, online: true, battery_pct: 71 },
    });
    const { body } = await get('/devices');
    expect(body.items.map(({ id, health }: { id: string; health: string }) => [id, health])).toEqual([
      ['T1', 'never-seen'],
      ['dust-1', 'online'],
    ]);
    world.clock.now_ms += 11 * 60_000;
    expect((await get('/devices/dust-1')).body).toMatchObject({
      name: 'Gate',
      health: 'late',
      lastSeenAt: '2026-10-01T08:00:00.000Z',
      latest: { pm10_ug_m3: { at: '2026-10-01T07:00:00.000Z', value: 80 } },
    });
    expect((await get('/devices/none')).status).toBe(404);
  });

  it('shows what was learnt of a device', async () => {
    for (let n = 0; n < 6; n += 1) {
      world.vitals.heard('dust-1', world.clock.now_ms, world.clock.now_ms + 90_000);
      world.devices.seen('dust-1', world.clock.now_ms);
      if (n < 5) world.clock.now_ms += 60_000;
    }
    expect((await get('/devices/dust-1')).body).toMatchObject({
      ...{ health: 'online', expectedInterval_s: 60, clockSkew_s: 90 },
      messages_per_min: expect.closeTo(0.5, 1),
    });
    world.clock.now_ms += 151_000;
    expect((await get('/devices/dust-1')).body).toMatchObject({ health: 'late' });
    world.clock.now_ms += 150_000;
    expect((await get('/devices/dust-1')).body).toMatchObject({ health: 'offline' });
  });

  it('is paged', async () => {
    const first = await get('/devices?limit=1');
    expect(first.body.next).toBe('T1');
    const second = await get('/devices?limit=1&after=T1');
    expect(second.body).toMatchObject({ items: [{ id: 'dust-1' }], next: null });
    expect((await get('/devices?kind=truck')).body.items).toHaveLength(1);
  });
});

describe('GET /series', () => {
  const span = `device=dust-1&metric=pm10_ug_m3&from=${AT_MS}&to=${AT_MS + 3600_000}`;
  beforeEach(async () => {
    await post([0, 20, 40, 60, 80].map((s) => reading(AT_MS + s * 1000, 100 + s)));
  });

  it('gives the values as measured', async () => {
    const { body } = await get(`/series?${span}`);
    expect(body).toMatchObject({ step_s: null, fn: null, from: '2026-10-01T07:00:00.000Z' });
    expect(body.points.map(({ value }: { value: number }) => value)).toEqual([100, 120, 140, 160, 180]);
  });

  it.each([
    ['mean', [120, 170]],
    ['max', [140, 180]],
    ['min', [100, 160]],
    ['last', [140, 180]],
    ['count', [3, 2]],
  ])('gives the %s of each step', async (fn, values) => {
    for (const step of ['60', '60s', '1m']) {
      const { body } = await get(`/series?${span}&step=${step}&fn=${fn}`);
      expect(body.step_s).toBe(60);
      expect(body.points.map(({ value }: { value: number }) => value)).toEqual(values);
    }
  });

  it('chooses the step where a function is asked for without one', async () => {
    const { body } = await get(`/series?${span}&fn=max`);
    expect(body).toMatchObject({ step_s: 1, fn: 'max' });
    expect(body.points).toHaveLength(5);
  });

  it('downsamples by itself what has more than 5,000 values', async () => {
    const base = { deviceId: 'dust-1', received_ms: AT_MS, deviceKind: 'dust', kind: 'reading' } as const;
    const entries = Array.from({ length: 5001 }, (_, index) => {
      const body = { ...base, at_ms: AT_MS + 3600_000 + index * 100, metrics: { pm10_ug_m3: index } };
      return { subjectId: 'dust-1', at_ms: body.at_ms, received_ms: AT_MS, body };
    });
    await world.journal.append(entries);
    world.series.apply(world.journal.read(world.series.cursor(), 10_000));
    const { body } = await get(
      `/series?device=dust-1&metric=pm10_ug_m3&from=${AT_MS + 3600_000}&to=${AT_MS + 7200_000}`,
    );
    expect(body).toMatchObject({ step_s: 1, fn: 'mean' });
    expect(body.points).toHaveLength(501);
  });

  it('refuses more than 5,000 steps and says which step would do', async () => {
    const { status, body } = await get(
      `/series?device=dust-1&metric=x&from=0${AT_MS - 86_400_000}&to=${AT_MS}&step=1`,
    );
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'urn:xuncheng:problem:too-many-points', errors: [{ key: 'step' }] });
    expect(body.detail).toContain('step=30');
  });

  it.each([
    ['device=dust-1', 'metric'],
    ['device=dust-1&metric=a&from=yesterday', 'from'],
    [`device=dust-1&metric=a&from=${AT_MS}&to=${AT_MS}`, 'to'],
    ['device=dust-1&metric=a&step=5x', 'step'],
    ['device=dust-1&metric=a&step=999999999d', 'step'],
    ['device=dust-1&metric=a&fn=median', 'fn'],
    ['device=dust-1&metric=a&form=1', 'form'],
  ])('refuses ?%s and names the key', async (query, key) => {
    const { status, body } = await get(`/series?${query}`);
    expect(status).toBe(400);
    expect(body.errors[0].key).toBe(key);
  });
});
