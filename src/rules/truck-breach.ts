import type { PositionObservation } from '../domain/observation.ts';
import { inHours, type LocalTime } from '../domain/schedule.ts';
import type { TruckConductConfig } from '../domain/truck-conduct-config.ts';
import type { World } from '../domain/world.ts';
import { createRouteTest } from './route-index.ts';
import type { ConductName } from './truck-conduct-state.ts';
import { createZoneIndex, isInForce } from './zone-index.ts';

/** What a truck breaks at a position. */
export interface Breach {
  readonly limit_kmh: number | null;
  readonly zoneId: string | null;
  /** From its routes; null where that is not the matter, or not to be told. */
  readonly away_m: number | null;
}

/** Whether a truck does at a position what it must not; undefined where it does not. */
export type ConductTest = (fix: PositionObservation, speed_kmh: number) => Breach | undefined;

const NOTHING_MORE: Breach = { limit_kmh: null, zoneId: null, away_m: null };

/** The tests of the enabled conducts. A truck that does not tell its cover or its load is never said to be uncovered. */
export function conductTests(
  { uncovered, overspeed, restricted, off_route }: TruckConductConfig,
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
        return exemptAt(fix) === undefined ? NOTHING_MORE : undefined;
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
        return { ...NOTHING_MORE, limit_kmh };
      },
    ]);
  }
  if (restricted.enabled) {
    const closedAt = zoneFinder(restricted.zone_kinds, 0);
    tests.push([
      'restricted',
      (fix) => {
        const zoneId = closedAt(fix);
        return zoneId === undefined ? undefined : { ...NOTHING_MORE, zoneId };
      },
    ]);
  }
  if (off_route.enabled && world.routes !== undefined && world.routes.length > 0) {
    const strayedAt = createRouteTest(world.routes, off_route.margin_m, localTime);
    const exemptAt = zoneFinder(off_route.exempt_zone_kinds, off_route.zone_margin_m);
    tests.push([
      'off_route',
      (fix, speed_kmh) => {
        if (speed_kmh <= off_route.speed_min_kmh) return undefined;
        const strayed = strayedAt(fix.deviceId, fix, fix.at_ms);
        if (strayed === undefined || exemptAt(fix) !== undefined) return undefined;
        return { ...NOTHING_MORE, away_m: strayed.away_m };
      },
    ]);
  }
  return tests;
}
