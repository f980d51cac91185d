import type { Track } from './truck-track.ts';

/** A truck's load as sensors tell it. */
export type Load = 'empty' | 'half' | 'full';

/** What an open incident of a truck needs to go on. */
export interface TruckIncident {
  readonly onset_ms: number;
  updated_ms: number;
  /** Newest position that still belongs to it. */
  lastSeen_ms: number;
  gaps: [from_ms: number, to_ms: number][];
  silent: boolean;
}

/** Where and since when the truck stands. */
export interface Stand {
  readonly since_ms: number;
  readonly lon: number;
  readonly lat: number;
  last_ms: number;
  /** Positions in a row beyond the radius. */
  away: number;
  stop: TruckIncident | null;
}

/** Signs of the same kind in a row that are not believed at once. */
export interface Evidence {
  readonly since_ms: number;
  readonly lon: number;
  readonly lat: number;
  fixes: number;
}

/** A dumping: where it was, and what tells of it. */
export interface Dumping extends TruckIncident {
  readonly lon: number;
  readonly lat: number;
  away: number;
  lifted: boolean;
  lost: boolean;
  /** Start of the stand during which it happened; null while creeping. */
  stand_ms: number | null;
}

/** What the rule remembers of a truck. Plain JSON. */
export interface TruckState {
  readonly deviceId: string;
  last: { at_ms: number; lon: number; lat: number } | null;
  /** The rejected position before this one, to tell a jump from a truck that really is elsewhere. */
  rejected: { at_ms: number; lon: number; lat: number; count: number } | null;
  jumps: number;
  /** It has told of satellites: units that do not count them say 0 for ever. */
  countsSatellites?: boolean;
  stand: Stand | null;
  dumping: Dumping | null;
  lifted: Evidence | null;
  emptied: Evidence | null;
  /** Newest load that a sensor told, and when the truck was last known to be loaded. */
  load: Load | null;
  loadedAt_ms: number | null;
  hasLift: boolean;
  hasLoad: boolean;
  /** Lifted while driving fast: not believed until seen lowered. */
  liftStuck: boolean;
  /** Absent: no position yet. */
  track?: Track;
}

/** A truck of which nothing is known. */
export function initialTruck(deviceId: string): TruckState {
  return {
    deviceId,
    last: null,
    rejected: null,
    jumps: 0,
    stand: null,
    dumping: null,
    lifted: null,
    emptied: null,
    load: null,
    loadedAt_ms: null,
    hasLift: false,
    hasLoad: false,
    liftStuck: false,
  };
}
