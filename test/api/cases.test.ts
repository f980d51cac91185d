import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
  for (let n = 1; n <= 6; n += 1) {
    world.clock.now_ms += 1000;
    world.putIncident(sampleIncident(n, n === 6 ? { type: 'noise-exceedance' } : {}));
  }
});
afterAll(() => world.stop());

const caseId = (n: number) => `case_${String(n).padStart(20, '0')}`;
const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
  const response = await world.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: world.as('operator'),
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, body: response.json() };
};

describe('/cases', () => {
  it('are listed in pages and by state', async () => {
    const first = await call('GET', '/cases?limit=4');
    expect(first.body.items).toHaveLength(4);
    const second = await call('GET', `/cases?limit=4&after=${first.body.next}`);
    expect(second.body.items.map(({ id }: { id: string }) => id)).toEqual([caseId(5), caseId(6)]);
    expect(second.body.next).toBeNull();
    expect((await call('GET', '/cases?state=closed')).body.items).toEqual([]);
    expect((await call('GET', '/cases?after=nonsense')).status).toBe(400);
    expect((await call('GET', '/counts')).body).toEqual({
      openIncidents: { 'exposed-garbage': 5, 'noise-exceedance': 1 },
      cases: { candidate: 6 },
    });
  });

  it('go through their life, each step with who and why', async () => {
    for (const [action, state] of [
      ['accept', 'accepted'],
      ['dispatch', 'dispatched'],
      ['handled', 'handled'],
    ]) {
      const { status, body } = await call('POST', `/cases/${caseId(1)}/${action}`, { note: `why ${action}` });
      expect([status, body.state]).toEqual([200, state]);
    }
    const { body } = await call('GET', `/cases/${caseId(1)}`);
    expect(body).toMatchObject({ id: caseId(1), state: 'handled' });
    expect(body.history.map(({ actor, to, note }: Record<string, string>) => [actor, to, note])).toEqual([
      ['gateway', 'candidate', undefined],
      ['test-operator', 'accepted', 'why accept'],
      ['test-operator', 'dispatched', 'why dispatch'],
      ['test-operator', 'handled', 'why handled'],
    ]);
  });

  it('take a step without a body', async () => {
    expect((await call('POST', `/cases/${caseId(2)}/reject`)).body.state).toBe('rejected');
  });

  it.each([
    ['a step that the state forbids', '/cases/00/close', {}, 409, 'bad-state', caseId(3)],
    ['an unknown case', '/cases/none/accept', {}, 404, 'not-found', ''],
    ['an unknown key', '/cases/00/accept', { nite: 'x' }, 400, 'invalid-request', caseId(3)],
    [
      'a lease length where none is changed',
      '/cases/00/accept',
      { leaseSeconds: 9 },
      400,
      'invalid-request',
      caseId(3),
    ],
    ['a token that is none', '/cases/00/accept', { token: '1.x' }, 409, 'stale-token', caseId(3)],
  ])('refuse %s', async (_what, url, payload, status, code, id) => {
    const answer = await call('POST', url.replace('00', id), payload);
    expect([answer.status, answer.body.type]).toEqual([status, `urn:xuncheng:problem:${code}`]);
  });

  it('are leased to one consumer, and a stale token is refused', async () => {
    const claim = { consumer: 'centre', max: 1, leaseSeconds: 60, types: ['noise-exceedance'] };
    const { body } = await call('POST', '/cases/claim', claim);
    expect(body.items).toHaveLength(1);
    const [{ token, incident, case: leased }] = body.items;
    expect(incident.id).toBe(leased.incidentId);
    expect(leased.lease.consumer).toBe('centre');
    expect((await call('POST', '/cases/claim', claim)).body.items).toEqual([]);
    expect((await call('POST', `/cases/${leased.id}/accept`)).body.type).toBe('urn:xuncheng:problem:leased');
    const extended = await call('POST', `/cases/${leased.id}/extend`, { token, leaseSeconds: 600 });
    expect(Date.parse(extended.body.lease.expiresAt)).toBe(world.clock.now_ms + 600_000);
    world.clock.now_ms += 601_000;
    const late = await call('POST', `/cases/${leased.id}/accept`, { token });
    expect([late.status, late.body.type]).toEqual([409, 'urn:xuncheng:problem:stale-token']);
    const again = (await call('POST', '/cases/claim', claim)).body.items[0];
    expect(again.token).not.toBe(token);
    const released = await call('POST', `/cases/${leased.id}/release`, { token: again.token });
    expect(released.body.lease).toBeUndefined();
  });

  it.each([
    [{ max: 1 }, 'consumer'],
    [{ consumer: 'x', max: 0 }, 'max'],
    [{ consumer: 'x', max: 101 }, 'max'],
    [{ consumer: 'x', max: 1, leaseSeconds: 1 }, 'leaseSeconds'],
  ])('refuse the claim %j and name the key', async (payload, key) => {
    const { status, body } = await call('POST', '/cases/claim', payload);
    expect([status, body.errors[0].key]).toEqual([400, key]);
  });
});
