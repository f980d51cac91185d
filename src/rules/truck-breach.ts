import type { PositionObservation } from '../domain/observation.ts';
import { inHours, type LocalTime } from '../domain/schedule.ts';
import type { TruckConductConfig } from '../domain/truck-conduct-config.ts';
import type { World } from '../domain/world.ts';
import type { ConductName } from './truck-conduct-state.ts';
import { createZoneIndex, isInForce } from './zone-index.ts';

/** What a truck breaks at a position. */
export interface Breach {
  readonly limit_kmh: number | null;
  readonly zoneId: string | null;
}

/** Whether a truck does at a position what it must not; undefined where it does not. */
export type ConductTest = (fix: PositionObservation, speed_kmh: number) => Breach | undefined;

/** The tests of the enabled conducts. A truck that does not tell its cover or its load is never said to be uncovered. */
export function conductTests(
  { uncovered, overspeed, restricted }: TruckConductConfig,
  world: World,
  localTime: LocalTime,
): [ConductName, ConductTest][] {
  const zoneFinder = (kinds: readonly string[], margin_m: number) => {
    const index = createZoneIndex(world.mapZones.filter(({ kind }) => kinds.includes(kind)));
    return (fix: PositionObservation): string | undefined =>
      index.at(fix, margin_m).find((zone) => isInForce(zone, localTime, fix.at_ms))?.id;
  };
  const tests: [ConductName, ConductTest][] = [];
  if (uncovered.enabled) {
    const exemptAt = zoneFinder(uncovered.exempt_zone_kinds, uncovered.zone_margin_m);
    tests.push([
      'uncovered',
      (fix, speed_kmh) => {
        const isLoaded = fix.load === 'half' || fix.load === 'full';
        if (fix.cover !== 'open' || !isLoaded || speed_kmh <= uncovered.speed_min_kmh) return undefined;
        return exemptAt(fix) === undefined ? { limit_kmh: null, zoneId: null } : undefined;
      },
    ]);
  }
  if (overspeed.enabled && overspeed.limits.length > 0) {
    const limits = overspeed.limits.map(({ limit_kmh, hours, zone_kinds }) => ({
      limit_kmh,
      hours,
      zoneAt: zone_kinds === undefined ? undefined : zoneFinder(zone_kinds, 0),
    }));
    const limitAt = (fix: PositionObservation): number | undefined =>
      limits.find(
        ({ hours, zoneAt }) =>
          (hours === undefined || inHours(hours, localTime(fix.at_ms))) &&
          (zoneAt === undefined || zoneAt(fix) !== undefined),
      )?.limit_kmh;
    tests.push([
      'overspeed',
      (fix, speed_kmh) => {
        const limit_kmh = limitAt(fix);
        if (limit_kmh === undefined || speed_kmh <= limit_kmh * overspeed.over_share) return undefined;
        return { limit_kmh, zoneId: null };
      },
    ]);
  }
  if (restricted.enabled) {
    const closedAt = zoneFinder(restricted.zone_kinds, 0);
    tests.push([
      'restricted',
      (fix) => {
        const zoneId = closedAt(fix);
        return zoneId === undefined ? undefined : { limit_kmh: null, zoneId };
      },
    ]);
  }
  return tests;
}
