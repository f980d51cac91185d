import Type, { type Static } from 'typebox';
import type { Detection } from './observation.ts';

/** What a rule wants to be looked at closely: something in a camera's picture that appeared, and who may have brought it. */
export interface FocusAim {
  /** Class of the thing, `+` between those of a combination. */
  readonly class: string;
  /** Where it is, as shares of the picture. */
  readonly box: Detection['box'];
  /** First seen by the patrol. */
  readonly appeared_ms: number;
  /** Classes of who may have brought it, the more telling ones last. */
  readonly actors: readonly string[];
  /** So many widths of the wider of the two from it, somebody is beside it. */
  readonly reach: number;
}

/** A rule's word that something began that may become an incident. */
export interface Suspicion {
  readonly deviceId: string;
  readonly at_ms: number;
}

/** Where rules tell their suspicions. */
export type Suspect = (suspicion: Suspicion) => void;

const Time = Type.String({ format: 'date-time' });
const Side = Type.Enum(['left', 'right', 'far', 'near']);
const Compass = Type.Enum(['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW']);
export type Side = Static<typeof Side>;
export type Compass = Static<typeof Compass>;

/** Somebody who was beside the thing. Times are left out where the film does not show them. */
export const FocusActor = Type.Object({
  class: Type.String(),
  /** Mean score of the detector, 0..1. */
  score: Type.Number({ minimum: 0, maximum: 1 }),
  enteredAt: Type.Optional(Time),
  leftAt: Type.Optional(Time),
  /** From when to when beside the thing. */
  besideFrom: Time,
  besideTo: Time,
  /** As the picture shows it: its left and right, away from the camera (far) and towards it (near). */
  cameFrom: Type.Optional(Side),
  leftTo: Type.Optional(Side),
  /** The same by the compass, where the camera's bearing is configured. */
  cameFromCompass: Type.Optional(Compass),
  leftToCompass: Type.Optional(Compass),
});
export type FocusActor = Static<typeof FocusActor>;

/** What looking closely at the time around an incident's onset has shown. */
export const FocusReport = Type.Object({
  deviceId: Type.String(),
  from: Time,
  to: Time,
  /** Frames judged. */
  frames: Type.Integer({ minimum: 0 }),
  /** What they stood by. */
  thing: Type.String(),
  /** Who most probably brought it first. */
  actors: Type.Array(FocusActor, { maxItems: 10 }),
  /** Ids of evidence: the picture that shows most, and the part of a vehicle where its plate would be. */
  best: Type.Optional(Type.String()),
  plateRegion: Type.Optional(Type.String()),
});
export type FocusReport = Static<typeof FocusReport>;
