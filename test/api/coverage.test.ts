import { afterAll, beforeAll, expect, it } from 'vitest';
import { CoverageStore } from '../../src/store/coverage-store.ts';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

const NOW_MS = Date.UTC(2026, 9, 1, 8);
const HOUR_MS = 3_600_000;

let world: ApiWorld;
let store: CoverageStore;
beforeAll(async () => {
  const cameras = ['a', 'b', 'c', 'new'];
  world = await createApiWorld({}, NOW_MS, {
    coverage: {
      cameras: () => cameras,
      since: () => store.since(),
      get reach_ms() {
        return store.reach_ms;
      },
      gaps: (id, from_ms, to_ms) => store.gaps(id, from_ms, to_ms),
    },
  });
  store = new CoverageStore(world.db, 1000);
  for (const cameraId of ['a', 'b', 'c'])
    store.tell({ kind: 'since', cameraId, at_ms: NOW_MS - 12 * HOUR_MS });
  const gap = {
    cameraId: 'a',
    from_ms: NOW_MS - 4 * HOUR_MS,
    to_ms: NOW_MS - HOUR_MS,
    cause: 'offline',
  } as const;
  store.tell({ kind: 'gap', gap: { ...gap, reason: 'Connection refused' } });
  store.tell({ kind: 'gap', gap: { cameraId: 'b', from_ms: NOW_MS - 6 * HOUR_MS, cause: 'dark' } });
  world.devices.registerFixed([
    { id: 'a', kind: 'camera', name: 'West', gridCode: '430103001001003' },
    { id: 'b', kind: 'camera', gridCode: '430103001001004' },
    { id: 'c', kind: 'camera' },
  ]);
});
afterAll(() => world.stop());

const get = async (query: string) => {
  const answer = await world.app.inject({ url: `/api/v1/coverage${query}`, headers: world.as('viewer') });
  return { status: answer.statusCode, body: answer.json() };
};
const iso = (ms: number): string => new Date(ms).toISOString();

it('gives the share of time by camera and district, from when each was there', async () => {
  const { status, body } = await get('');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    from: iso(NOW_MS - 24 * HOUR_MS),
    to: iso(NOW_MS),
    share: 27 / 36,
    next: null,
  });
  const [a, b, c, fresh] = body.items;
  expect(a).toEqual({
    ...{ id: 'a', name: 'West', gridCode: '430103001001003', district: '430103' },
    ...{ since: iso(NOW_MS - 12 * HOUR_MS), share: 0.75, spanSeconds: 12 * 3600, coveredSeconds: 9 * 3600 },
    ...{ missingSeconds: { offline: 3 * 3600 }, gapCount: 1 },
    gaps: [
      {
        ...{ from: iso(NOW_MS - 4 * HOUR_MS), to: iso(NOW_MS - HOUR_MS) },
        ...{ cause: 'offline', reason: 'Connection refused' },
      },
    ],
  });
  expect(b).toMatchObject({ share: 0.5, gaps: [{ from: iso(NOW_MS - 6 * HOUR_MS), cause: 'dark' }] });
  expect(b.gaps[0]).not.toHaveProperty('to');
  expect(c).toMatchObject({ share: 1, gaps: [] });
  expect(fresh).toMatchObject({ share: null, spanSeconds: 0 });
  expect(body.districts).toMatchObject([
    { district: '430103', cameras: 2, share: 15 / 24 },
    { district: null, cameras: 2, share: 1 },
  ]);
});

it('cuts to the span asked for, and goes by pages', async () => {
  const from = NOW_MS - 2 * HOUR_MS;
  const first = await get(`?from=${from}&to=${NOW_MS + HOUR_MS}&limit=1`);
  expect(first.body).toMatchObject({ next: 'a', items: [{ id: 'a', share: 0.5 }], to: iso(NOW_MS) });
  const rest = await get(`?from=${from}&after=a`);
  expect(rest.body.items.map(({ id }: { id: string }) => id)).toEqual(['b', 'c', 'new']);
  expect((await get('?district=430103')).body.items).toHaveLength(2);
  expect((await get('?device=c')).body.items).toMatchObject([{ id: 'c' }]);
});

it.each([
  ['?from=2026-01-01', 'from'],
  ['?from=2020-01-01T00:00:00Z', 'from'],
  [`?from=${NOW_MS}&to=${NOW_MS - 1}`, 'to'],
  ['?district=43', 'district'],
])('refuses %s', async (query, key) => {
  expect(await get(query)).toMatchObject({ status: 400, body: { errors: [{ key }] } });
});
