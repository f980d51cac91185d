import { isBeside } from '../domain/box.ts';
import type { LeftBehindConfig } from '../domain/left-behind-config.ts';
import type { Detection, DetectionsObservation } from '../domain/observation.ts';
import type { CameraZone } from '../domain/zone.ts';
import type { Crowd } from './crowd.ts';
import { snapshotOf, type Thing } from './left-behind-thing.ts';

/** From one frame to the next somebody may have walked so many times further than what counts as beside. */
const NEAR_FACTOR = 3;

/** Who was beside a new thing about when it came may have left it; whoever stays beside it has not left yet. */
export function attribute(
  thing: Thing,
  actors: readonly Detection[],
  standing: readonly Detection['box'][],
  observation: DetectionsObservation,
  zone: CameraZone,
  config: LeftBehindConfig,
): void {
  if (!thing.isNew || thing.open !== null) return;
  const { at_ms } = observation;
  const beside = actors.filter(({ box }) => isBeside(box, thing.box, config.reach));
  const isFresh = at_ms - thing.first_ms <= config.left_s * 1000;
  const isComing = isFresh || isComingLate(thing, at_ms, config);
  if (isFresh && beside.length === 0) attributeNear(thing, actors, observation, zone, config.reach);
  for (const actor of beside) {
    const before = thing.who === null ? -1 : rank(thing.who[1], config);
    // One that was only remembered gives way to one who is in the picture.
    const isRival = rank(actor.class, config) > before - (thing.withWho === null ? 1 : 0);
    if (isComing && isRival) {
      thing.who = [at_ms, actor.class, actor.box];
      thing.withWho = withThing(observation, actor, thing, zone) ?? thing.withWho;
    }
    if (isComing || standing.includes(actor.box)) {
      thing.alone_ms += alone_ms(thing, at_ms, config);
      thing.lastThere_ms = at_ms;
      thing.judgedAlone = 0;
      thing.seenAlone = 0;
    }
  }
}

/** Of somebody who comes several times a slow patrol may see no more than the last. */
function isComingLate({ who, first_ms }: Thing, at_ms: number, config: LeftBehindConfig): boolean {
  if (who === null) return at_ms - first_ms <= config.lookback_s * 1000;
  return who[0] > first_ms && at_ms - who[0] <= config.left_s * 1000;
}

/** The picture of whoever left it, with what was left. */
function withThing(
  observation: DetectionsObservation,
  actor: Detection,
  { cls, score, box }: Thing,
  zone: CameraZone,
): Thing['withWho'] {
  return snapshotOf(observation, [actor, { class: cls, label: cls, score, box }], zone);
}

/** How long nobody has been beside a thing; a moment in which nobody was found is not that. */
export function alone_ms({ lastThere_ms }: Thing, at_ms: number, { left_s }: LeftBehindConfig): number {
  const since_ms = at_ms - lastThere_ms;
  return since_ms >= left_s * 1000 ? since_ms : 0;
}

/** Who was a few steps away when a thing came, between two frames of a patrol, while nobody was nearer. */
function attributeNear(
  thing: Thing,
  actors: readonly Detection[],
  observation: DetectionsObservation,
  zone: CameraZone,
  reach: number,
): void {
  if (thing.who !== null) return;
  const near = actors.find(({ box }) => isBeside(box, thing.box, reach * NEAR_FACTOR));
  if (near === undefined) return;
  thing.who = [observation.at_ms, near.class, near.box];
  thing.withWho = withThing(observation, near, thing, zone);
}

/** Rather the vehicle than somebody who stands beside it. */
function rank(cls: string, { vehicles, actors }: LeftBehindConfig): number {
  return vehicles.includes(cls) ? actors.length + vehicles.indexOf(cls) : actors.indexOf(cls);
}

/** Between two frames of a patrol he may have put it down and gone: whoever was there shortly before. */
export function lookBack({ sightings }: Crowd, thing: Thing, config: LeftBehindConfig): void {
  if (!thing.isNew || thing.who !== null) return;
  for (const sighting of sightings) {
    const [seen_ms, cls, box] = sighting;
    if (thing.first_ms - seen_ms > config.lookback_s * 1000 || !isBeside(box, thing.box, config.reach))
      continue;
    if (thing.who === null || rank(cls, config) >= rank(thing.who[1], config)) thing.who = sighting;
  }
  // He walks on between two frames.
  thing.who ??=
    sightings.findLast(
      ([seen_ms, , box]) =>
        thing.first_ms - seen_ms <= config.left_s * 1000 &&
        isBeside(box, thing.box, config.reach * NEAR_FACTOR),
    ) ?? null;
}
