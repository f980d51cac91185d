import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { Detection, Observation } from '../../src/domain/observation.ts';
import { box, cameraZone, engineOf, feedAll, frame, range, START_MS, story, tick } from './support.ts';

const RULE = {
  id: 'dumping-seen',
  kind: 'left-behind',
  zone_kinds: ['street'],
  things: ['garbage'],
  actors: ['person', 'tricycle', 'truck', 'muck-truck'],
  not_at: ['garbage_bin'],
};
const EVERY_S = 5;
const THINGS = { id: 'garbage@1', sha256: 'a'.repeat(64) };
const STREET = { id: 'street@1', sha256: 'c'.repeat(64) };

/** Two detectors look at each frame: one knows rubbish, the other who is in the street. */
function film(to_s: number, at: (at_s: number) => readonly Detection[], from_s = 0): Observation[] {
  return range(from_s, to_s, EVERY_S).flatMap((at_s) => {
    const all = at(at_s);
    const isThing = ({ class: cls }: Detection): boolean => cls.startsWith('garbage');
    return [
      frame(at_s, all.filter(isThing), { model: THINGS }),
      frame(
        at_s,
        all.filter((made) => !isThing(made)),
        { model: STREET },
      ),
    ];
  });
}

const run = (observations: readonly Observation[], rule: Record<string, unknown> = {}): Finding[] =>
  feedAll(engineOf([{ ...RULE, ...rule }], { cameraZones: [cameraZone()] }), observations);
const when = <T>(is: boolean, ...things: T[]): T[] => (is ? things : []);
const heap = (x = 0.5): Detection => box('garbage', x, 0.7, 0.06);
/** Walks from left to right and is at x 0.5 at `there_s`. */
const walker = (at_s: number, there_s: number): Detection[] => {
  const x = 0.5 + (at_s - there_s) * 0.02;
  return when(x > 0 && x < 1, box('person', x, 0.7, 0.12));
};

describe('something left behind', () => {
  it('is dumping once whoever brought it has been gone for a while, with who, whence and whither', () => {
    const found = run(film(400, (at_s) => [...walker(at_s, 120), ...when(at_s >= 120, heap())]));
    expect(story(found)).toBe('open@170');
    expect(found[0]).toMatchObject({
      type: 'illegal-dumping',
      severity: 3,
      onset_ms: START_MS + 120_000,
      measures: { thing: 'garbage', by: 'person', came_from: 'left', left_to: 'right' },
      sources: [{ deviceId: 'cam-1', modality: 'camera' }],
      place: { zoneId: 'z1' },
    });
    const [withWho, alone] = found[0]?.exhibits ?? [];
    expect(withWho).toMatchObject({
      kind: 'snapshot',
      detections: [{ class: 'person' }, { class: 'garbage' }],
    });
    expect(alone).toMatchObject({ kind: 'snapshot', detections: [{ class: 'garbage' }] });
  });

  it('by a muck truck that hid the place while it tipped is severe, and over when it is taken away', () => {
    const truck = (at_s: number) => when(at_s >= 100 && at_s < 200, box('muck-truck', 0.5, 0.72, 0.4));
    const found = run(film(600, (at_s) => [...truck(at_s), ...when(at_s >= 200 && at_s < 400, heap())]));
    expect(story(found)).toBe('open@220 end@515');
    expect(found[0]).toMatchObject({ severity: 4, measures: { by: 'muck-truck' } });
    expect(found[1]?.endReason).toBe('observed empty for 120 s');
  });

  it('is one thing although it comes in several trips and boxes', () => {
    const found = run(
      film(600, (at_s) => [
        ...walker(at_s, 120),
        ...walker(at_s, 170),
        ...when(at_s >= 120, heap()),
        ...when(at_s >= 170, heap(0.56)),
      ]),
    );
    expect(story(found.filter(({ action }) => action === 'open'))).toBe('open@170');
  });

  it('waits as long as whoever brought it stands beside it', () => {
    const stands = (at_s: number) => when(at_s >= 100 && at_s < 300, box('person', 0.54, 0.7, 0.12));
    const found = run(film(400, (at_s) => [...stands(at_s), ...when(at_s >= 120, heap())]));
    expect(story(found)).toBe('open@335');
  });

  it('was left by whoever was seen a few steps away, between two frames', () => {
    const passes = (at_s: number) => when(at_s === 115, box('person', 0.5, 0.62, 0.12));
    const found = run(film(400, (at_s) => [...passes(at_s), ...when(at_s >= 120, heap())]));
    expect(story(found)).toBe('open@160');
    expect(found[0]?.measures).toMatchObject({ by: 'person' });
  });

  it('was left by whoever was beside it within a minute after, where nobody was seen before', () => {
    const later = (there_s: number) => (at_s: number) => [
      ...walker(at_s, there_s).filter(() => at_s > 135),
      ...when(at_s >= 120, heap()),
    ];
    const found = run(film(600, later(160)));
    // Alone for 25 s until he came, and for 15 s since.
    expect(story(found.filter(({ action }) => action === 'open'))).toBe('open@175');
    expect(found[0]?.measures).toMatchObject({ by: 'person' });
    expect(story(run(film(600, later(260))))).toBe('');
  });

  it('was there since its first weak sighting, once some are sure: whoever was beside it then left it', () => {
    const faint = box('garbage', 0.5, 0.7, 0.06, 0.3);
    const seen = (sureFrom_s: number) =>
      run(
        film(400, (at_s) => [
          ...walker(at_s, 120),
          ...when(at_s >= 120, at_s >= sureFrom_s ? heap() : faint),
        ]),
      );
    const found = seen(200);
    // A fifth of the frames that show it are sure by then.
    expect(story(found)).toBe('open@215');
    expect(found[0]?.onset_ms).toBe(START_MS + 120_000);
    expect(seen(500)).toEqual([]);
  });

  it('minds those who come back no more than that they interrupt', () => {
    const back = (at_s: number) => when(at_s >= 140 && at_s < 160, box('person', 0.54, 0.7, 0.12));
    const found = run(
      film(600, (at_s) => [...walker(at_s, 120), ...back(at_s), ...when(at_s >= 120, heap())]),
    );
    // Alone for 15 s up to 145, and from 155 on.
    expect(story(found.filter(({ action }) => action === 'open'))).toBe('open@180');
  });

  it('is the same one when it shows again after it seemed gone', () => {
    const isHidden = (at_s: number): boolean => at_s > 250 && at_s < 420;
    const found = run(
      film(900, (at_s) => [
        ...walker(at_s, 120),
        ...walker(at_s, 420),
        ...when(at_s >= 120 && !isHidden(at_s), heap()),
      ]),
    );
    expect(found.filter(({ action }) => action === 'open')).toHaveLength(1);
  });

  it('ends unverified when the camera is silent for long', () => {
    const seen = film(200, (at_s) => [...walker(at_s, 120), ...when(at_s >= 120, heap())]);
    const found = run([...seen, ...range(200, 4000, 60).map(tick)], { give_up_s: 3600 });
    expect(found.map(({ action }) => action)).toEqual(['open', 'end']);
    expect(found[1]?.missing[0]?.reason).toBe('could not be observed for 3600 s: given up');
  });
});

