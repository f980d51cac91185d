import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { isSameOrigin, readCredential } from '../../src/api/credentials.ts';
import { timeOf_ms } from '../../src/api/query.ts';
import { parseRange } from '../../src/api/range.ts';
import { SessionTable } from '../../src/api/sessions.ts';
import { compileValidator } from '../../src/api/validation.ts';

describe('parseRange', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=90-500', { first: 90, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-500', { first: 0, last: 99 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=9-3', undefined],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    ['bytes=-', undefined],
    ['bytes=abc-', undefined],
  ])('%s of 100 bytes', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });
});

describe('readCredential', () => {
  it.each([
    [{ authorization: 'Bearer xck_a' }, { kind: 'bearer', key: 'xck_a' }],
    [{ authorization: 'bearer  xck_a ' }, { kind: 'bearer', key: 'xck_a' }],
    [{ authorization: `Basic ${btoa('dust-1:a:b')}` }, { kind: 'basic', id: 'dust-1', secret: 'a:b' }],
    [{ authorization: `Basic ${btoa('nothing')}` }, undefined],
    [{ authorization: 'Digest x' }, undefined],
    [{ cookie: 'a=1; xuncheng_session=abc; b=2' }, { kind: 'cookie', sessionId: 'abc' }],
    // A header that is given and wrong is not made good by a cookie.
    [{ authorization: 'Bearer', cookie: 'xuncheng_session=abc' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(readCredential(headers)).toEqual(expected);
  });
});

describe('isSameOrigin', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://a', host: 'a' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: 'http://a:8080', host: 'a:8080' }, true],
    [{ origin: 'http://evil', host: 'a:8080' }, false],
    [{ origin: 'null', host: 'a:8080' }, false],
    [{ host: 'a:8080' }, false],
  ])('%j: %s', (headers, expected) => {
    expect(isSameOrigin(headers)).toBe(expected);
  });
});

describe('timeOf_ms', () => {
  it.each([
    ['1767225600000', 1767225600000],
    ['2026-01-01T08:00:00+08:00', 1767225600000],
    ['2026-01-01T08:00:00 08:00', 1767225600000],
    ['2026-01-01T00:00:00Z', 1767225600000],
  ])('%s', (text, expected) => {
    expect(timeOf_ms('from', text)).toBe(expected);
  });

  it.each(['2026-01-01', 'yesterday', '12', '-1', ''])('refuses %j and names the key', (text) => {
    expect(() => timeOf_ms('from', text)).toThrow(/from/);
  });
});

describe('compileValidator', () => {
  const schema = Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
      kind: Type.Optional(Type.Enum(['a', 'b'])),
    },
    { additionalProperties: false },
  );
  const check = compileValidator({ schema, method: 'GET', url: '/', httpPart: 'querystring' });

  it('converts whole numbers of a query', () => {
    expect(check({ limit: '3' })).toEqual({ value: { limit: 3 } });
  });

  it.each([
    [{ limit: '3.7' }, 'limit', 'must be integer'],
    [{ limit: 'true' }, 'limit', 'must be integer'],
    [{ limit: '' }, 'limit', 'must be integer'],
    [{ limit: '9' }, 'limit', 'must be <= 5'],
    [{ limit: ['1', '2'] }, 'limit', 'must be integer'],
    [{ kind: 'c' }, 'kind', 'must be one of a, b'],
    [{ lmit: '3' }, 'lmit', 'unknown key'],
  ])('refuses %j and names the key', (query, key, message) => {
    expect(check(query)).toMatchObject({ error: { errors: [{ key, message }] } });
  });

  it('converts nothing in a body', () => {
    const body = compileValidator({ schema, method: 'POST', url: '/', httpPart: 'body' });
    expect(body({ limit: '3' })).toMatchObject({ error: { code: 'invalid-request' } });
  });
});

describe('SessionTable', () => {
  it('drops the oldest at its bound, and what has expired', () => {
    let now_ms = 0;
    const table = new SessionTable({ sessions_max: 2, lifetime_ms: 1000 }, () => now_ms);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => table.open(name, `key-${name}`).id);
    expect(table.get(a ?? '')).toBeUndefined();
    expect(table.get(b ?? '')?.name).toBe('b');
    expect(table.size).toBe(2);
    now_ms = 1000;
    expect(table.get(c ?? '')).toBeUndefined();
    table.open('d', 'key-d');
    expect(table.size).toBe(1);
  });
});
