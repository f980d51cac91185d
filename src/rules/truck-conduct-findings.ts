import type { Finding } from '../domain/finding.ts';
import { isoTime } from '../domain/time.ts';
import type { TruckConductConfig } from '../domain/truck-conduct-config.ts';
import type { World } from '../domain/world.ts';
import { clampSeverity, round } from './numbers.ts';
import type { Conduct, ConductName, ConductState } from './truck-conduct-state.ts';
import { trackExhibit } from './truck-track.ts';
import { createZoneIndex } from './zone-index.ts';

type Word = (state: ConductState, name: ConductName, conduct: Conduct, at_ms: number) => Finding;

/** Words the findings of the conduct rule. */
export interface ConductFindings {
  readonly opened: Word;
  readonly updated: Word;
  readonly ended: Word;
  readonly silent: Word;
  /** Over without having been seen to be, and why. */
  unverified(
    state: ConductState,
    name: ConductName,
    conduct: Conduct,
    at_ms: number,
    reason: string,
  ): Finding;
}

interface Wording {
  readonly action: Finding['action'];
  /** Nothing was heard from the last position on. */
  readonly silentFor?: string;
  readonly endReason?: string;
}

/** Makes the wording for one rule. */
export function conductFindings(
  config: TruckConductConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
): ConductFindings {
  const plates = new Map(world.devices.map(({ id, plate }) => [id, plate]));
  const zones = createZoneIndex(world.mapZones);
  const placeOf = ({ lon, lat, zoneId }: Conduct): Finding['place'] => {
    const around = zones.at({ lon, lat }, 0);
    const street = around.find((zone) => zone.street !== undefined)?.street;
    const gridCode = around.find((zone) => zone.gridCode !== undefined)?.gridCode;
    const zone = zoneId ?? around[0]?.id;
    return {
      lon,
      lat,
      ...(zone === undefined ? {} : { zoneId: zone }),
      ...(street === undefined ? {} : { street }),
      ...(gridCode === undefined ? {} : { gridCode }),
    };
  };
  const word = (
    state: ConductState,
    name: ConductName,
    conduct: Conduct,
    at_ms: number,
    wording: Wording,
  ): Finding => {
    const { deviceId, last } = state;
    const { action, silentFor, endReason } = wording;
    const { onset_ms, last_ms, total_ms, peak_kmh, limit_kmh, away_m } = conduct;
    const plate = plates.get(deviceId);
    const [from, to] = [isoTime(onset_ms), isoTime(last_ms)];
    const heard = isoTime(last?.at_ms ?? last_ms);
    return {
      action,
      rule,
      type: config[name].type,
      key: `${deviceId}/${name}`,
      onset_ms,
      at_ms,
      lastSeen_ms: last_ms,
      severity: clampSeverity(config[name].severity),
      confidence: 0.8,
      place: placeOf(conduct),
      subject: { deviceId, ...(plate === undefined ? {} : { plate }) },
      sources: [{ deviceId, modality: 'gps', from, to, weight: 1 }],
      missing:
        silentFor === undefined
          ? []
          : [{ modality: 'gps', reason: silentFor, from: heard, to: isoTime(at_ms) }],
      measures: {
        lasted_s: round(total_ms / 1000, 1),
        peak_kmh: round(peak_kmh, 1),
        ...(limit_kmh === null ? {} : { limit_kmh }),
        ...(away_m === null ? {} : { off_route_m: round(away_m, 0) }),
        rejected_positions: state.jumps,
      },
      exhibits: silentFor === undefined ? [trackExhibit(state, at_ms)] : [],
      ...(endReason === undefined ? {} : { endReason }),
    };
  };
  return {
    opened: (state, name, conduct, at_ms) => word(state, name, conduct, at_ms, { action: 'open' }),
    updated: (state, name, conduct, at_ms) => word(state, name, conduct, at_ms, { action: 'update' }),
    ended: (state, name, conduct, at_ms) =>
      word(state, name, conduct, at_ms, { action: 'end', endReason: `not so for ${config[name].clear_s} s` }),
    silent: (state, name, conduct, at_ms) =>
      word(state, name, conduct, at_ms, { action: 'update', silentFor: 'no position' }),
    unverified: (state, name, conduct, at_ms, reason) =>
      word(state, name, conduct, at_ms, { action: 'end', silentFor: reason, endReason: reason }),
  };
}
