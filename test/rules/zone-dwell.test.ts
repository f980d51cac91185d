import { describe, expect, it } from 'vitest';
import type { Detection, DetectionsObservation, Observation } from '../../src/domain/observation.ts';
import { box, cameraZone, engineOf, feedAll, frame, range, START_MS, story, tick } from './support.ts';

const garbage = {
  id: 'exposed-garbage',
  kind: 'zone-dwell',
  type: 'exposed-garbage',
  zone_kinds: ['street'],
  any_of: [['garbage']],
  dwell_s: { arterial: 60, secondary: 300, lane: null },
  clear_s: 20,
};
const heap = box('garbage', 0.5, 0.6);

interface Case {
  readonly what: string;
  readonly rule?: Record<string, unknown>;
  readonly zones?: Parameters<typeof cameraZone>[0][];
  /** What is seen at each second; undefined: no frame. */
  readonly seen: (at_s: number) => readonly Detection[] | undefined;
  readonly until?: number;
  readonly story: string;
}

const CASES: Case[] = [
  { what: 'opens after the dwell of its road', seen: () => [heap], story: 'open@60' },
  {
    what: 'has patience on a secondary road',
    zones: [{ roadClass: 'secondary' }],
    seen: () => [heap],
    until: 320,
    story: 'open@300',
  },
  {
    what: 'never minds in a lane',
    zones: [{ roadClass: 'lane' }],
    seen: () => [heap],
    until: 400,
    story: '',
  },
  { what: 'leaves other zones alone', zones: [{ kind: 'park' }], seen: () => [heap], story: '' },
  { what: 'leaves what stands outside its zone alone', seen: () => [box('garbage', 0.5, 0.1)], story: '' },
  { what: 'leaves other classes alone', seen: () => [box('person', 0.5, 0.6)], story: '' },
  { what: 'does not believe low scores', seen: () => [box('garbage', 0.5, 0.6, 0.1, 0.49)], story: '' },
  {
    what: 'updates with a later picture while it lasts',
    seen: () => [heap],
    until: 190,
    story: 'open@60 update@120 update@180',
  },
  {
    what: 'ends once it was seen to be gone for long enough',
    seen: (s) => (s < 80 ? [heap] : []),
    until: 130,
    story: 'open@60 end@99',
  },
  {
    what: 'survives occlusions of some seconds, before and after it opened',
    seen: (s) => ((s > 20 && s < 27) || (s > 80 && s < 92) ? [] : [heap]),
    until: 115,
    story: 'open@60',
  },
  {
    what: 'loses no time by a detector that finds it in two frames of three',
    seen: (s) => (s % 3 < 2 ? [heap] : []),
    until: 110,
    story: 'open@60',
  },
  {
    what: 'opens in time though just that frame misses it',
    seen: (s) => (s >= 57 && s <= 62 ? [] : [heap]),
    story: 'open@60',
  },
  {
    what: 'does not open where it is seen to have been away for longer than can be missed',
    rule: { bridge_s: 10, clear_s: 40 },
    seen: (s) => (s % 50 < 20 ? [heap] : []),
    until: 300,
    story: '',
  },
  {
    what: 'does not believe what flickers in a quarter of the frames',
    seen: (s) => (s % 4 === 0 ? [heap] : []),
    until: 300,
    story: '',
  },
  {
    what: 'does not take a row of misses for an end where misses are frequent',
    rule: { clear_s: 6 },
    seen: (s) => (s % 2 === 0 && !(s > 70 && s < 80) ? [heap] : []),
    until: 110,
    story: 'open@60',
  },
  {
    what: 'does not count what passes',
    seen: (s) => [box('garbage', (s * 0.02) % 1, 0.6)],
    until: 400,
    story: '',
  },
  {
    what: 'stays one place though the box trembles',
    seen: (s) => [box('garbage', 0.5 + 0.02 * Math.sin(s), 0.6 + 0.015 * Math.cos(3 * s))],
    until: 110,
    story: 'open@60',
  },
  {
    what: 'counts no time in which nothing was judged, but some around it',
    seen: (s) => (s > 20 && s < 60 ? undefined : [heap]),
    until: 95,
    // 20 s, 30 s of the gap, then the rest.
    story: 'open@70',
  },
  {
    what: 'does not take a gap of the camera for absence',
    seen: (s) => (s < 80 || s > 150 ? [heap] : undefined),
    until: 170,
    story: 'open@60 update@151',
  },
  {
    what: 'needs all classes of a combination beside each other',
    rule: { any_of: [['umbrella', 'person']] },
    seen: () => [box('umbrella', 0.2, 0.5), box('person', 0.8, 0.5)],
    story: '',
  },
  {
    what: 'takes a combination as one thing',
    rule: { any_of: [['umbrella', 'person']] },
    seen: () => [box('umbrella', 0.5, 0.45, 0.1), box('person', 0.52, 0.6, 0.12)],
    story: 'open@60',
  },
  {
    what: 'does not count a passer-by with an umbrella',
    rule: { any_of: [['umbrella', 'person']] },
    seen: (s) => [box('umbrella', (s * 0.03) % 1, 0.45), box('person', (s * 0.03) % 1, 0.6)],
    until: 300,
    story: '',
  },
];

