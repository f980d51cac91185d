import { describe, expect, it } from 'vitest';
import { degreesOf } from '../../src/domain/geometry.ts';
import type { PositionObservation } from '../../src/domain/observation.ts';
import { engineOf, feedAll, fix, mapZone, range, START_MS, story, tick } from './support.ts';

const rule = { id: 'truck-stop', kind: 'truck-stop' };
const LON = 113.1;
const LAT = 28.2;
const metre = degreesOf(1, LAT);
/** Metres east and north of a point far from every zone. */
const at = (at_s: number, east_m: number, north_m: number, more: Partial<PositionObservation> = {}) =>
  fix(at_s, LON + east_m * metre.lon, LAT + north_m * metre.lat, more);
const site = mapZone('site-1', 'site', LON, LAT);

/** Drives in from the west, stands from `from_s` to `to_s`, drives on; a position each 15 s. */
function visit(
  from_s: number,
  to_s: number,
  until_s: number,
  more: (at_s: number) => Partial<PositionObservation> = () => ({}),
): PositionObservation[] {
  return range(0, until_s, 15).map((at_s) => {
    const east_m = at_s < from_s ? (at_s - from_s) * 10 : at_s <= to_s ? 0 : (at_s - to_s) * 10;
    const speed_kmh = at_s < from_s || at_s > to_s ? 36 : 0;
    return at(at_s, east_m, 0, { speed_kmh, ...more(at_s) });
  });
}

interface Case {
  readonly what: string;
  readonly fixes: readonly PositionObservation[];
  readonly config?: Record<string, unknown>;
  readonly zones?: ReturnType<typeof mapZone>[];
  readonly story: string;
}

const lifted = (from_s: number, to_s: number) => (at_s: number) => ({ lift: at_s >= from_s && at_s <= to_s });
const unloaded = (at: number) => (at_s: number) => ({
  load: at_s < at ? ('full' as const) : ('empty' as const),
});

const STOPS: Case[] = [
  { what: 'a drive through', fixes: visit(0, -1, 900), story: '' },
  { what: 'a short stand', fixes: visit(60, 600, 900), story: '' },
  { what: 'a long stand, until it drives on', fixes: visit(60, 900, 1200), story: 'open@660 end@915' },
  { what: 'a long stand within a site', fixes: visit(60, 900, 1200), zones: [site], story: '' },
  {
    what: 'a long stand within a zone that permits nothing',
    fixes: visit(60, 900, 1200),
    zones: [mapZone('s', 'sensitive', LON, LAT)],
    story: 'open@660 end@915',
  },
  {
    what: 'a stand beside the gate, within the margin',
    fixes: visit(60, 900, 1200),
    zones: [mapZone('s', 'site', LON + 105 * metre.lon, LAT)],
    story: '',
  },
  {
    what: 'a stand beyond the margin',
    fixes: visit(60, 900, 1200),
    zones: [mapZone('s', 'site', LON + 125 * metre.lon, LAT)],
    story: 'open@660 end@915',
  },
  {
    what: 'a stand on a site outside its hours',
    fixes: visit(60, 900, 1200),
    zones: [{ ...site, hours: [{ from: '18:00', to: '20:00' }] }],
    story: 'open@660 end@915',
  },
  {
    what: 'positions that tremble, and speeds that do not quite',
    fixes: visit(60, 900, 960).map((position, n) =>
      position.speed_kmh === 0
        ? { ...position, lat: position.lat + (n % 3) * 10 * metre.lat, speed_kmh: n % 4 === 0 ? 2.5 : 0 }
        : position,
    ),
    story: 'open@660 end@915',
  },
  {
    what: 'a single position far off',
    fixes: visit(60, 900, 960).map((position) =>
      position.at_ms === START_MS + 300_000 ? { ...position, lat: position.lat + 0.5 } : position,
    ),
    story: 'open@660 end@915',
  },
  {
    what: 'a single position a little off',
    fixes: visit(60, 900, 960).map((position) =>
      position.at_ms === START_MS + 300_000 ? { ...position, lat: position.lat + 80 * metre.lat } : position,
    ),
    story: 'open@660 end@915',
  },
  {
    what: 'a receiver without a fix',
    fixes: visit(60, 900, 960).map((position) =>
      position.at_ms === START_MS + 300_000 ? { ...position, lat: 0, lon: 0 } : position,
    ),
    story: 'open@660 end@915',
  },
  {
    what: 'a truck that sends no speed',
    fixes: visit(60, 900, 960).map(({ speed_kmh: _unknown, ...position }) => position),
    // Its first slow position is the second one at the place.
    story: 'open@675 end@915',
  },
  {
    what: 'a jam: slow, but never long at one place',
    fixes: range(0, 1800, 15).map((s) => at(s, s * 0.2, 0, { speed_kmh: s % 60 === 0 ? 1 : 2 })),
    story: '',
  },
  {
    what: 'a stand with positions only every ten minutes',
    fixes: range(0, 3601, 600).map((s) => at(s, 0, 0, { speed_kmh: 0 })),
    story: 'open@600 update@1200 update@1800 update@2400 update@3000 update@3600',
  },
  {
    what: 'no stand through two hours of silence',
    fixes: [
      at(0, 0, 0, { speed_kmh: 0 }),
      at(7200, 0, 0, { speed_kmh: 0 }),
      at(7260, 0, 0, { speed_kmh: 0 }),
    ],
    story: '',
  },
];

