import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { UnknownDevice } from '../../src/domain/unknown-device.ts';
import { openDatabase } from '../../src/store/database.ts';
import { PendingStore } from '../../src/store/pending-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await createApiWorld();
});
afterEach(() => world.stop());

const AT_MS = Date.UTC(2026, 9, 1, 8);
const URL = '/api/v1/devices/pending';

function knock(identity: string, changes: Partial<UnknownDevice> = {}): void {
  world.pending.note({ protocol: 'mqtt', identity, remote: '192.0.2.1', at_ms: AT_MS, ...changes });
}

async function list() {
  const answer = await world.app.inject({ url: URL, headers: world.as('operator') });
  return answer.json().items as { id: number; identity: string; count: number }[];
}

async function admit(id: number, payload: object) {
  const url = `${URL}/${id}/admit`;
  const answer = await world.app.inject({ method: 'POST', url, headers: world.as('operator'), payload });
  return { status: answer.statusCode, body: answer.json() };
}

it('counts, keeps what was told at any time, and survives a restart', async () => {
  knock('truck-9');
  expect(await list()).toHaveLength(1);
  knock('truck-9', { remote: '192.0.2.2', at_ms: AT_MS + 5000, details: { certificate: 'valid' } });
  knock('truck-9', { remote: '192.0.2.3', at_ms: AT_MS + 6000 });
  world.pending.flush();
  const db = openDatabase(`${world.dir}/xuncheng.db`, MAIN_SCHEMA, true);
  onTestFinished(() => void db.close());
  const again = new PendingStore(db, 3);
  expect(again.list({ limit: 9 })).toMatchObject([
    {
      ...{ protocol: 'mqtt', identity: 'truck-9', remote: '192.0.2.3', count: 3 },
      ...{ firstSeen_ms: AT_MS, lastSeen_ms: AT_MS + 6000, details: { certificate: 'valid' } },
    },
  ]);
});

it('lets go who was quiet for longest, in memory and on disk, and cuts what is told', async () => {
  knock('a');
  await list();
  for (const [index, identity] of ['b', 'c', 'd', 'e'].entries()) knock(identity, { at_ms: AT_MS + index });
  knock('b', { at_ms: AT_MS + 10, details: { model: 'x'.repeat(1000) } });
  expect((await list()).map(({ identity }) => identity).sort()).toEqual(['b', 'd', 'e']);
  expect(
    world.pending.list({ limit: 9 }).find(({ identity }) => identity === 'b')?.details.model,
  ).toHaveLength(64);
});

it('leaves out what no device could be called', async () => {
  knock('../etc');
  knock('', { protocol: 'jt808' });
  knock('MN WITH SPACE', { protocol: 'hj212' });
  expect(await list()).toEqual([]);
});

it('is for operators, and pages', async () => {
  for (const identity of ['a', 'b', 'c']) knock(identity);
  expect((await world.app.inject({ url: URL, headers: world.as('viewer') })).statusCode).toBe(403);
  const first = (await world.app.inject({ url: `${URL}?limit=2`, headers: world.as('operator') })).json();
  expect(first.items).toHaveLength(2);
  const rest = await world.app.inject({ url: `${URL}?after=${first.next}`, headers: world.as('operator') });
  expect(rest.json()).toMatchObject({ items: [{ identity: 'c' }], next: null });
});

it('admits a device of MQTT under its user name alone, with a secret that works', async () => {
  knock('dust-9');
  const id = (await list())[0]?.id ?? 0;
  expect(await admit(id, { id: 'other', kind: 'dust' })).toMatchObject({
    status: 400,
    body: { errors: [{ key: 'id' }] },
  });
  const place = { lon: 113.1, lat: 28.2, street: '芙蓉路', gridCode: '430102001' };
  const { status, body } = await admit(id, { id: 'dust-9', kind: 'dust', place });
  expect(status).toBe(200);
  expect(world.devices.get('dust-9')).toMatchObject(place);
  expect(world.devices.placeOf('dust-9')).toEqual(place);
  expect(await world.devices.verify('dust-9', body.secret)).toMatchObject({ id: 'dust-9', kind: 'dust' });
  expect(await list()).toEqual([]);
  expect((await admit(id, { id: 'dust-9', kind: 'dust' })).status).toBe(404);
});

it('refuses what contradicts the registry or the protocol, and keeps who waits', async () => {
  world.devices.add('dust-1', 'dust');
  world.devices.add('truck-1', 'truck');
  world.devices.revoke('truck-1');
  knock('13900000001', { protocol: 'jt808' });
  knock('MN1', { protocol: 'hj212' });
  const [truck, station] = await list();
  const cases: [number | undefined, object, number, string?][] = [
    [truck?.id, { id: 'dust-1', kind: 'truck' }, 409],
    [truck?.id, { id: 'truck-1', kind: 'truck' }, 409],
    [truck?.id, { id: 'truck-2', kind: 'dust' }, 400, 'kind'],
    [truck?.id, { id: 'truck-2', kind: 'truck', pw: 'x' }, 400, 'pw'],
    [truck?.id, { id: 'truck-2', kind: 'truck', profile: 'none' }, 400, 'profile'],
    [truck?.id, { id: 'truck-2', kind: 'truck', place: { lon: 113, lat: 28 } }, 400, 'place'],
    [station?.id, { id: 'dust-2', kind: 'dust', place: { lon: 200, lat: 28 } }, 400, 'place.lon'],
    [station?.id, { id: 'dust-2', kind: 'dust' }, 400, 'particulateUnit'],
    [station?.id, { id: 'dust-2', kind: 'truck', particulateUnit: 'ug' }, 400, 'kind'],
  ];
  for (const [id, request, status, key] of cases) {
    const answer = await admit(id ?? 0, request);
    expect(answer).toMatchObject({ status, body: key === undefined ? {} : { errors: [{ key }] } });
  }
  expect(await list()).toHaveLength(2);
  expect(world.devices.list()).toHaveLength(2);
});

it('dismisses, until it tries again', async () => {
  knock('truck-9');
  const id = (await list())[0]?.id;
  const dismiss = { method: 'DELETE', url: `${URL}/${id}`, headers: world.as('operator') } as const;
  expect((await world.app.inject(dismiss)).statusCode).toBe(204);
  expect((await world.app.inject(dismiss)).statusCode).toBe(404);
  knock('truck-9');
  expect(await list()).toMatchObject([{ identity: 'truck-9', count: 1 }]);
});
