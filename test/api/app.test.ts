import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

let world: ApiWorld;
const logged: string[] = [];
beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line: string) => logged.push(line) });
  const health = () => {
    if (world.health.length === 0) throw new Error('the password is hunter2');
    return world.health;
  };
  world = await createApiWorld({}, undefined, { log, health });
  world.cameraStates.push(
    { id: 'cam-1', state: 'live', at_ms: 1767225600000, lastFrame_ms: 1767225601000 },
    { id: 'cam-2' },
  );
  world.devices.registerFixed([{ id: 'cam-1', kind: 'camera', name: 'Gate', street: 'East Road' }]);
  world.frames.set('cam-1', { jpeg: Buffer.from([0xff, 0xd8, 0xff]), at_ms: 1767225601000 });
  await world.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => world.stop());

const get = (url: string) => world.app.inject({ url, headers: world.as('viewer') });

describe('health', () => {
  it('is open, and 503 where a part is not ready', async () => {
    expect((await world.app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await world.app.inject('/readyz')).json()).toEqual({
      status: 'ready',
      parts: [{ name: 'journal', ready: true }],
    });
    world.health.push({ name: 'vision', ready: false, detail: 'starting' });
    const response = await world.app.inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([
      503,
      {
        status: 'not-ready',
        parts: [
          { name: 'journal', ready: true },
          { name: 'vision', ready: false, detail: 'starting' },
        ],
      },
    ]);
    world.health.pop();
  });

  it('measures requests by route, never by path', async () => {
    await get('/api/v1/devices/secret-device-7');
    await get('/nowhere/at-all');
    const response = await get('/metrics');
    expect(response.headers['content-type']).toContain('text/plain');
    expect(response.body).toContain('route="/api/v1/devices/:id",status="404"');
    expect(response.body).not.toContain('secret-device-7');
    expect(response.body).not.toContain('at-all');
  });
});

describe('errors', () => {
  it.each([
    ['GET', '/nowhere', 404, 'not-found'],
    ['GET', '/api/v1/weather', 404, 'not-found'],
    ['GET', '/api/v1/reports/yearly', 404, 'not-found'],
    ['DELETE', '/api/v1/devices', 404, 'not-found'],
    ['GET', '/api/v1/devices/%', 400, 'bad-request'],
    ['GET', '/api/v1/devices/..%2f..%2fetc', 400, 'invalid-request'],
    ['GET', '/api/v1/devices?nope=1', 400, 'invalid-request'],
    ['GET', '/api/v1/cameras?nope=1', 400, 'invalid-request'],
    ['POST', '/api/v1/session', 415, 'unsupported-media-type'],
  ] as const)('%s %s gives a problem: %s %s', async (method, url, status, code) => {
    const payload = method === 'POST' ? { payload: '<x/>' } : {};
    const headers = { ...world.as('viewer'), ...(method === 'POST' ? { 'content-type': 'text/xml' } : {}) };
    const response = await world.app.inject({ method, url, headers, ...payload });
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toMatchObject({ type: `urn:xuncheng:problem:${code}`, status });
    expect(response.statusCode).toBe(status);
  });

  it('of ours show nothing of themselves, and are logged', async () => {
    const parts = world.health.splice(0);
    const response = await world.app.inject('/readyz');
    world.health.push(...parts);
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      type: 'urn:xuncheng:problem:internal',
      title: 'Something went wrong inside the gateway',
      status: 500,
    });
    expect(logged.join('')).toContain('hunter2');
  });
});

describe('headers', () => {
  it.each(['/', '/healthz', '/api/v1/devices', '/nowhere'])('of %s are safe', async (url) => {
    const { headers } = await world.app.inject(url);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });
});

describe('/cameras', () => {
  it('are listed with state and place', async () => {
    expect((await get('/api/v1/cameras')).json()).toEqual({
      items: [
        {
          id: 'cam-1',
          name: 'Gate',
          street: 'East Road',
          state: 'live',
          since: '2026-01-01T00:00:00.000Z',
          lastFrameAt: '2026-01-01T00:00:01.000Z',
          frame: '/api/v1/cameras/cam-1/frame.jpg',
          suppressed: 0,
        },
        { id: 'cam-2', state: 'unknown', frame: '/api/v1/cameras/cam-2/frame.jpg', suppressed: 0 },
      ],
    });
  });

  it('show their latest frame', async () => {
    const response = await get('/api/v1/cameras/cam-1/frame.jpg');
    expect(response.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'no-store',
      'last-modified': 'Thu, 01 Jan 2026 00:00:01 GMT',
    });
    expect([...response.rawPayload]).toEqual([0xff, 0xd8, 0xff]);
    expect((await get('/api/v1/cameras/cam-2/frame.jpg')).json().type).toBe('urn:xuncheng:problem:no-frame');
    expect((await get('/api/v1/cameras/cam-3/frame.jpg')).json().type).toBe('urn:xuncheng:problem:not-found');
  });
});

describe('the page', () => {
  it('is served with its files, and nothing else of the disk', async () => {
    const page = await world.app.inject('/');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const files = [...page.body.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const response = await world.app.inject(file);
      expect(response.statusCode, file).toBe(200);
      const again = { url: file, headers: { 'if-none-match': String(response.headers.etag) } };
      expect((await world.app.inject(again)).statusCode).toBe(304);
    }
    const { port } = world.app.server.address() as AddressInfo;
    for (const path of ['/page/..%2fapp.ts', '/page/%2e%2e%2fapp.ts', '/page/app.ts', '/page/']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status, path).toBe(404);
    }
  });

  it('loads nothing from elsewhere and has nothing inline', async () => {
    const { body } = await world.app.inject('/');
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  });
});
