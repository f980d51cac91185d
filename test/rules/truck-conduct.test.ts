import { describe, expect, it } from 'vitest';
import type { PositionObservation } from '../../src/domain/observation.ts';
import type { TruckRoute } from '../../src/domain/route.ts';
import type { World } from '../../src/domain/world.ts';
import { engineOf, feedAll, fix, mapZone, range, START_MS, story, tick } from './support.ts';

const conduct = { id: 'truck-conduct', kind: 'truck-conduct' };
const site = mapZone('site-1', 'site', 113.1, 28.2);
/** Trucks drive east, some ten metres a second, from the middle of the site. */
const LON = 113.1;
const EAST_PER_S = 1e-4;

type Fields = Partial<PositionObservation>;
const OPEN: Fields = { load: 'full', cover: 'open', speed_kmh: 36 };
const CLOSED: Fields = { load: 'full', cover: 'closed', speed_kmh: 36 };

function drive(to_s: number, fields: (second: number) => Fields, from_s = 0): PositionObservation[] {
  return range(from_s, to_s, 5).map((second) => fix(second, LON + second * EAST_PER_S, 28.2, fields(second)));
}

interface Case {
  readonly what: string;
  readonly rule?: Record<string, unknown>;
  readonly fields: (second: number) => Fields;
  readonly zones?: ReturnType<typeof mapZone>[];
  readonly story: string;
  readonly type?: string;
}

const fast = { overspeed: { limits: [{ limit_kmh: 40 }] } };
const CASES: Case[] = [
  { what: 'lets a covered load pass', fields: () => CLOSED, story: '' },
  { what: 'lets an empty body be open', fields: () => ({ ...OPEN, load: 'empty' }), story: '' },
  { what: 'says nothing where cover or load are not told', fields: () => ({ speed_kmh: 36 }), story: '' },
  { what: 'does not mind a standing truck', fields: () => ({ ...OPEN, speed_kmh: 0 }), story: '' },
  {
    what: 'reports an uncovered load after half a minute, and its end',
    fields: (s) => (s < 100 ? OPEN : CLOSED),
    story: 'open@30 end@220',
    type: 'truck-uncovered-load',
  },
  {
    what: 'counts the time that it drove uncovered, over a light',
    fields: (s) => (s >= 20 && s < 60 ? { ...OPEN, speed_kmh: 0 } : s < 90 ? OPEN : CLOSED),
    story: 'open@75 end@210',
  },
  { what: 'does not mind it in a site', fields: (s) => (s < 12 ? OPEN : CLOSED), zones: [site], story: '' },
  {
    what: 'minds it once the truck has left the site',
    fields: (s) => (s < 60 ? OPEN : CLOSED),
    zones: [site],
    story: 'open@45 end@180',
  },
  { what: 'finds nothing too fast without a limit', fields: () => ({ speed_kmh: 120 }), story: '' },
  { what: 'allows a little more than the limit', rule: fast, fields: () => ({ speed_kmh: 48 }), story: '' },
  {
    what: 'reports who drives too fast, and its end',
    rule: fast,
    fields: (s) => ({ speed_kmh: s < 60 ? 60 : 40 }),
    story: 'open@10 end@90',
    type: 'truck-overspeed',
  },
  {
    what: 'does not mind a single fast position',
    rule: fast,
    fields: (s) => ({ speed_kmh: s === 50 ? 90 : 40 }),
    story: '',
  },
  {
    what: 'takes the first limit that applies, by zone and hour',
    rule: {
      overspeed: {
        limits: [
          { limit_kmh: 20, zone_kinds: ['sensitive'], hours: [{ from: '07:00', to: '19:00' }] },
          { limit_kmh: 40 },
        ],
      },
    },
    zones: [mapZone('school', 'sensitive', 113.1, 28.2, 300)],
    fields: () => ({ speed_kmh: 36 }),
    story: 'open@10 end@60',
  },
  {
    what: 'reports who enters a closed area, and its end',
    zones: [mapZone('core', 'no-trucks', 113.105, 28.2, 200)],
    fields: () => ({ speed_kmh: 36 }),
    story: 'open@40 end@130',
    type: 'truck-restricted-area',
  },
  {
    what: 'lets trucks in out of its hours',
    zones: [{ ...mapZone('core', 'no-trucks', 113.105, 28.2, 200), hours: [{ from: '22:00', to: '06:00' }] }],
    fields: () => ({ speed_kmh: 36 }),
    story: '',
  },
];

it.each(CASES)('$what', ({ rule = {}, fields, zones = [], story: expected, type }) => {
  const engine = engineOf([{ ...conduct, ...rule }], { mapZones: zones });
  const found = feedAll(engine, drive(300, fields));
  expect(story(found)).toBe(expected);
  if (type !== undefined) expect(found[0]).toMatchObject({ type, subject: { deviceId: 'truck-1' } });
});

