import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Detection, Observation, SuppressionObservation } from '../../src/domain/observation.ts';
import { suppressionId } from '../../src/domain/suppression.ts';
import { STAGES } from '../../src/rules/catalogue.ts';
import type { RuleEngine } from '../../src/rules/engine.ts';
import { type SceneState, suppressedPlaces } from '../../src/rules/scene-memory.ts';
import { DetectorSet } from '../../src/vision/detector-set.ts';
import { clipFrames } from '../support/clip-frames.ts';
import { sharedData } from '../support/shared-data.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';
import { box, cameraZone, engineOf, feedAll, frame, range, START_MS } from './support.ts';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const RULE = {
  id: 'seen',
  kind: 'zone-dwell',
  type: 'stall-occupation',
  zone_kinds: ['street'],
  any_of: [['stall'], ['tv']],
};

/** For frames that lie ten minutes apart. */
const PATIENT = { dwell_s: { arterial: 1200 }, window_s: { arterial: 7200 }, max_gap_s: 600, clear_s: 1200 };

const engine = (more: Record<string, unknown> = {}): RuleEngine =>
  engineOf(
    [{ ...RULE, ...more }],
    {
      cameraZones: [
        cameraZone({
          polygon: [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ],
        }),
      ],
    },
    { stages: STAGES },
  );
const placesOf = (of: RuleEngine) =>
  suppressedPlaces(of.stageState('scene', 'cam-1') as SceneState | undefined);
/** A frame every ten minutes. */
const film = (from_s: number, to_s: number, at: (at_s: number) => readonly Detection[]): Observation[] =>
  range(from_s, to_s, 600).map((at_s) => frame(at_s, at(at_s)));
const wrong = box('stall', 0.3, 0.5);

function word(at_s: number, action: 'add' | 'remove', x = 0.3, y = 0.5): SuppressionObservation {
  const at_ms = START_MS + at_s * 1000;
  const place = { id: suppressionId('stall', x, y), class: 'stall', x, y };
  return { kind: 'suppression', deviceId: 'cam-1', at_ms, received_ms: at_ms, action, place, by: 'Li' };
}

describe('the scene of a camera', () => {
  it('holds what is there from the first frame on, through a day and its night', () => {
    const one = engine(PATIENT);
    const found = feedAll(
      one,
      film(0, 3 * DAY_S, () => [wrong]),
    );
    expect(placesOf(one)).toMatchObject([{ class: 'stall', origin: 'learnt', x: 0.3, y: 0.5 }]);
    const [opened, ...rest] = found.filter(({ action }) => action !== 'update');
    expect(opened?.action).toBe('open');
    expect(rest).toMatchObject([{ action: 'end', endReason: 'taken as part of the scene' }]);
  });

  it('does not hold a stall that comes every morning to the same place, for weeks', () => {
    const one = engine(PATIENT);
    const isOpen = (at_s: number): boolean => at_s % DAY_S > 2 * HOUR_S && at_s % DAY_S < 10 * HOUR_S;
    const found = feedAll(
      one,
      film(0, 9 * DAY_S, (at_s) => (isOpen(at_s) ? [wrong] : [])),
    );
    expect(placesOf(one)).toEqual([]);
    expect(found.filter(({ action }) => action === 'open')).toHaveLength(9);
  });

  it('holds what came later only after a week of days and nights', () => {
    const heap = (from_s: number) => (at_s: number) => (at_s >= from_s ? [wrong] : []);
    const six = engine();
    feedAll(six, film(0, 7 * DAY_S, heap(DAY_S)));
    expect(placesOf(six)).toEqual([]);
    const nine = engine();
    feedAll(nine, film(0, 9 * DAY_S, heap(DAY_S)));
    expect(placesOf(nine)).toHaveLength(1);
  });

  it('does not hold what is moved about, although it stays', () => {
    const one = engine();
    feedAll(
      one,
      film(0, 3 * DAY_S, (at_s) => [box('stall', 0.3 + ((at_s / 600) % 4) * 0.02, 0.5)]),
    );
    expect(placesOf(one)).toEqual([]);
  });
});

