import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { EvidenceItem } from '../../src/domain/incident.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';

let world: ApiWorld;
let base: string;
let items: EvidenceItem[];
beforeAll(async () => {
  world = await createApiWorld();
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  base = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
  items = await capture(sampleIncident(1).id);
  world.putIncident(sampleIncident(1, { evidence: items }));
  const far = { lon: 100, lat: 20 };
  world.putIncident(
    sampleIncident(2, { type: 'dust-exceedance', place: far, subject: { deviceId: 'dust-1' } }),
  );
  const ended = { status: 'ended', endedAt: '2026-10-01T07:00:00.000Z' } as const;
  world.putIncident(sampleIncident(3, ended), 'ended');
});
afterAll(() => world.stop());

const get = async (url: string) => {
  const response = await world.app.inject({ url: `/api/v1${url}`, headers: world.as('viewer') });
  return { status: response.statusCode, body: response.json() };
};
const ids = (body: { items: { id: string }[] }) => body.items.map(({ id }) => Number(id.slice(4)));

describe('GET /incidents', () => {
  it.each([
    ['', [3, 2, 1]],
    ['type=dust-exceedance', [2]],
    ['status=open', [2, 1]],
    ['status=ended', [3]],
    ['device=dust-1', [2]],
    ['bbox=121,31,122,32', [3, 1]],
    ['from=2026-10-01T06:03:00Z', [3]],
    ['to=2026-10-01T06:02:00Z', [1]],
  ])('?%s', async (query, expected) => {
    expect(ids((await get(`/incidents?${query}`)).body)).toEqual(expected);
  });

  it('is paged by a cursor that holds while new ones come', async () => {
    const first = (await get('/incidents?limit=2')).body;
    expect(ids(first)).toEqual([3, 2]);
    world.putIncident(sampleIncident(4));
    const second = (await get(`/incidents?limit=2&after=${first.next}`)).body;
    expect(ids(second)).toEqual([1]);
    expect(second.next).toBeNull();
  });

  it.each([
    ['bbox=1,2,3', 'bbox'],
    ['bbox=1,50,3,40', 'bbox'],
    ['after=x', 'after'],
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['status=closed', 'status'],
    ['colour=red', 'colour'],
    ['type=a&type=b', 'type'],
  ])('refuses ?%s and names the key', async (query, key) => {
    const { status, body } = await get(`/incidents?${query}`);
    expect([status, body.errors[0].key]).toEqual([400, key]);
  });

  it('gives one whole, as it was written', async () => {
    expect((await get(`/incidents/${sampleIncident(2).id}`)).body).toEqual(
      world.incidents.get(sampleIncident(2).id),
    );
    expect((await get('/incidents/none')).status).toBe(404);
  });
});

describe('GET /incidents/:id/evidence/:eid', () => {
  const fetchItem = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${base}${items[0]?.href}`, { method, headers: { ...world.as('viewer'), ...headers } });

  it('gives the file whose hash was recorded', async () => {
    const response = await fetchItem();
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(200);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(items[0]?.sha256);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: `"${items[0]?.sha256}"`,
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
  });

  it('gives ranges of it', async () => {
    const whole = await (await fetchItem()).text();
    const part = await fetchItem({ range: 'bytes=5-14' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 5-14/${whole.length}`);
    expect(await part.text()).toBe(whole.slice(5, 15));
    const tail = await fetchItem({ range: 'bytes=-7' });
    expect(await tail.text()).toBe(whole.slice(-7));
    const beyond = await fetchItem({ range: `bytes=${whole.length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    const stale = await fetchItem({ range: 'bytes=0-1', 'if-range': '"other"' });
    expect(stale.status).toBe(200);
  });

  it('answers HEAD and a known ETag without the file', async () => {
    const head = await fetchItem({}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    const known = await fetchItem({ 'if-none-match': `"${items[0]?.sha256}"` });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  it.each([
    '/incidents/none/evidence/none',
    `/incidents/${sampleIncident(2).id}/evidence/..%2f..%2fxuncheng.db`,
    `/incidents/${sampleIncident(2).id}/evidence/%2e%2e`,
    '/incidents/..%2f..%2f..%2fetc/evidence/passwd',
  ])('finds nothing at %s', async (path) => {
    const response = await fetch(`${base}/api/v1${path}`, { headers: world.as('viewer') });
    expect([400, 404]).toContain(response.status);
  });

  it("does not give one incident's evidence under another, nor without a key", async () => {
    const { status } = await get(`/incidents/${sampleIncident(2).id}/evidence/${items[0]?.id}`);
    expect(status).toBe(404);
    expect((await fetch(`${base}${items[0]?.href}`)).status).toBe(401);
  });

  it('says so where the file is gone', async () => {
    const gone = sampleIncident(7);
    const [item] = await capture(gone.id);
    const opened = world.evidence.open(gone.id, item?.id ?? '');
    rmSync(opened?.path ?? '');
    const response = await fetch(`${base}${item?.href}`, { headers: world.as('viewer') });
    expect([404, 410]).toContain(response.status);
  });
});

function capture(incidentId: string): Promise<EvidenceItem[]> {
  const at_ms = Date.UTC(2026, 9, 1, 6);
  const points = [1, 2, 3].map((value) => ({ at_ms: at_ms + value * 1000, value: value * 100 }));
  const finding: Finding = {
    action: 'open',
    rule: { id: 'dust', version: '1' },
    type: 'dust-exceedance',
    key: 'dust-1',
    onset_ms: at_ms,
    at_ms,
    lastSeen_ms: at_ms,
    severity: 2,
    confidence: 1,
    place: { lon: 0, lat: 0 },
    sources: [],
    missing: [],
    measures: {},
    exhibits: [{ kind: 'series', deviceId: 'dust-1', at_ms, metric: 'pm10_ug_m3', limit: 150, points }],
  };
  return world.evidence.capture(incidentId, finding);
}
