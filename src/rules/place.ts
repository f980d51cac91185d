import type { Exhibit } from '../domain/finding.ts';
import { pointInRing } from '../domain/geometry.ts';
import type { DetectionsObservation } from '../domain/observation.ts';
import type { CameraZone } from '../domain/zone.ts';
import type { Bucket } from './occupancy.ts';
import type { PlaceUnit } from './place-unit.ts';

/** A spot in a zone where something is, or was just now. Plain JSON. */
export interface Place {
  zoneId: string;
  /** From where it was first seen, in thousandths of the picture: the same in every evaluation. */
  readonly id: string;
  /** Where it was first seen for sure. It stays there, so that what moves on does not take the place along. */
  x: number;
  y: number;
  /** It was never seen but weakly. */
  isDoubtful: boolean;
  w: number;
  h: number;
  lastSeen_ms: number;
  /** Newest frame that could have shown it. */
  lastJudged_ms: number;
  /** Observed without it since it was last seen. */
  vacant_ms: number;
  /** Frames without it in a row. */
  misses: number;
  /** Times of these frames, as long as it may only have been missed. */
  missed: [from_ms: number, to_ms: number][];
  /** Share of the observed time in which it showed, as of when it was last seen. */
  shows: number;
  score: number;
  classes: string;
  model: { readonly id: string; readonly sha256: string };
  buckets: Bucket[];
  best: Extract<Exhibit, { kind: 'snapshot' }> | null;
  bestScore: number;
  open: OpenPlace | null;
}

/** What an incident at the place needs to go on. */
export interface OpenPlace {
  readonly onset_ms: number;
  updated_ms: number;
  /** Times in which the camera was not judged. */
  gaps: [from_ms: number, to_ms: number, reason?: string][];
  /** True once the present silence was told. */
  silent: boolean;
}

/** Where an incident is, its place holds on to boxes that stray so much further. */
const OPEN_RADIUS_FACTOR = 1.5;
/** How fast the remembered size and score follow. */
const FOLLOW = 0.1;

/** The nearest place that a unit belongs to, by the distance of their feet in shares of the larger box. */
export function nearestPlace(places: readonly Place[], unit: PlaceUnit, radius: number): Place | undefined {
  let nearest: Place | undefined;
  let least = 1;
  for (const place of places) {
    const dx = Math.abs(unit.x - place.x) / Math.max(unit.w, place.w, 1e-6);
    const dy = Math.abs(unit.y - place.y) / Math.max(unit.h, place.h, 1e-6);
    const distance = Math.max(dx, dy) / (place.open === null ? radius : radius * OPEN_RADIUS_FACTOR);
    if (distance < least) {
      least = distance;
      nearest = place;
    }
  }
  return nearest;
}

/** A new place at a unit, where its foot is in one of the zones (the first that fits). */
export function newPlace(
  unit: PlaceUnit,
  zones: readonly CameraZone[],
  { at_ms, model }: DetectionsObservation,
): Place | undefined {
  const zone = zones.find(({ polygon }) => pointInRing(unit.x, unit.y, polygon));
  if (zone === undefined) return undefined;
  return {
    zoneId: zone.id,
    id: `${Math.round(unit.x * 1000)}-${Math.round(unit.y * 1000)}`,
    x: unit.x,
    y: unit.y,
    isDoubtful: true,
    w: unit.w,
    h: unit.h,
    lastSeen_ms: at_ms,
    lastJudged_ms: at_ms,
    vacant_ms: 0,
    misses: 0,
    missed: [],
    shows: 1,
    score: unit.score,
    classes: '',
    model,
    buckets: [],
    best: null,
    bestScore: 0,
    open: null,
  };
}

/** The first sure sighting says better than the weak ones before it where something stands. */
export function believe(place: Place, unit: PlaceUnit, zones: readonly CameraZone[]): void {
  place.isDoubtful = false;
  const zone = zones.find(({ polygon }) => pointInRing(unit.x, unit.y, polygon));
  if (zone === undefined) return;
  place.zoneId = zone.id;
  place.x = unit.x;
  place.y = unit.y;
}

/** Lets the place follow the size and score of what stands there. */
export function followUnit(place: Place, unit: PlaceUnit, observation: DetectionsObservation): void {
  place.w += (unit.w - place.w) * FOLLOW;
  place.h += (unit.h - place.h) * FOLLOW;
  place.score += (unit.score - place.score) * FOLLOW;
  place.classes = unit.detections.map((detection) => detection.class).join('+');
  place.model = observation.model;
}

/** Keeps the picture in which the thing is surest, of those not older than `recent_ms`. */
export function keepBest(
  place: Place,
  unit: PlaceUnit,
  observation: DetectionsObservation,
  zone: CameraZone,
  recent_ms: number,
): void {
  const { at_ms, deviceId, frame } = observation;
  if (frame === undefined) return;
  const known = place.best;
  if (known !== null && place.bestScore > unit.score && at_ms - known.at_ms <= recent_ms) return;
  place.bestScore = unit.score;
  place.best = {
    kind: 'snapshot',
    deviceId,
    at_ms,
    frame,
    detections: unit.detections,
    zone: zone.polygon,
  };
}