describe('a place that somebody rejected', () => {
  it('makes no incident any more, but what stands elsewhere does', () => {
    const one = engine();
    const both = [wrong, box('stall', 0.7, 0.8)];
    const found = feedAll(one, [word(0, 'add'), ...range(1, 600, 5).map((at_s) => frame(at_s, both))]);
    expect(found.filter(({ action }) => action === 'open')).toMatchObject([
      { measures: { place: '700-800' } },
    ]);
    expect(placesOf(one)).toMatchObject([{ origin: 'operator', by: 'Li', count: 120, class: 'stall' }]);
  });

  it('does not come back by weak sightings', () => {
    const weak = [box('stall', 0.3, 0.5, 0.1, 0.3)];
    const story = (rejected: readonly Observation[]) =>
      feedAll(engine(), [
        ...rejected,
        ...range(1, 900, 5).map((at_s) => frame(at_s, at_s > 300 ? [wrong] : [], { weak })),
      ]).map(({ onset_ms }) => onset_ms - START_MS);
    expect(story([])[0]).toBeLessThan(300_000);
    expect(story([word(0, 'add')])).toEqual([]);
  });

  it('ends the incident that is open there, and counts again once that is taken back', () => {
    const one = engine();
    const frames = (from_s: number): Observation[] =>
      range(from_s, from_s + 200, 5).map((at_s) => frame(at_s, [wrong]));
    const found = feedAll(one, [
      ...frames(0),
      word(201, 'add'),
      ...frames(205),
      word(410, 'remove'),
      ...frames(415),
    ]);
    expect(found.filter(({ action }) => action !== 'update').map(({ action }) => action)).toEqual([
      'open',
      'end',
      'open',
    ]);
    expect(placesOf(one)).toEqual([]);
  });

  it('is remembered through a restart', () => {
    const before = engine();
    before.feed(word(0, 'add'));
    const after = engine();
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    expect(
      feedAll(
        after,
        range(1, 600, 5).map((at_s) => frame(at_s, [wrong])),
      ),
    ).toEqual([]);
  });

  it('that was learnt is never learnt again once it is taken back', () => {
    const one = engine();
    feedAll(
      one,
      film(0, 2 * DAY_S, () => [wrong]),
    );
    const [place] = placesOf(one);
    one.feed({ ...word(2 * DAY_S, 'remove'), place: { ...word(0, 'add').place, id: place?.id ?? '' } });
    feedAll(
      one,
      film(2 * DAY_S + 600, 12 * DAY_S, () => [wrong]),
    );
    expect(placesOf(one)).toEqual([]);
  });
});

const onnx = sharedData('onnx/fastestdet_coco.onnx');
const indoor = sharedData('video/intel_one-by-one-person-detection.mp4');

describe.skipIf(onnx === undefined || indoor === undefined)(
  'a weak detector indoors (skipped without the shared test material)',
  () => {
    it('sees the same television for ever, until it belongs to the scene; people still count', {
      timeout: 120_000,
    }, async () => {
      const modelsDir = mkdtempSync(join(tmpdir(), 'xuncheng-scene-'));
      onTestFinished(() => rmSync(modelsDir, { recursive: true, force: true }));
      await writeModel(modelsDir, onnx ?? '', FASTESTDET);
      const detectors = new DetectorSet({ modelsDir, threads: 1, onModel: () => undefined });
      const frames = clipFrames(indoor ?? '', { width_px: 768, height_px: 432 }, 10, 40);
      const one = engine();
      let people = 0;
      let televisions = 0;
      // The clip's forty moments, over two days.
      for (const [index, picture] of frames.entries()) {
        const at_ms = START_MS + index * 72 * 60_000;
        const occasion = { deviceId: 'cam-1', at_ms, received_ms: at_ms };
        const { observations } = await detectors.judge(picture, { models: ['fastestdet'] }, occasion);
        for (const observation of observations) {
          if (observation.detections.some(({ class: cls }) => cls === 'tv')) televisions += 1;
          if (observation.detections.some(({ class: cls }) => cls === 'person')) people += 1;
          feedAll(one, [observation]);
        }
      }
      await detectors.close();
      expect(televisions).toBe(40);
      expect(people).toBeGreaterThan(0);
      expect(placesOf(one).map(({ class: cls, origin }) => `${cls} ${origin}`)).toEqual(['tv learnt']);
    });
  },
);
