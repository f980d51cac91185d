import type { DeviceOfflineConfig } from '../domain/device-offline-config.ts';
import type { Finding } from '../domain/finding.ts';
import type { IncidentPlace } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { type Named, needed, type Outage } from './device-outage.ts';
import type { Heard, Spell } from './device-silence.ts';
import { clampSeverity, round } from './numbers.ts';
import { stationPlaces } from './station-place.ts';

/** Devices that the incident of an outage names as its sources. */
const NAMED_MAX = 20;

interface Wording {
  readonly action: Finding['action'];
  readonly at_ms: number;
  readonly endReason?: string;
  /** The outage that it is left over from. */
  readonly after?: Outage;
}

/** Words the findings about devices from which nothing comes. */
export function offlineFindings(
  config: DeviceOfflineConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
) {
  const placeOf = stationPlaces(world);
  const plates = new Map(world.devices.map(({ id, plate }) => [id, plate]));
  const where = ([id, { fix }]: Named): { readonly place: IncidentPlace; readonly isPlaced: boolean } => {
    const known = placeOf(id);
    if (fix === undefined) return known;
    return { place: { ...known.place, lon: fix.lon, lat: fix.lat }, isPlaced: true };
  };
  const common = (onset_ms: number, at_ms: number, named: readonly Named[], reason: string) => {
    const span = { from: isoTime(onset_ms), to: isoTime(Math.max(onset_ms, at_ms)) };
    return {
      rule,
      onset_ms,
      at_ms,
      lastSeen_ms: at_ms,
      confidence: 1,
      sources: named
        .slice(0, NAMED_MAX)
        .map(([deviceId, { kind }]) => ({ deviceId, modality: modalityOf(kind), ...span, weight: 1 })),
      missing: [{ modality: modalityOf(named[0]?.[1].kind), reason, ...span }],
      exhibits: [],
    };
  };
  return {
    device(named: Named, spell: Spell, { action, at_ms, endReason, after }: Wording): Finding {
      const [id, device] = named;
      const said = device.reason === undefined ? 'it went offline' : `it went offline: ${device.reason}`;
      const reason = device.said_ms === undefined ? 'nothing was heard of it' : said;
      const plate = plates.get(id);
      return {
        action,
        type: config.type,
        key: id,
        ...common(spell.onset_ms, at_ms, [named], reason),
        severity: clampSeverity(config.severity),
        place: where(named).place,
        subject: { deviceId: id, ...(plate === undefined ? {} : { plate }) },
        measures: {
          silent_s: round((at_ms - spell.onset_ms) / 1000, 1),
          ...(device.usual_ms > 0 && { usual_interval_s: round(device.usual_ms / 1000, 1) }),
        },
        ...(after && { related: [{ key: after.key, onset_ms: after.onset_ms }] }),
        ...(endReason === undefined ? {} : { endReason }),
      };
    },
    /** `away` are its members that are still silent, `ever` those that it had. */
    outage(outage: Outage, away: readonly Named[], { action, at_ms, endReason }: Wording): Finding {
      const { onset_ms, key, group, value, size } = outage;
      const what = group === 'all' ? config.device_kinds.join(', ') : `${group} ${value}`;
      return {
        action,
        type: config.outage.type,
        key,
        ...common(onset_ms, at_ms, away, `${what}: many devices fell silent together`),
        severity: clampSeverity(config.outage.severity),
        place: middleOf(away.map(where)),
        measures: {
          outage: what,
          devices_offline: away.length,
          devices_total: size,
          devices_needed: needed(config, size),
          silent_s: round((at_ms - onset_ms) / 1000, 1),
        },
        ...(endReason === undefined ? {} : { endReason }),
      };
    },
  };
}

/** The mean of where they are; street and grid cell where all have the same. */
function middleOf(
  places: readonly { readonly place: IncidentPlace; readonly isPlaced: boolean }[],
): IncidentPlace {
  const placed = places.filter(({ isPlaced }) => isPlaced).map(({ place }) => place);
  const [first] = placed;
  if (first === undefined) return { lon: 0, lat: 0 };
  const mean = (values: readonly number[]): number =>
    round(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
  const { street, gridCode } = first;
  return {
    lon: mean(placed.map(({ lon }) => lon)),
    lat: mean(placed.map(({ lat }) => lat)),
    ...(street !== undefined && placed.every((place) => place.street === street) && { street }),
    ...(gridCode !== undefined && placed.every((place) => place.gridCode === gridCode) && { gridCode }),
  };
}

function modalityOf(kind: Heard['kind'] | undefined): 'gps' | 'dust' | 'noise' | 'camera' {
  return kind === undefined || kind === 'truck' ? 'gps' : kind;
}
