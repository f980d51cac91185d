import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<
    string,
    { readonly description?: string; readonly content?: Record<string, { readonly schema: object }> }
  >;
}

const ROUTES = [
  'get /healthz',
  'get /readyz',
  'get /metrics',
  'get /api/v1/devices',
  'get /api/v1/devices/{id}',
  'get /api/v1/devices/pending',
  'post /api/v1/devices/pending/{id}/admit',
  'post /api/v1/devices/{id}/commands',
  'delete /api/v1/devices/pending/{id}',
  'get /api/v1/series',
  'post /api/v1/observations',
  'get /api/v1/incidents',
  'get /api/v1/incidents/{id}',
  'get /api/v1/incidents/{id}/evidence/{eid}',
  'get /api/v1/counts',
  'get /api/v1/events',
  'post /api/v1/cases/claim',
  'get /api/v1/cases',
  'get /api/v1/cases/{id}',
  ...[
    'accept',
    'reject',
    'dispatch',
    'handled',
    'verify',
    'reopen',
    'close',
    'withdraw',
    'release',
    'extend',
  ].map((action) => `post /api/v1/cases/{id}/${action}`),
  'get /api/v1/models/shadows',
  'get /api/v1/quarantine',
  'get /api/v1/recoveries',
  'get /api/v1/cameras',
  'get /api/v1/coverage',
  ...['daily', 'weekly', 'monthly'].map((period) => `get /api/v1/reports/${period}`),
  'get /api/v1/cameras/{id}/frame.jpg',
  'get /api/v1/cameras/{id}/live',
  'get /api/v1/cameras/{id}/suppressions',
  'delete /api/v1/cameras/{id}/suppressions/{suppression}',
  'post /api/v1/session',
  'get /api/v1/session',
  'delete /api/v1/session',
];

let world: ApiWorld;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  world = await createApiWorld();
  const document = (await world.app.inject('/api/v1/openapi.json')).json();
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '0.0.0' } });
  paths = document.paths;
});
afterAll(() => world.stop());

describe('the OpenAPI document', () => {
  it('has every route and no other', () => {
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'head')
        .map((method) => `${method} ${path}`),
    );
    expect(found.sort()).toEqual([...ROUTES].sort());
  });

  it.each(ROUTES)('%s has its parameters, body, answers and security', (route) => {
    const [method = '', path = ''] = route.split(' ');
    const operation = paths[path]?.[method];
    if (operation === undefined) throw new Error(`${route} is missing`);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual(named);
    if (method === 'post') {
      expect(operation.requestBody?.content['application/json']?.schema).toMatchObject(expect.any(Object));
    }
    // What becomes a WebSocket has no body.
    if (operation.responses['101'] !== undefined) return;
    const ok = operation.responses['200'] ?? operation.responses['204'];
    expect(ok).toBeDefined();
    if (operation.responses['204'] === undefined) {
      const [content] = Object.values(ok?.content ?? {});
      expect(Object.keys(content?.schema ?? {}).length).toBeGreaterThan(0);
    }
    if (!['/healthz', '/readyz'].includes(path) && method !== 'delete') {
      expect(operation.responses['4XX']?.content).toHaveProperty(['application/problem+json']);
    }
    const isOpen = ['/healthz', '/readyz'].includes(path) || route === 'post /api/v1/session';
    expect(operation.security?.length === 0).toBe(isOpen);
  });
});
