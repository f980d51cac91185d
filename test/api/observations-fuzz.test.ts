import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createApiWorld } from '../support/api-world.ts';
import { mutated } from '../support/mutate.ts';

const AT_MS = Date.UTC(2026, 9, 1, 7);

it('answers every body, stores all of it or nothing, and keeps what it refuses', {
  timeout: 120_000,
}, async () => {
  const world = await createApiWorld({ body_bytes_max: 50_000 });
  world.devices.add('dust-1', 'dust');
  world.devices.add('truck-1', 'truck');
  const entry = (kind: string, id: string, channel: string, payload: unknown) => ({
    ...{ deviceKind: kind, deviceId: id, channel, payload },
  });
  const seeds = [
    entry('dust', 'dust-1', 'reading', { at: AT_MS, pm10_ug_m3: 80, flag: 'N', 'a b': [1, { c: null }] }),
    [
      entry('truck', 'truck-1', 'position', { at: AT_MS, lon: 121.4, lat: 31.2, crs: 'gcj02', lift: true }),
      entry('dust', 'dust-1', 'status', { at: '2026-10-01T07:00:00Z', online: true, battery_pct: 7 }),
    ],
    entry('dust', 'dust-1', 'reading', [
      { at: AT_MS, pm25_ug_m3: 9 },
      { at: AT_MS + 1, tsp_ug_m3: 1e3 },
    ]),
  ].map((body) => Buffer.from(JSON.stringify(body)));
  const headers = { 'content-type': 'application/json', ...world.as('integrator') };
  const statuses = new Set<number>();
  /** Right JSON with anything for a payload. */
  const odd = fc
    .jsonValue({ maxDepth: 3 })
    .map((payload) => Buffer.from(JSON.stringify(entry('dust', 'dust-1', 'reading', payload))));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated(seeds), odd), async (payload) => {
      const before = world.journal.head();
      const answer = await world.app.inject({
        method: 'POST',
        url: '/api/v1/observations',
        payload,
        headers,
      });
      statuses.add(answer.statusCode);
      const stored = world.journal.read(before, 5000);
      if (answer.statusCode === 200) expect(answer.json()).toEqual({ stored: stored.length });
      else {
        expect([400, 422]).toContain(answer.statusCode);
        expect(answer.json().type).toMatch(/^urn:xuncheng:problem:/);
        expect(stored).toEqual([]);
      }
      for (const { body } of stored) expect(JSON.parse(JSON.stringify(body))).toEqual(body);
    }),
    { seed: 8080, numRuns: 200 },
  );
  expect([...statuses]).toEqual(expect.arrayContaining([400, 422]));
  for (const payload of seeds) {
    const answer = await world.app.inject({ method: 'POST', url: '/api/v1/observations', payload, headers });
    expect(answer.statusCode).toBe(200);
  }
  await world.stop();
});
