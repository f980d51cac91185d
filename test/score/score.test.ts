import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreRun } from '../../src/score/score.ts';
import type { Score } from '../../src/score/score-result.ts';
import { at, found, HOUR_MS, input, label, north, PLACE, START_MS } from './support.ts';

const counts = ({ total }: Score) => [total.hits, total.misses, total.falseAlarms, total.duplicates];

describe('without one side', () => {
  it('has no shares where nothing is labelled and nothing found', () => {
    const { total, types } = scoreRun(input([], []));
    expect(total).toMatchObject({ precision: null, recall: null, duplicateRate: null, delay_s: null });
    expect(types.map(({ type }) => type)).toEqual(['stall']);
  });

  it('misses every label where nothing is found', () => {
    const score = scoreRun(input([label('a', 0, 600)], []));
    expect(score.total).toMatchObject({ precision: null, recall: 0, misses: 1 });
    expect(score.misses).toEqual([{ label: label('a', 0, 600) }]);
  });

  it('counts false alarms by camera-day where nothing is labelled', () => {
    const score = scoreRun(
      input([], [found('f', 0, 60, 90)], { reported: [{ type: 'stall', kinds: ['camera'] }] }),
    );
    expect(score.total).toMatchObject({ precision: 0, recall: null, falseAlarms: 1 });
    expect(score.total.deviceDays).toBeCloseTo(1 / 24);
    expect(score.total.falseAlarmsPerDeviceDay).toBeCloseTo(24);
  });
});

describe('a hit', () => {
  it('is timed from the begin of the label, with and without its dwell', () => {
    const { hits, total } = scoreRun(input([label('a', 100, 600)], [found('f', 102, 168, 590)]));
    expect(hits[0]).toMatchObject({ delay_s: 68, excessDelay_s: 8 });
    expect(total.delay_s).toEqual({ count: 1, p50: 68, p90: 68, max: 68 });
  });

  it('has no delay where the label began before the recording', () => {
    const { hits, total } = scoreRun(input([label('a', -500, 600)], [found('f', 2, 68, 590)]));
    expect(hits).toHaveLength(1);
    expect(total.delay_s).toBeNull();
  });

  it('may be of another camera within the radius, and of none that is further off', () => {
    const seen = (metres: number) => found('f', 0, 60, 300, { deviceId: 'cam-2', place: north(metres) });
    expect(counts(scoreRun(input([label('a', 0, 300)], [seen(25)])))).toEqual([1, 0, 0, 0]);
    expect(counts(scoreRun(input([label('a', 0, 300)], [seen(45)])))).toEqual([0, 1, 1, 0]);
  });

  it('is none of another type', () => {
    const score = scoreRun(
      input([label('a', 0, 300)], [found('f', 0, 60, 300, { type: 'fire' })], { types: ['stall', 'fire'] }),
    );
    expect(
      score.types.map(({ type, hits, misses, falseAlarms }) => [type, hits, misses, falseAlarms]),
    ).toEqual([
      ['fire', 0, 0, 1],
      ['stall', 0, 1, 0],
    ]);
  });

  it('is none that was reported before the state began', () => {
    const score = scoreRun(input([label('a', 300, 900)], [found('f', 0, 60, 800)]));
    expect(counts(score)).toEqual([0, 1, 1, 0]);
    expect(score.falseAlarms[0]?.nearest).toEqual({ id: 'a', why: 'early', by: 210 });
    expect(score.misses[0]?.nearest).toEqual({ id: 'f', why: 'early', by: 210 });
  });

  it('may begin within the grace after the label, and not later', () => {
    expect(counts(scoreRun(input([label('a', 0, 300)], [found('f', 419, 430, 440)])))).toEqual([1, 0, 0, 0]);
    const late = scoreRun(input([label('a', 0, 300)], [found('f', 430, 440, 440)]));
    expect(late.falseAlarms[0]?.nearest).toEqual({ id: 'a', why: 'time', by: 10 });
  });
});

