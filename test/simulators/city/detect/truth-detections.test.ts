import { expect, it } from 'vitest';
import {
  DECENT,
  type Imperfection,
  parseImperfection,
} from '../../../../simulators/city/detect/imperfection.ts';
import { truthDetections } from '../../../../simulators/city/detect/truth-detections.ts';
import { stageScenes } from '../../../../simulators/city/stage/stage-scenes.ts';
import type { DetectionsObservation, VisionObservation } from '../../../../src/domain/observation.ts';
import { soundCity, start_ms } from '../life/two-cameras.ts';

const PERFECT = imperfection('perfect');

function imperfection(text: string): Imperfection {
  const parsed = parseImperfection(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

const scenes = stageScenes(soundCity(), { start_ms });
const film = (how: Imperfection): VisionObservation[] => [...truthDetections(scenes, how)];

/** Frames of the first camera between two seconds, by one detector. */
function frames(
  all: readonly VisionObservation[],
  model: string,
  from_s: number,
  to_s: number,
  deviceId = 'cam-a',
): DetectionsObservation[] {
  return all.filter(
    (one): one is DetectionsObservation =>
      one.kind === 'detections' &&
      one.deviceId === deviceId &&
      one.model.id === model &&
      one.at_ms >= start_ms + from_s * 1_000 &&
      one.at_ms < start_ms + to_s * 1_000,
  );
}

const shareWith = (all: readonly DetectionsObservation[], cls: string): number =>
  all.filter(({ detections }) => detections.some((made) => made.class === cls)).length / all.length;

const perfect = film(PERFECT);

it('sees what stands there, for as long as it stands, with the detector that knows it', () => {
  const street = frames(perfect, 'street@truth', 0, 600);
  expect(shareWith(frames(perfect, 'street@truth', 0, 20), 'stall')).toBe(0);
  expect(shareWith(frames(perfect, 'street@truth', 110, 350), 'stall')).toBeGreaterThan(0.9);
  expect(shareWith(street, 'garbage')).toBe(0);
  expect(shareWith(frames(perfect, 'garbage@truth', 110, 280), 'garbage')).toBeGreaterThan(0.9);
  // Somebody under an umbrella is a person and no canopy.
  expect(shareWith(street, 'person')).toBeGreaterThan(0.3);
  expect(new Set(street.flatMap(({ detections }) => detections.map((made) => made.class)))).not.toContain(
    'umbrella',
  );
  for (const { detections } of street)
    for (const { box, score } of detections) {
      expect(box.every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(box[2]).toBeGreaterThan(box[0]);
      expect(box[3]).toBeGreaterThan(box[1]);
      expect(score).toBeGreaterThan(0.3);
    }
});

it('sees nothing behind a cover, and says so by what the picture is like', () => {
  const covered = frames(perfect, 'street@truth', 415, 500, 'cam-b');
  expect(covered.length).toBeGreaterThan(30);
  expect(covered.every(({ detections }) => detections.length === 0)).toBe(true);
  const pictures = perfect.flatMap((one) =>
    one.kind === 'picture' && one.deviceId === 'cam-b' ? [one] : [],
  );
  const detail = (from_s: number, to_s: number): number[] =>
    pictures
      .filter(({ at_ms }) => at_ms >= start_ms + from_s * 1_000 && at_ms < start_ms + to_s * 1_000)
      .map(({ picture }) => picture.detail);
  expect(Math.max(...detail(415, 500))).toBeLessThan(Math.min(...detail(0, 380)) / 2);
});

it('misses, trembles and errs by its seed: the same run gives the same, frame by frame, in order of arrival', () => {
  const decent = film(DECENT);
  expect(film(DECENT)).toEqual(decent);
  for (const [index, { received_ms }] of decent.entries())
    expect(received_ms).toBeGreaterThanOrEqual(decent[index - 1]?.received_ms ?? 0);
  const weak = film(imperfection('recall=0.4,spread=0,runs_per_h=0'));
  const stalls = (all: readonly VisionObservation[]): number =>
    shareWith(frames(all, 'street@truth', 110, 350), 'stall');
  expect(stalls(weak)).toBeGreaterThan(0.2);
  expect(stalls(weak)).toBeLessThan(0.6);
  expect(stalls(decent)).toBeGreaterThan(stalls(weak));
});

it('takes figures by name and refuses others', () => {
  expect(imperfection('recall=0.6,patrol_s=5')).toEqual({ ...DECENT, recall: 0.6, patrol_s: 5 });
  expect(PERFECT).toMatchObject({
    recall: 1,
    jitter: 0,
    false_per_h: 0,
    confusion: 0,
    patrol_s: DECENT.patrol_s,
  });
  expect(parseImperfection('recal=1')).toMatchObject({
    ok: false,
    problem: expect.stringContaining('recal: there are'),
  });
  expect(parseImperfection('recall=2')).toMatchObject({
    ok: false,
    problem: 'recall: must be a number from 0 to 1',
  });
  expect(parseImperfection('recall')).toMatchObject({ ok: false });
});