function frames({ seen, until = 100 }: Case): DetectionsObservation[] {
  return range(0, until).flatMap((at_s) => {
    const detections = seen(at_s);
    return detections === undefined ? [] : [frame(at_s, detections)];
  });
}

describe('zone-dwell', () => {
  it.each(CASES.map((entry) => [entry.what, entry] as const))('%s', (_what, entry) => {
    const cameraZones = (entry.zones ?? [{}]).map(cameraZone);
    const engine = engineOf([{ ...garbage, ...entry.rule }], { cameraZones });
    expect(story(feedAll(engine, frames(entry)))).toBe(entry.story);
  });

  it('says what, where, since when, how sure, and shows the surest recent picture', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const surest = [box('garbage', 0.5, 0.6, 0.1, 0.95), box('person', 0.1, 0.9)];
    const [opened] = feedAll(engine, [
      ...range(0, 61).map((at_s) => frame(at_s, at_s === 40 ? surest : [heap])),
    ]);
    expect(opened).toMatchObject({
      action: 'open',
      type: 'exposed-garbage',
      key: 'cam-1/z1/500-600',
      onset_ms: START_MS,
      lastSeen_ms: START_MS + 60_000,
      severity: 3,
      place: { lon: 113.1, lat: 28.2, zoneId: 'z1', street: 'Furong Road' },
      subject: { deviceId: 'cam-1' },
      missing: [],
      measures: { classes: 'garbage', road_class: 'arterial', dwell_s: 60, occupied_share: 1 },
      model: { id: 'garbage' },
    });
    expect(opened?.confidence).toBeCloseTo(0.8, 1);
    expect(opened?.exhibits).toEqual([
      expect.objectContaining({
        kind: 'snapshot',
        at_ms: START_MS + 40_000,
        detections: [surest[0]],
        zone: cameraZone().polygon,
      }),
    ]);
  });

  it('tells two heaps apart and each by its own end', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const left = box('garbage', 0.3, 0.6);
    const right = box('garbage', 0.45, 0.6);
    const found = feedAll(
      engine,
      range(0, 130).map((at_s) => frame(at_s, at_s < 80 ? [left, right] : [right])),
    );
    expect(found.map(({ action, key }) => `${action} ${key}`)).toEqual([
      'open cam-1/z1/300-600',
      'open cam-1/z1/450-600',
      'end cam-1/z1/300-600',
      'update cam-1/z1/450-600',
    ]);
  });

  it('tells one heap that two detections split from two heaps', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const parts = [box('garbage', 0.48, 0.6, 0.06), box('garbage', 0.52, 0.6, 0.06)];
    const found = feedAll(
      engine,
      range(0, 100).map((at_s) => frame(at_s, at_s < 10 || at_s % 3 > 0 ? [heap] : parts)),
    );
    expect(story(found)).toBe('open@60');
  });

  it('states that the camera is silent, without ending anything, and gives up after long', () => {
    const engine = engineOf([{ ...garbage, give_up_s: 3600 }], { cameraZones: [cameraZone()] });
    const found = feedAll(engine, [
      ...range(0, 70).map((at_s) => frame(at_s, [heap])),
      ...range(70, 4000).map(tick),
    ]);
    expect(story(found)).toBe('open@60 update@189 end@3669');
    expect(found[1]?.missing).toEqual([
      {
        modality: 'camera',
        reason: 'no frame was judged',
        from: '2026-11-22T02:01:09.000Z',
        to: '2026-11-22T02:03:09.000Z',
      },
    ]);
    expect(found[2]).toMatchObject({
      endReason: expect.stringMatching(/given up/),
      lastSeen_ms: START_MS + 69_000,
    });
    expect(found[2]?.missing).toHaveLength(1);
  });

  it('states a gap of the camera in what comes after it', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const found = feedAll(engine, [
      ...range(0, 70).map((at_s) => frame(at_s, [heap])),
      ...range(70, 300).map(tick),
      ...range(300, 330).map((at_s) => frame(at_s, [])),
    ]);
    // Of the gap, max_gap_s counts as empty; but one empty frame alone ends nothing.
    expect(story(found)).toBe('open@60 update@189 end@301');
    expect(found[2]?.missing).toEqual([
      expect.objectContaining({ from: '2026-11-22T02:01:09.000Z', to: '2026-11-22T02:05:00.000Z' }),
    ]);
  });

  it('does not take the word of a detector that may not know the class', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const other = { model: { id: 'street', sha256: 'c'.repeat(64) } };
    const found = feedAll(
      engine,
      range(0, 150).flatMap((at_s): Observation[] => [
        ...(at_s < 80 ? [frame(at_s, [heap])] : []),
        frame(at_s, [], other),
      ]),
    );
    expect(story(found)).toBe('open@60');
  });

  it('listens to the named detectors only', () => {
    const engine = engineOf([{ ...garbage, models: ['street'] }], { cameraZones: [cameraZone()] });
    expect(
      feedAll(
        engine,
        range(0, 100).map((at_s) => frame(at_s, [heap])),
      ),
    ).toEqual([]);
    const named = engineOf([{ ...garbage, models: ['garbage'] }], { cameraZones: [cameraZone()] });
    const seen = range(0, 100).map((at_s) =>
      frame(at_s, [heap], { model: { id: 'garbage@7', sha256: 'a'.repeat(64) } }),
    );
    expect(story(feedAll(named, seen))).toBe('open@60');
  });

  it('sees the end with a newer version of the detector that saw the beginning', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const version = (at_s: number) => ({
      model: { id: `garbage@${at_s < 80 ? 1 : 2}`, sha256: 'a'.repeat(64) },
    });
    const found = feedAll(
      engine,
      range(0, 200).map((at_s) => frame(at_s, at_s < 80 ? [heap] : [], version(at_s))),
    );
    expect(story(found)).toMatch(/^open@60 .*end@/);
  });

  it('permits in permitted zones during their hours, and not outside of them', () => {
    const vending = cameraZone({
      id: 'v1',
      kind: 'vending',
      hours: [{ from: '09:00', to: '10:05' }],
      polygon: [
        [0.4, 0.4],
        [0.6, 0.4],
        [0.6, 0.7],
        [0.4, 0.7],
      ],
    });
    const rule = { ...garbage, permitted_zone_kinds: ['vending'] };
    const engine = engineOf([rule], { cameraZones: [cameraZone(), vending] });
    const beside = box('garbage', 0.8, 0.6);
    const found = feedAll(
      engine,
      range(0, 400).map((at_s) => frame(at_s, [heap, beside])),
    );
    expect(
      found.filter(({ action }) => action === 'open').map(({ key, at_ms }) => [key, at_ms - START_MS]),
    ).toEqual([
      ['cam-1/z1/800-600', 60_000],
      ['cam-1/z1/500-600', 360_000],
    ]);
  });

  it('ends an incident that becomes permitted, and says that it was not seen to go', () => {
    const vending = cameraZone({ id: 'v1', kind: 'vending', hours: [{ from: '10:02', to: '12:00' }] });
    const rule = { ...garbage, permitted_zone_kinds: ['vending'] };
    const engine = engineOf([rule], { cameraZones: [cameraZone(), vending] });
    const found = feedAll(
      engine,
      range(0, 150).map((at_s) => frame(at_s, [heap])),
    );
    expect(story(found)).toBe('open@60 end@120');
    expect(found[1]).toMatchObject({ endReason: 'permitted here at this hour' });
    expect(found[1]?.missing).toHaveLength(1);
  });

  it('is in force by schedule, also past midnight, in local time', () => {
    const rule = { ...garbage, schedules: [{ days: [7], from: '22:00', to: '02:00' }] };
    const engine = engineOf([rule], { cameraZones: [cameraZone()] });
    // From Sunday 10:00 local, a frame each 10 s until Monday noon.
    const found = feedAll(
      engine,
      range(0, 26 * 3600, 10).map((at_s) => frame(at_s, [heap])),
    ).filter(({ action }) => action !== 'update');
    expect(
      found.map(({ action, at_ms }) => `${action} ${new Date(at_ms + 8 * 3_600_000).toISOString()}`),
    ).toEqual(['open 2026-11-22T22:01:00.000Z', 'end 2026-11-23T02:00:00.000Z']);
  });

  it('leaves what lies within the box of something else to that, whichever detector sees it', () => {
    const rule = { ...garbage, not_at: ['stall'] };
    const engine = () => engineOf([rule], { cameraZones: [cameraZone()] });
    const stall = box('stall', 0.5, 0.62, 0.3);
    const other = { id: 'street@1', sha256: 'c'.repeat(64) };
    // The stall is found in one frame of ten; a heap beside it is rubbish.
    const filmed = (heaps: readonly Detection[]): Observation[] =>
      range(0, 120, 5).flatMap((s) => [
        frame(s, s % 50 === 0 ? [stall] : [], { model: other }),
        frame(s, heaps),
      ]);
    expect(feedAll(engine(), filmed([heap]))).toEqual([]);
    expect(story(feedAll(engine(), filmed([box('garbage', 0.8, 0.62)])))).toBe('open@60');
    // A minute after it was seen last, it is the stall's no more.
    const left = [frame(0, [stall], { model: other }), ...range(1, 130, 1).map((s) => frame(s, [heap]))];
    expect(story(feedAll(engine(), left))).toBe('open@121');
  });

  describe('with weak sightings', () => {
    const faint = box('garbage', 0.5, 0.6, 0.1, 0.3);
    const seenAs = (how: 'weak' | 'sure' | undefined, at_s: number): DetectionsObservation =>
      frame(at_s, how === 'sure' ? [heap] : [], how === 'weak' ? { weak: [faint] } : {});
    const told = (until_s: number, how: (at_s: number) => 'weak' | 'sure' | undefined): string =>
      story(
        feedAll(
          engineOf([garbage], { cameraZones: [cameraZone()] }),
          range(0, until_s, 1).map((s) => seenAs(how(s), s)),
        ),
      );

    it('counts from the first of them on, once it is sure', () => {
      expect(told(90, (s) => (s < 48 ? 'weak' : 'sure'))).toBe('open@60');
      expect(told(90, (s) => (s < 56 ? 'weak' : 'sure'))).toBe('open@67');
    });

    it('makes nothing of them alone, nor of a few sure ones among them', () => {
      expect(told(300, () => 'weak')).toBe('');
      expect(told(300, (s) => (s % 10 === 0 ? 'sure' : 'weak'))).toBe('');
    });

    it('goes on by them, and ends when they end', () => {
      expect(told(150, (s) => (s < 70 ? 'sure' : s < 125 ? 'weak' : undefined))).toBe(
        'open@60 update@120 end@144',
      );
    });

    it('takes what scores less than the rule wants for one', () => {
      const low = box('garbage', 0.5, 0.6, 0.1, 0.49);
      const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
      expect(
        story(
          feedAll(
            engine,
            range(0, 80, 1).map((s) => frame(s, [s < 40 ? low : heap])),
          ),
        ),
      ).toBe('open@60');
    });

    it('stands where it was first sure', () => {
      const beside = box('garbage', 0.53, 0.6, 0.1, 0.3);
      const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
      const [found] = feedAll(
        engine,
        range(0, 70, 1).map((s) => (s < 30 ? frame(s, [], { weak: [beside] }) : frame(s, [heap]))),
      );
      expect(found?.onset_ms).toBe(START_MS);
      expect(found?.exhibits[0]).toMatchObject({ detections: [{ box: heap.box }] });
    });
  });

  it('gives the same key and onset whatever happened elsewhere in the picture', () => {
    const alone = engineOf([garbage], { cameraZones: [cameraZone()] });
    const crowded = engineOf([garbage], { cameraZones: [cameraZone()] });
    const first = feedAll(
      alone,
      range(0, 62).map((at_s) => frame(at_s, [heap])),
    );
    const second = feedAll(
      crowded,
      range(0, 62).map((at_s) => frame(at_s, [box('garbage', (at_s * 0.05) % 0.3, 0.95), heap])),
    );
    expect(second.map(({ key, onset_ms }) => [key, onset_ms])).toEqual(
      first.map(({ key, onset_ms }) => [key, onset_ms]),
    );
    expect(first).toHaveLength(1);
  });

  it('bounds the places of a camera and keeps those with incidents', () => {
    const engine = engineOf([garbage], { cameraZones: [cameraZone()] });
    const crowd = range(0, 400).map((n) =>
      box('garbage', (n % 40) / 40, 0.3 + Math.floor(n / 40) / 20, 0.01),
    );
    const found = feedAll(
      engine,
      range(0, 80).map((at_s) => frame(at_s, [heap, ...(at_s > 62 ? crowd : [])])),
    );
    expect(story(found)).toBe('open@60');
    const state = JSON.stringify(engine.snapshot());
    expect(state.match(/"zoneId"/g)?.length).toBeLessThanOrEqual(200);
  });
});
