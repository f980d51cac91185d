import { createHash } from 'node:crypto';
import type { Detection, Observation, VisionObservation } from '../../../src/domain/observation.ts';
import { createRandom, deriveSeed } from '../../random.ts';
import type { LensFault, StageActor, StageScene } from '../stage/stage-scene.ts';
import { createImperfectDetector, type DETECTORS, type DetectorName } from './imperfect-detector.ts';
import type { Imperfection } from './imperfection.ts';
import { lensPictures } from './lens-pictures.ts';
import { trueBoxes } from './true-boxes.ts';

/** Statistics of a picture go along so often, as a gateway's do. */
const PICTURE_EVERY_S = 10;
/** A frame is decoded and judged. */
const JUDGED_AFTER_MS = 150;
/** Behind these nothing is found. A frozen picture goes on showing what it shows. */
const BLIND: ReadonlySet<LensFault['kind']> = new Set(['obscured', 'dark', 'moved', 'defocused']);

/**
 * What detectors that fall short in a known way would have said of what a run's cameras saw, without rendering it: one
 * observation for each detector and frame, in the order of arrival. Pure and seeded.
 */
export function* truthDetections(
  scenes: readonly StageScene[],
  imperfection: Imperfection,
): Generator<VisionObservation> {
  const sha256 = createHash('sha256').update(JSON.stringify(imperfection)).digest('hex');
  const lines = scenes.map((scene) => cameraFrames(scene, imperfection, sha256));
  const heads = lines.map((line) => line.next());
  for (;;) {
    let first = -1;
    let least_ms = Number.POSITIVE_INFINITY;
    heads.forEach(({ done, value }, index) => {
      if (done || value === undefined || value.received_ms >= least_ms) return;
      first = index;
      least_ms = value.received_ms;
    });
    const head = heads[first];
    const line = lines[first];
    if (head === undefined || line === undefined || head.done) return;
    yield head.value;
    heads[first] = line.next();
  }
}

/** Two rows of observations as one, by arrival; what is in `first` goes first. */
export function* byArrival(
  first: Iterable<Observation>,
  second: Generator<Observation>,
  to_ms: number,
): Generator<Observation> {
  let next = second.next();
  for (const observation of first) {
    for (; !next.done && next.value.received_ms < observation.received_ms; next = second.next())
      yield next.value;
    yield observation;
  }
  for (; !next.done && next.value.received_ms <= to_ms; next = second.next()) yield next.value;
}

function* cameraFrames(
  scene: StageScene,
  imperfection: Imperfection,
  sha256: string,
): Generator<VisionObservation> {
  const { camera, seed, start_ms, duration_s, lens, weather } = scene;
  const { patrol_s } = imperfection;
  const detector = createImperfectDetector({
    imperfection,
    seed,
    cameraId: camera.id,
    sky: weather.sky,
    duration_s,
    size: camera,
  });
  const pictures = lensPictures(seed, camera.id);
  const present = createPresent(scene.actors);
  const offset_s = createRandom(deriveSeed(seed, 'patrol', camera.id)).between(0, patrol_s);
  let frozen: Record<DetectorName, Detection[]> | undefined;
  let pictured_s = Number.NEGATIVE_INFINITY;
  for (let frame = 0; offset_s + frame * patrol_s < duration_s; frame += 1) {
    const t_s = offset_s + frame * patrol_s;
    const fault = lens.find(({ from_s, to_s }) => t_s >= from_s && t_s < to_s)?.kind;
    const actors = present(t_s);
    const looked = detector.look(trueBoxes(camera, actors, t_s), t_s);
    const seen = fault === 'frozen' ? (frozen ?? looked) : looked;
    frozen = seen;
    const at_ms = start_ms + Math.round(t_s * 1_000);
    const about = { deviceId: camera.id, at_ms, received_ms: at_ms + JUDGED_AFTER_MS };
    if (t_s - pictured_s >= PICTURE_EVERY_S) {
      pictured_s = t_s;
      yield { kind: 'picture', ...about, picture: pictures.at(t_s, fault) };
    }
    for (const name of ['street', 'garbage'] as const satisfies (keyof typeof DETECTORS)[]) {
      const detections = fault !== undefined && BLIND.has(fault) ? [] : seen[name];
      yield { kind: 'detections', ...about, model: { id: `${name}@truth`, sha256 }, detections };
    }
  }
}

/** Who is there at a time; times come in order. */
function createPresent(actors: readonly StageActor[]): (t_s: number) => readonly StageActor[] {
  const order = [...actors].sort((a, b) => a.from_s - b.from_s);
  let next = 0;
  let here: StageActor[] = [];
  return (t_s) => {
    here = here.filter(({ to_s }) => to_s > t_s);
    for (let actor = order[next]; actor !== undefined && actor.from_s <= t_s; actor = order[next]) {
      if (actor.to_s > t_s) here.push(actor);
      next += 1;
    }
    return here;
  };
}
