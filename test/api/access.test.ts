import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/domain/role.ts';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

let world: ApiWorld;
const open = async () => {
  world = await createApiWorld({ failed_attempts_per_minute_max: 5 });
};
const close = () => world.stop();

const envelope = {
  deviceKind: 'dust',
  deviceId: 'dust-1',
  channel: 'reading',
  payload: { at: 1767225600000 },
};

describe('roles', () => {
  beforeAll(open);
  afterAll(close);

  it.each<[string, string, Role]>([
    ['GET', '/api/v1/devices', 'viewer'],
    ['GET', '/api/v1/incidents', 'viewer'],
    ['GET', '/api/v1/events', 'viewer'],
    ['GET', '/api/v1/cases', 'viewer'],
    ['GET', '/api/v1/counts', 'viewer'],
    ['GET', '/api/v1/cameras', 'viewer'],
    ['GET', '/metrics', 'viewer'],
    ['GET', '/api/v1/quarantine', 'operator'],
    ['POST', '/api/v1/cases/claim', 'operator'],
    ['POST', '/api/v1/cases/none/accept', 'operator'],
    ['POST', '/api/v1/observations', 'integrator'],
  ])('%s %s needs %s', async (method, url, needed) => {
    for (const role of ROLES) {
      const payload = method === 'GET' ? {} : { payload: url.endsWith('observations') ? envelope : {} };
      const request = { method: method as 'GET', url, headers: world.as(role), ...payload };
      const { statusCode } = await world.app.inject(request);
      const isAllowed = ROLES.indexOf(role) >= ROLES.indexOf(needed);
      expect(statusCode === 403, `${role}: ${statusCode}`).toBe(!isAllowed);
      expect(statusCode, role).not.toBe(401);
    }
  });
});

describe('access', () => {
  beforeEach(open);
  afterEach(close);

  it('is refused without a key, with a problem and a challenge', async () => {
    const response = await world.app.inject('/api/v1/devices');
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="xuncheng"');
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toEqual({
      type: 'urn:xuncheng:problem:unauthenticated',
      title: 'A valid API key is needed',
      status: 401,
      detail: 'no credentials given',
    });
  });

  it('ends with the key', async () => {
    const headers = world.as('viewer');
    expect((await world.app.inject({ url: '/api/v1/devices', headers })).statusCode).toBe(200);
    world.keyStore.revoke('test-viewer');
    expect((await world.app.inject({ url: '/api/v1/devices', headers })).statusCode).toBe(401);
  });

  it('is held up by failed attempts of the same address, except for who was let in before', async () => {
    const wrong = { url: '/api/v1/devices', headers: { authorization: 'Bearer xck_wrong' } };
    await world.app.inject({ url: '/api/v1/devices', headers: world.as('viewer') });
    for (let i = 0; i < 5; i += 1) expect((await world.app.inject(wrong)).statusCode).toBe(401);
    const refused = await world.app.inject(wrong);
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const fresh = await world.app.inject({ url: '/api/v1/devices', headers: world.as('operator') });
    expect(fresh.statusCode).toBe(429);
    const known = await world.app.inject({ url: '/api/v1/devices', headers: world.as('viewer') });
    expect(known.statusCode).toBe(200);
    const elsewhere = await world.app.inject({ ...wrong, remoteAddress: '192.0.2.7' });
    expect(elsewhere.statusCode).toBe(401);
  });
});

describe('session', () => {
  beforeEach(open);
  afterEach(close);

  const origin = { origin: 'http://localhost', host: 'localhost' };
  const signIn = async (key: string, headers = {}) =>
    world.app.inject({ method: 'POST', url: '/api/v1/session', payload: { key }, headers });

  it('gives an HttpOnly cookie for a key and opens the API to it', async () => {
    const response = await signIn(world.keys.operator);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ name: 'test-operator', role: 'operator' });
    const set = String(response.headers['set-cookie']);
    expect(set).toMatch(/^xuncheng_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const cookie = set.split(';')[0] ?? '';
    const who = await world.app.inject({ url: '/api/v1/session', headers: { cookie } });
    const now = new Date(world.clock.now_ms).toISOString();
    expect(who.json()).toEqual({ name: 'test-operator', role: 'operator', now });
  });

  it('changes nothing for a request that is not of the same origin', async () => {
    const cookie = String((await signIn(world.keys.operator)).headers['set-cookie']).split(';')[0] ?? '';
    const claim = (headers: Record<string, string>) =>
      world.app.inject({
        method: 'POST',
        url: '/api/v1/cases/claim',
        payload: { consumer: 'x', max: 1 },
        headers: { cookie, ...headers },
      });
    expect((await claim({})).json()).toMatchObject({ type: 'urn:xuncheng:problem:cross-site' });
    expect((await claim({ origin: 'http://evil.example' })).statusCode).toBe(403);
    expect((await claim({ 'sec-fetch-site': 'cross-site', ...origin })).statusCode).toBe(403);
    expect((await claim(origin)).statusCode).toBe(200);
    expect((await signIn(world.keys.viewer, { origin: 'http://evil.example' })).statusCode).toBe(403);
  });

  it('ends by request, by time and with its key', async () => {
    const open = async () =>
      String((await signIn(world.keys.viewer)).headers['set-cookie']).split(';')[0] ?? '';
    const status = async (cookie: string) =>
      (await world.app.inject({ url: '/api/v1/devices', headers: { cookie } })).statusCode;
    const [a, b, c] = [await open(), await open(), await open()];
    const ended = await world.app.inject({
      method: 'DELETE',
      url: '/api/v1/session',
      headers: { cookie: a, ...origin },
    });
    expect(ended.statusCode).toBe(204);
    expect(ended.headers['set-cookie']).toContain('Max-Age=0');
    expect([await status(a), await status(b)]).toEqual([401, 200]);
    world.clock.now_ms += 12 * 3600 * 1000;
    expect(await status(b)).toBe(401);
    world.clock.now_ms -= 12 * 3600 * 1000;
    expect(await status(c)).toBe(200);
    world.keyStore.revoke('test-viewer');
    expect(await status(c)).toBe(401);
  });

  it('is not opened by a wrong key, and the attempts count', async () => {
    for (let i = 0; i < 5; i += 1) expect((await signIn('wrong')).statusCode).toBe(401);
    expect((await signIn('wrong')).statusCode).toBe(429);
  });
});