describe('a truck with routes', () => {
  const STREET = [
    [LON, 28.2],
    [LON + 0.004, 28.2],
    [LON + 0.004, 28.21],
  ] as const;
  const own = { id: 'r1', lines: [STREET], deviceIds: ['truck-1'] };
  const found = (routes: readonly TruckRoute[], more: Partial<World> = {}) =>
    feedAll(
      engineOf([conduct], { routes, ...more }),
      drive(300, () => ({ speed_kmh: 36 })),
    );

  it('is off them where it drives on past their bend, until long after it is back', () => {
    // The bend lies at the 40th second; another 150 m take some 15 seconds.
    const [opened, ...others] = found([own]);
    expect(opened).toMatchObject({ type: 'truck-off-route', severity: 2, subject: { deviceId: 'truck-1' } });
    expect(opened?.measures.off_route_m).toBeGreaterThan(150);
    expect((opened?.at_ms ?? 0) - START_MS).toBe(70_000);
    expect(others.every(({ action }) => action === 'update')).toBe(true);
    const back = feedAll(engineOf([conduct], { routes: [own] }), [
      ...drive(100, () => ({ speed_kmh: 36 })),
      ...range(100, 300, 5).map((second) =>
        fix(second, LON + 0.004, 28.2 + (second - 100) * 4e-5, { speed_kmh: 36 }),
      ),
    ]);
    expect(story(back)).toBe('open@70 end@220');
  });

  it("may use any of them, one that is everybody's too, and leave them for a site", () => {
    const straight = { id: 'r2', lines: [[STREET[0], [LON + 0.05, 28.2]]] } as const;
    expect(found([own, straight])).toEqual([]);
    const zones = [mapZone('pit', 'disposal', LON + 0.004 + 0.015, 28.2, 1700)];
    expect(found([own], { mapZones: zones })).toEqual([]);
  });

  it('is off them in the hours in which none is open', () => {
    const night = [{ from: '22:00', to: '06:00' }];
    const [opened] = found([{ ...own, hours: night }]);
    expect((opened?.at_ms ?? 0) - START_MS).toBe(10_000);
    expect(opened?.measures.off_route_m).toBeUndefined();
  });

  it("that are another's, or of which nothing is known, is never off them", () => {
    expect(found([{ ...own, deviceIds: ['truck-2'] }])).toEqual([]);
    expect(found([])).toEqual([]);
    const stands = drive(300, () => ({ speed_kmh: 0 })).map((position) => ({ ...position, lon: 114 }));
    expect(feedAll(engineOf([conduct], { routes: [own] }), stands)).toEqual([]);
  });
});

it('tells limit, speed and zone, and the track', () => {
  const zones = [{ ...mapZone('core', 'restricted', 113.105, 28.2, 2000), street: 'Furong Road' }];
  const devices = [{ id: 'truck-1', kind: 'truck', plate: '湘A12345' }] as const;
  const engine = engineOf([{ ...conduct, ...fast }], { mapZones: zones, devices });
  const found = feedAll(
    engine,
    drive(20, (s) => ({ speed_kmh: 60 + s })),
  );
  const [restricted, speeding] = found;
  expect(restricted).toMatchObject({
    type: 'truck-restricted-area',
    severity: 3,
    place: { zoneId: 'core', street: 'Furong Road' },
    subject: { plate: '湘A12345' },
  });
  expect(speeding).toMatchObject({
    type: 'truck-overspeed',
    measures: { limit_kmh: 40, peak_kmh: 70, lasted_s: 10 },
    exhibits: [{ kind: 'track', deviceId: 'truck-1' }],
  });
});

it('does not believe a position that jumps into a closed area', () => {
  const zones = [mapZone('far', 'restricted', 114, 28.2)];
  const engine = engineOf([conduct], { mapZones: zones });
  const jumps = drive(100, () => CLOSED).map((position, index) =>
    index % 5 === 4 ? { ...position, lon: 114 } : position,
  );
  expect(feedAll(engine, jumps)).toEqual([]);
});

it('says when the truck falls silent, gives it up after long, and bears a restart', () => {
  const make = () => engineOf([{ ...conduct, give_up_s: 3600 }]);
  const [whole, first, second] = [make(), make(), make()];
  const positions = drive(60, () => OPEN);
  const ticks = range(60, 4000, 60).map((second_) => tick(second_));
  const all = feedAll(whole, [...positions, ...ticks]);
  expect(story(all)).toBe('open@30 update@360 end@3660');
  expect(all[1]?.missing[0]?.reason).toBe('no position');
  const before = feedAll(first, positions.slice(0, 5));
  second.restore(JSON.parse(JSON.stringify(first.snapshot())));
  expect([...before, ...feedAll(second, [...positions.slice(5), ...ticks])]).toEqual(all);
});