describe('boxes', () => {
  const left = [0.1, 0.1, 0.3, 0.3] as const;
  const right = [0.6, 0.1, 0.8, 0.3] as const;
  it('tell two stalls of one camera apart', () => {
    const labels = [label('a', 0, 600, { box: [...left] }), label('b', 0, 600, { box: [...right] })];
    const founds = [found('f', 0, 60, 600, { box: right }), found('g', 1, 61, 600, { box: left })];
    const { hits } = scoreRun(input(labels, founds));
    expect(hits.map((hit) => [hit.label.id, hit.found.id])).toEqual([
      ['a', 'g'],
      ['b', 'f'],
    ]);
  });

  it('that do not meet are about different things', () => {
    const score = scoreRun(
      input([label('a', 0, 600, { box: [...left] })], [found('f', 0, 60, 600, { box: right })]),
    );
    expect(counts(score)).toEqual([0, 1, 1, 0]);
    expect(score.falseAlarms[0]?.nearest).toEqual({ id: 'a', why: 'box', by: 0 });
  });

  it('are not compared between the pictures of two cameras', () => {
    const other = found('f', 0, 60, 600, { deviceId: 'cam-2', box: right });
    expect(counts(scoreRun(input([label('a', 0, 600, { box: [...left] })], [other])))).toEqual([1, 0, 0, 0]);
  });
});

describe('trucks', () => {
  const devices = [
    { id: 'truck-1', kind: 'truck' },
    { id: 'truck-2', kind: 'truck' },
  ] as const;
  const dumping = label('a', 0, 300, { deviceIds: ['truck-1'], plate: '沪A·12345' });
  const by = (deviceId: string, plate: string | undefined, metres: number) =>
    found('f', 0, 60, 300, {
      deviceId,
      place: north(metres),
      subject: { deviceId, ...(plate === undefined ? {} : { plate }) },
    });
  const of = (...args: Parameters<typeof by>) =>
    counts(scoreRun(input([dumping], [by(...args)], { devices })));

  it('must be near, though it is the same truck', () => {
    expect(of('truck-1', undefined, 150)).toEqual([1, 0, 0, 0]);
    expect(of('truck-1', undefined, 250)).toEqual([0, 1, 1, 0]);
  });

  it('are told apart by plate, however it is written, and else by device', () => {
    expect(of('truck-2', '沪A 12345', 0)).toEqual([1, 0, 0, 0]);
    expect(of('truck-1', '沪A99999', 0)).toEqual([0, 1, 1, 0]);
    expect(of('truck-2', undefined, 0)).toEqual([0, 1, 1, 0]);
  });
});

describe('more than one', () => {
  it('incident of a label is a duplicate, and the earliest report is the hit', () => {
    const founds = [found('late', 200, 260, 900), found('soon', 0, 70, 120)];
    const score = scoreRun(input([label('a', 0, 900)], founds));
    expect(counts(score)).toEqual([1, 0, 0, 1]);
    expect(score.hits[0]).toMatchObject({ found: { id: 'soon' }, delay_s: 70 });
    expect(score.duplicates).toMatchObject([{ found: { id: 'late' }, labelId: 'a', firstId: 'soon' }]);
    expect(score.total.duplicateRate).toBe(0.5);
  });

  it('label in an incident is a merge: one hit, one miss', () => {
    const score = scoreRun(input([label('a', 0, 300), label('b', 400, 900)], [found('f', 0, 60, 900)]));
    expect(counts(score)).toEqual([1, 1, 0, 0]);
    expect(score.hits[0]?.label.id).toBe('a');
    expect(score.misses).toMatchObject([{ label: { id: 'b' }, mergedInto: 'f' }]);
    expect(score.total.merged).toBe(1);
  });

  it('label at one time and place is found by as many incidents', () => {
    const labels = [label('a', 0, 600), label('b', 10, 620), label('c', 20, 640)];
    const founds = [found('f', 0, 62, 600), found('g', 12, 75, 620)];
    const score = scoreRun(input(labels, founds));
    expect(counts(score)).toEqual([2, 1, 0, 0]);
    expect(score.hits.map((hit) => hit.label.id + hit.found.id)).toEqual(['af', 'bg']);
    expect(score.misses[0]?.mergedInto).toBe('f');
  });
});

