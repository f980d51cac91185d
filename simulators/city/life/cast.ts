import type { Metres } from '../../plane.ts';
import type { LensFault, StageActor } from '../stage/stage-scene.ts';
import type { StreetEntry } from './life-file.ts';
import type { Block } from './view.ts';

/** Something that stands in the way for a while. */
export interface Obstacle {
  readonly at: Metres;
  readonly radius_m: number;
  readonly from_s: number;
  readonly to_s: number;
}

/** What a happening is, before the city's policy says whether it is an incident. */
export type HappeningKind = StreetEntry['kind'] | 'dumping';

/** Something scripted as it really happens in a run. */
export interface Happening {
  readonly id: string;
  readonly kind: HappeningKind;
  readonly from_s: number;
  readonly to_s: number;
  /** What a camera must see of it. */
  readonly block: Block;
  readonly streetId: string;
  readonly plate?: string;
  readonly note: string;
}

/** What a part of the street's life brings along. */
export interface Cast {
  readonly actors: readonly StageActor[];
  readonly obstacles: readonly Obstacle[];
  readonly happenings: readonly Happening[];
  readonly lens: readonly (LensFault & { readonly id: string; readonly camera: string })[];
}

export const EMPTY_CAST: Cast = { actors: [], obstacles: [], happenings: [], lens: [] };

/** Several casts as one. */
export function joinCasts(casts: readonly Cast[]): Cast {
  return {
    actors: casts.flatMap(({ actors }) => actors),
    obstacles: casts.flatMap(({ obstacles }) => obstacles),
    happenings: casts.flatMap(({ happenings }) => happenings),
    lens: casts.flatMap(({ lens }) => lens),
  };
}
