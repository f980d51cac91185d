import type { Exhibit, Finding } from '../domain/finding.ts';
import type { FocusAim } from '../domain/focus.ts';
import type { LeftBehindConfig } from '../domain/left-behind-config.ts';
import type { DetectionsObservation } from '../domain/observation.ts';
import { isoTime } from '../domain/time.ts';
import type { CameraZone } from '../domain/zone.ts';
import { snapshotOf, type Thing } from './left-behind-thing.ts';
import { clampSeverity, round } from './numbers.ts';

/** Words the findings about things left behind. */
export function leftBehindFindings(
  config: LeftBehindConfig,
  rule: { readonly id: string; readonly version: string },
) {
  const word = (
    action: Finding['action'],
    cameraId: string,
    thing: Thing,
    zone: CameraZone,
    more: {
      readonly at_ms: number;
      readonly missingFor?: string;
      readonly endReason?: string;
      readonly empty?: Exhibit | null;
    },
  ): Finding => {
    const by = thing.who?.[1] ?? 'unknown';
    const { cameFrom, leftTo } = thing.open ?? {};
    const to = isoTime(thing.lastSeen_ms);
    const exhibits: Exhibit[] = [thing.withWho, thing.best, more.empty ?? null].filter(
      (exhibit) => exhibit !== null,
    );
    thing.withWho = null;
    thing.best = null;
    return {
      action,
      rule,
      type: config.type,
      key: `${cameraId}/${thing.zoneId}/${thing.id}`,
      onset_ms: thing.first_ms,
      at_ms: more.at_ms,
      lastSeen_ms: thing.lastSeen_ms,
      severity: clampSeverity(config.vehicles.includes(by) ? config.severity_vehicle : config.severity),
      confidence: round(thing.score, 3),
      place: { ...zone.place, zoneId: zone.id },
      subject: { deviceId: cameraId },
      sources: [{ deviceId: cameraId, modality: 'camera', from: isoTime(thing.first_ms), to, weight: 1 }],
      missing:
        more.missingFor === undefined
          ? []
          : [
              {
                modality: 'camera',
                reason: more.missingFor,
                from: isoTime(thing.lastJudged_ms),
                to: isoTime(more.at_ms),
              },
            ],
      measures: {
        thing: thing.cls,
        by,
        place: thing.id,
        zone_kind: zone.kind,
        road_class: zone.roadClass,
        stays_s: round((thing.lastSeen_ms - thing.first_ms) / 1000, 1),
        left_after_s: round((thing.lastThere_ms - thing.first_ms) / 1000, 1),
        ...(cameFrom === undefined ? {} : { came_from: cameFrom }),
        ...(leftTo === undefined ? {} : { left_to: leftTo }),
      },
      model: thing.model,
      exhibits,
      ...(action === 'open' && { focus: aimOf(thing, config) }),
      ...(more.endReason === undefined ? {} : { endReason: more.endReason }),
    };
  };
  return {
    opened: (cameraId: string, thing: Thing, zone: CameraZone, at_ms: number): Finding =>
      word('open', cameraId, thing, zone, { at_ms }),
    updated: (cameraId: string, thing: Thing, zone: CameraZone, at_ms: number): Finding =>
      word('update', cameraId, thing, zone, { at_ms }),
    gone: (thing: Thing, zone: CameraZone, seen: DetectionsObservation): Finding =>
      word('end', seen.deviceId, thing, zone, {
        at_ms: seen.at_ms,
        empty: snapshotOf(seen, [], zone),
        endReason: `observed empty for ${round(thing.vacant_ms / 1000, 1)} s`,
      }),
    unverified: (cameraId: string, thing: Thing, zone: CameraZone, at_ms: number): Finding => {
      const reason = `could not be observed for ${config.give_up_s} s: given up`;
      return word('end', cameraId, thing, zone, { at_ms, missingFor: reason, endReason: reason });
    },
  };
}

/** Whoever is to be looked for, vehicles last: they tell more than somebody who stands beside. */
function aimOf({ cls, box, first_ms }: Thing, { actors, vehicles, reach }: LeftBehindConfig): FocusAim {
  const onFoot = actors.filter((actor) => !vehicles.includes(actor));
  return {
    class: cls,
    box,
    appeared_ms: first_ms,
    actors: [...onFoot, ...vehicles.filter((vehicle) => actors.includes(vehicle))],
    reach,
  };
}
