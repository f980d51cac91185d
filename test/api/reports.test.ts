import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseAction } from '../../src/domain/case.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';

/** The first of October, a Thursday, at four in the afternoon in Shanghai. */
const NOW_MS = Date.UTC(2026, 9, 1, 8);
const iso = (ms: number): string => new Date(ms).toISOString();
const WEST = { lon: 112.9, lat: 28.2, street: 'West Road', gridCode: '430103001001003' };
const EAST = { lon: 113, lat: 28.2, street: 'East Road', gridCode: '430105001001003' };

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld({}, NOW_MS);
  const put = (n: number, onset_ms: number, changes: Parameters<typeof sampleIncident>[1] = {}) => {
    const at = iso(onset_ms);
    world.putIncident(sampleIncident(n, { onsetAt: at, lastSeenAt: at, place: WEST, ...changes }));
  };
  const step = (n: number, seconds: number, ...actions: CaseAction[]) => {
    for (const action of actions) {
      world.clock.now_ms += seconds * 1000;
      const id = `case_${String(n).padStart(20, '0')}`;
      expect(world.cases.transition(id, action, { actor: 'op' })).toMatchObject({ ok: true });
    }
  };
  // The last second of September there, and the first of October.
  put(1, Date.UTC(2026, 8, 30, 15, 59, 59));
  put(2, Date.UTC(2026, 8, 30, 16));
  put(3, NOW_MS - 600_000);
  put(4, NOW_MS - 600_000, { place: EAST, type: 'stall-occupation' });
  put(5, NOW_MS - 600_000, { place: EAST });
  put(6, NOW_MS - 600_000, { place: { lon: 113, lat: 28.2 } });
  step(3, 60, 'accept', 'dispatch', 'handled', 'reopen', 'dispatch', 'handled', 'verify', 'close');
  step(4, 10, 'reject');
  step(5, 10, 'accept');
  step(6, 10, 'withdraw');
});
afterAll(() => world.stop());

const get = async (path: string, role: 'viewer' | 'nobody' = 'viewer') => {
  const headers = role === 'nobody' ? {} : world.as(role);
  const answer = await world.app.inject({ url: `/api/v1/reports/${path}`, headers });
  return { status: answer.statusCode, body: answer.json() };
};

describe('a report', () => {
  it('counts what became of what began on a local day', async () => {
    const { status, body } = await get('daily?date=2026-10-01');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ period: 'daily', firstDay: '2026-10-01', lastDay: '2026-10-01', timeZone: 'Asia/Shanghai' },
      ...{ from: '2026-09-30T16:00:00.000Z', to: '2026-10-01T16:00:00.000Z' },
      ...{ isOver: false, isWhole: true, coverageShare: null },
    });
    expect(body.total).toEqual({
      ...{ incidents: 5, waiting: 1, accepted: 2, rejected: 1, withdrawn: 1 },
      ...{ handled: 1, verified: 1, reopened: 1, closed: 1 },
      ...{ precision: 0.6667, verifiedShare: 0.5 },
      // One was accepted after a minute, the other when everything else was done.
      ...{ acceptSeconds: 280, handleSeconds: 120, verifySeconds: 360 },
    });
  });

  it('divides it by type, district, street, grid cell and device', async () => {
    const { body } = await get('daily?date=2026-10-01');
    const keys = (list: { key: string | null; incidents: number }[]) =>
      list.map(({ key, incidents }) => `${key} ${incidents}`);
    expect(keys(body.byType)).toEqual(['exposed-garbage 4', 'stall-occupation 1']);
    expect(keys(body.byDistrict)).toEqual(['430103 2', '430105 2', 'null 1']);
    expect(keys(body.byStreet)).toEqual(['East Road 2', 'West Road 2', 'null 1']);
    expect(keys(body.byGrid)).toEqual(['430103001001003 2', '430105001001003 2', 'null 1']);
    expect(keys(body.byDevice)).toEqual(['cam-1 5']);
    const [east] = body.byStreet;
    expect(east).toMatchObject({ accepted: 1, rejected: 1, precision: 0.5, verifiedShare: 0 });
    expect(body.omitted).toEqual({ type: 0, district: 0, street: 0, grid: 0, device: 0 });
  });

  it('is of the last period that is over, where no day is named', async () => {
    const [day, week, month] = await Promise.all([get('daily'), get('weekly'), get('monthly')]);
    expect(day.body).toMatchObject({ firstDay: '2026-09-30', isOver: true, total: { incidents: 1 } });
    expect(week.body).toMatchObject({ firstDay: '2026-09-21', lastDay: '2026-09-27', isOver: true });
    expect(month.body).toMatchObject({
      firstDay: '2026-09-01',
      lastDay: '2026-09-30',
      total: { incidents: 1 },
    });
    const thisWeek = await get('weekly?date=2026-10-01');
    expect(thisWeek.body).toMatchObject({
      firstDay: '2026-09-28',
      lastDay: '2026-10-04',
      total: { incidents: 6 },
    });
    expect(week.body.total).toMatchObject({ incidents: 0, precision: null, acceptSeconds: null });
  });

  it('is refused for what is no day, for a day to come, and to nobody', async () => {
    for (const date of ['2026-02-30', '2026-10-02', 'tomorrow']) {
      expect((await get(`daily?date=${date}`)).status).toBe(400);
    }
    expect((await get('daily', 'nobody')).status).toBe(401);
    expect((await get('yearly')).status).toBe(404);
  });
});
