import type { FixState } from './truck-fix.ts';

/** What a truck may be doing that it must not, as the configuration calls it. */
export const CONDUCTS = ['uncovered', 'overspeed', 'restricted', 'off_route'] as const;
export type ConductName = (typeof CONDUCTS)[number];

/** A stretch in which a truck does it. Plain JSON. */
export interface Conduct {
  readonly onset_ms: number;
  /** Where it began. */
  readonly lon: number;
  readonly lat: number;
  /** Newest position at which it was so. */
  last_ms: number;
  /** Time in which it was so, without what lay between. */
  total_ms: number;
  /** Whether it was so at the newest position of all. */
  isSo: boolean;
  /** Highest speed while it was so. */
  peak_kmh: number;
  /** Lowest limit that was broken; null where there is none. */
  limit_kmh: number | null;
  zoneId: string | null;
  /** Farthest from its routes; null where that is not the matter, or not to be told. */
  away_m: number | null;
  /** When it was last told; null while it was not yet. */
  updated_ms: number | null;
  silent: boolean;
}

/** What the rule remembers of a truck. Plain JSON. */
export interface ConductState extends FixState {
  readonly deviceId: string;
  conducts: { [name in ConductName]?: Conduct };
}

/** A truck of which nothing is known. */
export function initialConduct(deviceId: string): ConductState {
  return { deviceId, last: null, rejected: null, jumps: 0, conducts: {} };
}