describe('what is no dumping', () => {
  const nothing = (at: (at_s: number) => readonly Detection[]): void => {
    expect(story(run(film(600, at)))).toBe('');
  };

  it('bags that are carried past', () => {
    nothing((at_s) =>
      walker(at_s, 200).flatMap((made) => [
        made,
        box('garbage', (made.box[0] + made.box[2]) / 2, 0.69, 0.05),
      ]),
    );
  });

  it('what was there before anybody came', () => nothing((at_s) => [heap(), ...walker(at_s, 200)]));

  it('what was weakly there before anybody came', () =>
    nothing((at_s) => [at_s < 200 ? box('garbage', 0.5, 0.7, 0.06, 0.3) : heap(), ...walker(at_s, 200)]));

  it('what was there before a truck hid it', () => {
    nothing((at_s) => {
      const isHidden = at_s >= 200 && at_s < 400;
      return [...when(isHidden, box('truck', 0.5, 0.75, 0.5)), ...when(!isHidden, heap())];
    });
  });

  it('what shows when a truck drives off that stood there from the beginning', () => {
    nothing((at_s) => (at_s < 300 ? [box('truck', 0.5, 0.75, 0.5)] : [heap()]));
  });

  it('what appears while nobody is there', () => nothing((at_s) => when(at_s >= 200, heap())));

  it('what lies beside a bin that is emptied, or is gone with the cleaner', () => {
    const bin = box('garbage_bin', 0.5, 0.7, 0.1);
    nothing((at_s) => [bin, ...walker(at_s, 200), ...when(at_s >= 200, heap())]);
    nothing((at_s) => [...walker(at_s, 200), ...when(at_s >= 200 && at_s < 230, heap())]);
  });

  it('what a seller lays out within his stall, as another detector sees it', () => {
    const stall = (at_s: number) => when(at_s >= 100 && at_s % 25 === 0, box('stall', 0.5, 0.72, 0.3));
    const seen = (at_s: number) => [...walker(at_s, 120), ...stall(at_s), ...when(at_s >= 120, heap())];
    expect(run(film(400, seen), { not_at: ['garbage_bin', 'stall'] })).toEqual([]);
    expect(story(run(film(400, seen)))).toBe('open@170');
  });

  it('what lies there after a gap in which nobody watched', () => {
    const before = film(300, () => []);
    const after = film(900, (at_s) => [heap(), ...walker(at_s, 610)], 600);
    expect(story(run([...before, ...after]))).toBe('');
  });

  it('what a detector flickers on', () => {
    nothing((at_s) => [...walker(at_s, 300), ...when(at_s % 20 === 0, heap())]);
  });
});