describe('what does not count', () => {
  it('explains a false alarm by the decoy that fits it best', () => {
    const decoys = [
      label('elsewhere', 0, 600, { deviceIds: ['cam-9'], place: north(500) }),
      label('in its hours', 0, 600),
    ];
    const score = scoreRun(input([], [found('f', 0, 60, 500), found('g', 900, 960, 990)], { decoys }));
    expect(score.falseAlarms.map(({ decoy }) => decoy?.id)).toEqual(['in its hours', undefined]);
    expect(score.total).toMatchObject({ falseAlarms: 2, decoyed: 1 });
  });

  it('leaves out types that no rule reports or that are not labelled to the end', () => {
    const labels = [label('a', 0, 600, { type: 'camera-moved' }), label('b', 0, 600, { type: 'fire' })];
    const score = scoreRun(
      input(labels, [found('f', 0, 60, 100, { type: 'smoke' })], {
        types: ['stall', 'camera-moved'],
        reported: [{ type: 'stall', kinds: ['camera'] }],
      }),
    );
    expect(counts(score)).toEqual([0, 0, 0, 0]);
    expect(score.unscored).toEqual([
      { type: 'camera-moved', reason: 'no rule reports it', labels: 1, incidents: 0 },
      { type: 'fire', reason: 'the labels are not complete for it', labels: 1, incidents: 0 },
      { type: 'smoke', reason: 'the labels are not complete for it', labels: 0, incidents: 1 },
    ]);
  });

  it('excuses a label that the recording does not show for long enough', () => {
    const score = scoreRun(
      input([label('a', 3540, 4000), label('b', 4000, 5000), label('c', 3500, 4000)], []),
    );
    expect(score.ignored.map(({ label: { id }, reason }) => [id, reason])).toEqual([
      ['a', 'the recording ended too early'],
      ['b', 'outside the recording'],
    ]);
    expect(counts(score)).toEqual([0, 1, 0, 0]);
  });

  it('takes from the camera-days what was not covered', () => {
    const devices = [
      { id: 'cam-1', kind: 'camera', covered_ms: HOUR_MS / 4 },
      { id: 'dust-1', kind: 'dust' },
    ] as const;
    expect(scoreRun(input([label('a', 0, 60)], [], { devices })).total.deviceDays).toBeCloseTo(1 / 96);
  });
});

describe('whatever is labelled and found', () => {
  const span = fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 900 }));
  const camera = fc.constantFrom('cam-1', 'cam-2');
  const labels = fc.array(fc.tuple(span, camera), { maxLength: 12 }).map((list) =>
    list.map(([[from, length], id], index) =>
      label(`l${index}`, from, from + length, {
        deviceIds: [id],
        place: id === 'cam-1' ? PLACE : north(900),
      }),
    ),
  );
  const founds = fc.array(fc.tuple(span, camera, fc.nat(120)), { maxLength: 12 }).map((list) =>
    list.map(([[onset, length], deviceId, wait], index) =>
      found(`f${index}`, onset, onset + wait, onset + Math.max(wait, length), {
        deviceId,
        place: deviceId === 'cam-1' ? PLACE : north(900),
      }),
    ),
  );

  it('each label and each incident is counted once', () => {
    fc.assert(
      fc.property(labels, founds, (truth, made) => {
        const score = scoreRun(input(truth, made));
        const { hits, misses, ignored, falseAlarms, duplicates } = score;
        const told = [...hits, ...misses, ...ignored].map((row) => row.label.id);
        expect(told.sort()).toEqual(truth.map(({ id }) => id).sort());
        const used = [...hits, ...falseAlarms, ...duplicates].map((row) => row.found.id);
        expect(used.sort()).toEqual(made.map(({ incident }) => incident.id).sort());
        expect(score.total.incidents).toBe(made.length);
      }),
    );
  });

  it('the order of the input changes nothing', () => {
    const shuffled = fc
      .tuple(labels, founds)
      .chain(([truth, made]) =>
        fc.tuple(
          fc.constant([truth, made] as const),
          fc.shuffledSubarray(truth, { minLength: truth.length }),
          fc.shuffledSubarray(made, { minLength: made.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([[truth, made], otherTruth, otherMade]) => {
        expect(scoreRun(input(otherTruth, otherMade))).toEqual(scoreRun(input(truth, made)));
      }),
    );
  });

  it('a run that finds each label at its dwell scores without fault', () => {
    const apart = fc
      .array(fc.integer({ min: 61, max: 900 }), { maxLength: 10 })
      .map((lengths) =>
        lengths.map((length, index) => label(`l${index}`, index * 2000, index * 2000 + length)),
      );
    fc.assert(
      fc.property(apart, (truth) => {
        const made = truth.map(({ id, from_ms, to_ms }) => {
          const from_s = (from_ms - START_MS) / 1000;
          return found(`f-${id}`, from_s, from_s + 60, (to_ms - START_MS) / 1000);
        });
        const { total } = scoreRun(input(truth, made, { to_ms: at(30_000) }));
        expect(total).toMatchObject({ hits: truth.length, misses: 0, falseAlarms: 0, duplicates: 0 });
        expect(total.excessDelay_s?.max ?? 0).toBe(0);
      }),
    );
  });
});