const DUMPINGS: Case[] = [
  {
    what: 'a body lifted outside every site',
    fixes: visit(60, 180, 300, lifted(90, 150)),
    story: 'open@105 end@195',
  },
  { what: 'a body lifted on a site', fixes: visit(60, 180, 300, lifted(90, 150)), zones: [site], story: '' },
  { what: 'one flicker of the lift', fixes: visit(60, 180, 300, lifted(90, 90)), story: '' },
  {
    what: 'a flicker of several positions within a second or two',
    fixes: range(0, 60).map((s) => at(s, 0, 0, { speed_kmh: 0, lift: s > 20 && s < 24 })),
    story: '',
  },
  {
    what: 'a lift that is stuck while driving',
    fixes: visit(60, 180, 300, () => ({ lift: true })),
    story: '',
  },
  {
    what: 'a lift that was stuck and came free',
    fixes: visit(60, 300, 420, (s) => ({ lift: s < 90 || (s > 150 && s < 240) })),
    story: 'open@180 end@315',
  },
  {
    what: 'a load lost while standing',
    fixes: visit(60, 180, 300, unloaded(120)),
    story: 'open@135 end@195',
  },
  { what: 'a load lost on a site', fixes: visit(60, 180, 300, unloaded(120)), zones: [site], story: '' },
  {
    what: 'one flicker of the load',
    fixes: visit(60, 180, 300, (s) => ({ load: s === 120 ? 'empty' : 'full' })),
    story: '',
  },
  { what: 'a load that was never there', fixes: visit(60, 180, 300, () => ({ load: 'empty' })), story: '' },
  {
    what: 'a load that went missing on the way',
    fixes: visit(120, 240, 300, unloaded(60)),
    story: '',
  },
  {
    what: 'both signs: one dumping, told again when it is sure',
    fixes: visit(60, 240, 330, (s) => ({ ...lifted(90, 180)(s), ...unloaded(150)(s) })),
    story: 'open@105 update@165 end@255',
  },
  {
    what: 'a heap drawn out over 150 m is one dumping',
    fixes: range(0, 300, 5).map((s) => {
      const tips = s >= 60 && s <= 180;
      const east_m = s < 60 ? (s - 60) * 8 : s <= 180 ? (s - 60) * 1.25 : 150 + (s - 180) * 8;
      return at(s, east_m, 0, { speed_kmh: tips ? 4.5 : 29, lift: tips });
    }),
    story: 'open@65 end@185',
  },
];

