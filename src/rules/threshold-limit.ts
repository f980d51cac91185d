import type { ThresholdConfig } from '../domain/rule-config.ts';
import { inHours, type LocalTime } from '../domain/schedule.ts';
import { parseAt_ms } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { createZoneIndex } from './zone-index.ts';

type Limit = ThresholdConfig['limits'][number];

/** Which limit holds for a station at a time, and what it is exempt from. */
export interface LimitLookup {
  /** Index in `limits` of the first that applies; -1 where none does. */
  indexOf(deviceId: string, at_ms: number): number;
  /** Why the station is exempt at the time; undefined where it is not. */
  exemption(deviceId: string, at_ms: number): string | undefined;
}

/** Prepares the limits of a rule: zones are looked up once, since stations do not move. */
export function limitLookup(config: ThresholdConfig, world: World, localTime: LocalTime): LimitLookup {
  const zoneIndex = createZoneIndex(world.mapZones);
  const kindsOf = new Map(
    world.devices.map(({ id, lon, lat }) => {
      const zones = lon === undefined || lat === undefined ? [] : zoneIndex.at({ lon, lat }, 0);
      return [id, new Set(zones.map(({ kind }) => kind))] as const;
    }),
  );
  const exemptions = config.exemptions.map(({ from, to, devices, reason }) => ({
    from_ms: parseAt_ms(from) ?? Number.POSITIVE_INFINITY,
    to_ms: parseAt_ms(to) ?? Number.NEGATIVE_INFINITY,
    devices,
    reason,
  }));
  const hasHours = config.limits.some(({ hours }) => hours !== undefined);
  const standsIn = ({ zone_kinds }: Limit, deviceId: string): boolean =>
    zone_kinds === undefined || zone_kinds.some((kind) => kindsOf.get(deviceId)?.has(kind) === true);
  return {
    indexOf(deviceId, at_ms) {
      const local = hasHours ? localTime(at_ms) : { day: 1, minute: 0 };
      return config.limits.findIndex((limit) => inHours(limit.hours, local) && standsIn(limit, deviceId));
    },
    exemption(deviceId, at_ms) {
      return exemptions.find(
        ({ from_ms, to_ms, devices }) =>
          at_ms >= from_ms && at_ms < to_ms && (devices === undefined || devices.includes(deviceId)),
      )?.reason;
    },
  };
}
