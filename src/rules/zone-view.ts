import type { ZoneDwellConfig } from '../domain/rule-config.ts';
import type { World } from '../domain/world.ts';
import type { CameraZone } from '../domain/zone.ts';

/** The zones of one camera that matter to the rule. */
export interface View {
  readonly zones: readonly CameraZone[];
  readonly permitted: readonly CameraZone[];
}

/** The views of the cameras that have a zone in which the rule is in force. */
export function viewsOf(config: ZoneDwellConfig, world: World): Map<string, View> {
  const views = new Map<string, { zones: CameraZone[]; permitted: CameraZone[] }>();
  for (const zone of world.cameraZones) {
    const applies = config.zone_kinds.includes(zone.kind) && config.dwell_s[zone.roadClass] !== null;
    const permits = config.permitted_zone_kinds.includes(zone.kind);
    if (!applies && !permits) continue;
    const view = views.get(zone.cameraId) ?? { zones: [], permitted: [] };
    (permits ? view.permitted : view.zones).push(zone);
    views.set(zone.cameraId, view);
  }
  for (const [cameraId, { zones }] of views) if (zones.length === 0) views.delete(cameraId);
  return views;
}