describe('truck-stop', () => {
  for (const [name, cases] of [
    ['suspicious stop', STOPS],
    ['dumping', DUMPINGS],
  ] as const) {
    it.each(cases.map((entry) => [entry.what, entry] as const))(`${name}: %s`, (_what, entry) => {
      const engine = engineOf([{ ...rule, ...entry.config }], { mapZones: entry.zones ?? [] });
      expect(story(feedAll(engine, entry.fixes))).toBe(entry.story);
    });
  }

  it('says who, where, how, and what the truck cannot tell', () => {
    const engine = engineOf([rule], {
      devices: [{ id: 'truck-1', kind: 'truck', plate: '湘A12345' }],
      mapZones: [
        { ...mapZone('grid', 'grid', LON, LAT, 500), street: 'River Road', gridCode: '430102001001002' },
      ],
    });
    const [opened] = feedAll(engine, visit(60, 240, 300, lifted(90, 180)));
    expect(opened).toMatchObject({
      type: 'illegal-dumping',
      key: 'truck-1/dumping',
      onset_ms: START_MS + 90_000,
      severity: 3,
      confidence: 0.7,
      subject: { deviceId: 'truck-1', plate: '湘A12345' },
      place: { street: 'River Road', gridCode: '430102001001002' },
      measures: { lifted: true, load_lost: false, night: false },
      missing: [{ modality: 'gps', reason: 'no load sensor' }],
    });
    const track = opened?.exhibits[0];
    if (track?.kind !== 'track') throw new Error('no track');
    expect(track.points.at(-1)).toMatchObject({ at_ms: START_MS + 105_000, lift: true });
    expect(track.points[0]).toMatchObject({ at_ms: START_MS, speed_kmh: 36 });
  });

  it('is severe at night and loaded, and relates a stop and a dumping of one stand', () => {
    const engine = engineOf([rule]);
    const night_s = 13 * 3600;
    const found = feedAll(
      engine,
      visit(60, 1500, 1600, (s) => ({ load: s < 1200 ? 'full' : 'empty' })).map((position) => ({
        ...position,
        at_ms: position.at_ms + night_s * 1000,
        received_ms: position.received_ms + night_s * 1000,
      })),
    );
    const stop = found.find(({ type, action }) => type === 'truck-suspicious-stop' && action === 'open');
    const dumping = found.find(({ type, action }) => type === 'illegal-dumping' && action === 'open');
    expect(stop).toMatchObject({ severity: 3, measures: { night: true, load: 'full' } });
    expect(dumping?.related).toEqual([{ key: 'truck-1/stop', onset_ms: stop?.onset_ms }]);
    const later = found.findLast(({ type }) => type === 'truck-suspicious-stop');
    expect(later?.related).toEqual([{ key: 'truck-1/dumping', onset_ms: dumping?.onset_ms }]);
  });

  it('believes a truck that really is elsewhere, after some positions', () => {
    const engine = engineOf([rule]);
    const found = feedAll(engine, [
      ...visit(0, 60, 60),
      ...range(60, 800, 15).map((s) => at(s, 40_000, 0, { speed_kmh: 0 })),
    ]);
    // Believed at 90, away from the old place for the second time at 105.
    expect(story(found)).toBe('open@705');
    expect(found[0]?.measures.rejected_positions).toBe(2);
  });

  it('believes no place that a receiver names without a satellite, once it has told of some', () => {
    const without = (from_s: number, to_s: number) => (at_s: number) => ({
      satellites: at_s >= from_s && at_s <= to_s ? 0 : 9,
    });
    // It repeats where it was when it lost them: that is no stand.
    expect(feedAll(engineOf([rule]), visit(60, 900, 1200, without(75, 900)))).toEqual([]);
    // A unit that never counts them says 0 for ever.
    const uncounted = visit(60, 900, 1200, () => ({ satellites: 0 }));
    expect(story(feedAll(engineOf([rule]), uncounted))).toBe('open@660 end@915');
  });

  it('states silence, and gives up after long', () => {
    const engine = engineOf([{ ...rule, give_up_s: 7200 }]);
    const found = feedAll(engine, [...visit(60, 2000, 700), ...range(700, 9000, 10).map(tick)]);
    expect(story(found)).toBe('open@660 update@990 end@7890');
    expect(found[1]?.missing.at(-1)).toMatchObject({
      reason: 'no position',
      from: '2026-11-22T02:11:30.000Z',
    });
    expect(found[2]?.missing.at(-1)?.reason).toMatch(/given up/);
  });

  it('bounds the track', () => {
    const engine = engineOf([rule]);
    const found = feedAll(
      engine,
      range(0, 7200).map((s) => at(s, s * 10, 0, { speed_kmh: s > 6000 ? 0 : 36, lift: s > 7100 })),
    );
    feedAll(
      engine,
      range(7200, 7300).map((s) => at(s, 72_000, 0, { speed_kmh: 0, lift: true })),
    );
    expect(JSON.stringify(engine.snapshot()).length).toBeLessThan(20_000);
    expect(
      found.every(({ exhibits }) => exhibits.every((e) => e.kind === 'track' && e.points.length <= 120)),
    ).toBe(true);
  });
});
