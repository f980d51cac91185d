import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';

let db: Database;
let store: IncidentStore;
beforeEach(() => {
  db = openDatabase(':memory:', MAIN_SCHEMA, false);
  store = new IncidentStore(db);
});
afterEach(() => db.close());

function incident(n: number, more: Partial<Incident> = {}): Incident {
  const at = new Date(Date.UTC(2026, 10, 22, 0, n)).toISOString();
  return {
    id: `inc_${n}`,
    version: 1,
    type: n % 2 === 0 ? 'dust-exceedance' : 'exposed-garbage',
    code: { scheme: 's', major: null, minor: null, name: 'n' },
    status: 'open',
    severity: 2,
    confidence: 1,
    onsetAt: at,
    lastSeenAt: at,
    place: { lon: 113 + n / 100, lat: 28 },
    sources: [{ deviceId: `dev-${n % 3}`, modality: 'dust', from: at, to: at, weight: 1 }],
    missing: [],
    measures: {},
    evidence: [],
    rule: { id: 'r', version: 'v' },
    ...more,
  };
}

const ids = (page: { readonly items: readonly Incident[] }) =>
  page.items.map(({ id }) => Number(id.slice(4)));

describe('IncidentStore', () => {
  it('gives back what was put, in its newest version', () => {
    store.put(incident(1));
    const newer = incident(1, { version: 2, status: 'ended', lastSeenAt: '2026-11-22T01:00:00.000Z' });
    store.put(newer);
    expect(store.get('inc_1')).toEqual(newer);
    expect(store.get('inc_2')).toBeUndefined();
    expect(store.list({ limit: 10 }).items).toEqual([newer]);
  });

  it('pages newest first, the same while others are opened and changed', () => {
    for (let n = 1; n <= 7; n += 1) store.put(incident(n));
    const first = store.list({ limit: 3 });
    expect(ids(first)).toEqual([7, 6, 5]);
    store.put(incident(8));
    store.put(incident(5, { version: 2 }));
    const second = store.list({ limit: 3, ...(first.next === undefined ? {} : { after: first.next }) });
    expect(ids(second)).toEqual([4, 3, 2]);
    const third = store.list({ limit: 3, ...(second.next === undefined ? {} : { after: second.next }) });
    expect(ids(third)).toEqual([1]);
    expect(third.next).toBeUndefined();
    expect(store.list({ limit: 8 }).next).toBeUndefined();
  });

  it.each([
    ['type', { type: 'dust-exceedance' }, [6, 4, 2]],
    ['status', { status: 'ended' as const }, [3]],
    ['device', { device: 'dev-1' }, [4, 1]],
    ['since', { from_ms: Date.UTC(2026, 10, 22, 0, 5) }, [6, 5, 3]],
    ['until', { to_ms: Date.UTC(2026, 10, 22, 0, 3) }, [2, 1]],
    ['box', { bbox: [113.015, 27, 113.035, 29] as const }, [3, 2]],
    ['a box elsewhere', { bbox: [113, 29, 114, 30] as const }, []],
    ['a box over the antimeridian', { bbox: [179, -90, 113.02, 90] as const }, [2, 1]],
  ])('finds by %s', (_what, filter, expected) => {
    for (let n = 1; n <= 6; n += 1) store.put(incident(n));
    store.put(incident(3, { version: 2, status: 'ended', lastSeenAt: '2026-11-22T00:30:00.000Z' }));
    expect(ids(store.list({ ...filter, limit: 100 }))).toEqual(expected);
  });

  it('counts and lists what is open', () => {
    for (let n = 1; n <= 5; n += 1) store.put(incident(n));
    store.put(incident(2, { version: 2, status: 'ended' }));
    expect(store.openCounts()).toEqual({ 'dust-exceedance': 1, 'exposed-garbage': 3 });
    expect(store.open().map(({ id }) => id)).toEqual(['inc_1', 'inc_3', 'inc_4', 'inc_5']);
  });
});
