import type { Finding } from '../domain/finding.ts';
import type { LonLat } from '../domain/geometry.ts';
import type { IncidentPlace, MissingSense } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { TruckStopConfig } from '../domain/truck-rule-config.ts';
import type { World } from '../domain/world.ts';
import { clampSeverity, round } from './numbers.ts';
import type { Dumping, Stand, TruckIncident, TruckState } from './truck-state.ts';
import { trackExhibit } from './truck-track.ts';
import { createZoneIndex } from './zone-index.ts';

/** Words the findings of the truck rule. `unverified` says that the end was not seen. */
export interface TruckFindings {
  stopOpened(state: TruckState, stand: Stand, stop: TruckIncident, at_ms: number): Finding;
  stopUpdated(state: TruckState, stand: Stand, stop: TruckIncident, at_ms: number): Finding;
  stopSilent(state: TruckState, stand: Stand, stop: TruckIncident, now_ms: number): Finding;
  stopEnded(
    state: TruckState,
    stand: Stand,
    stop: TruckIncident,
    at_ms: number,
    reason: string,
    unverified?: boolean,
  ): Finding;
  dumpingOpened(state: TruckState, dumping: Dumping, at_ms: number): Finding;
  dumpingUpdated(state: TruckState, dumping: Dumping, at_ms: number): Finding;
  dumpingSilent(state: TruckState, dumping: Dumping, now_ms: number): Finding;
  dumpingEnded(
    state: TruckState,
    dumping: Dumping,
    at_ms: number,
    reason: string,
    unverified?: boolean,
  ): Finding;
}

interface Wording {
  readonly action: Finding['action'];
  readonly at_ms: number;
  /** Nothing was heard from the last position to `at_ms`. */
  readonly silentFor?: string;
  readonly endReason?: string;
}

interface Subject {
  readonly type: string;
  readonly key: string;
  readonly point: LonLat;
  readonly severity: number;
  readonly confidence: number;
  readonly measures: Finding['measures'];
  readonly related: readonly { readonly key: string; readonly onset_ms: number }[];
}

/** Makes the wording for one rule. */
export function truckFindings(
  config: TruckStopConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
  isNight: (at_ms: number) => boolean,
): TruckFindings {
  const plates = new Map(world.devices.map(({ id, plate }) => [id, plate]));
  const zones = createZoneIndex(world.mapZones);
  const placeOf = (point: LonLat): IncidentPlace => {
    const around = zones.at(point, 0);
    const street = around.find((zone) => zone.street !== undefined)?.street;
    const gridCode = around.find((zone) => zone.gridCode !== undefined)?.gridCode;
    return {
      lon: point.lon,
      lat: point.lat,
      ...(around[0] === undefined ? {} : { zoneId: around[0].id }),
      ...(street === undefined ? {} : { street }),
      ...(gridCode === undefined ? {} : { gridCode }),
    };
  };
  const word = (state: TruckState, incident: TruckIncident, subject: Subject, wording: Wording): Finding => {
    const { deviceId } = state;
    const { action, at_ms, silentFor, endReason } = wording;
    const plate = plates.get(deviceId);
    return {
      action,
      rule: { id: rule.id, version: rule.version },
      type: subject.type,
      key: subject.key,
      onset_ms: incident.onset_ms,
      at_ms,
      lastSeen_ms: incident.lastSeen_ms,
      severity: clampSeverity(subject.severity),
      confidence: subject.confidence,
      place: placeOf(subject.point),
      subject: { deviceId, ...(plate === undefined ? {} : { plate }) },
      sources: [
        {
          deviceId,
          modality: 'gps',
          from: isoTime(incident.onset_ms),
          to: isoTime(incident.lastSeen_ms),
          weight: 1,
        },
      ],
      missing: missingSenses(state, incident, at_ms, silentFor),
      measures: { ...subject.measures, night: isNight(incident.onset_ms), rejected_positions: state.jumps },
      exhibits: silentFor === undefined ? [trackExhibit(state, at_ms)] : [],
      ...(subject.related.length === 0 ? {} : { related: subject.related }),
      ...(endReason === undefined ? {} : { endReason }),
    };
  };
  const stop = (state: TruckState, stand: Stand, incident: TruckIncident, wording: Wording): Finding =>
    word(state, incident, stopSubject(state, stand, incident, config, isNight), wording);
  const dumping = (state: TruckState, incident: Dumping, wording: Wording): Finding =>
    word(state, incident, dumpingSubject(state, incident, config), wording);
  const ending = (at_ms: number, reason: string, unverified: boolean): Wording => ({
    action: 'end',
    at_ms,
    endReason: reason,
    ...(unverified ? { silentFor: reason } : {}),
  });
  return {
    stopOpened: (state, stand, incident, at_ms) => stop(state, stand, incident, { action: 'open', at_ms }),
    stopUpdated: (state, stand, incident, at_ms) => stop(state, stand, incident, { action: 'update', at_ms }),
    stopSilent: (state, stand, incident, at_ms) =>
      stop(state, stand, incident, { action: 'update', at_ms, silentFor: 'no position' }),
    stopEnded: (state, stand, incident, at_ms, reason, unverified = false) =>
      stop(state, stand, incident, ending(at_ms, reason, unverified)),
    dumpingOpened: (state, incident, at_ms) => dumping(state, incident, { action: 'open', at_ms }),
    dumpingUpdated: (state, incident, at_ms) => dumping(state, incident, { action: 'update', at_ms }),
    dumpingSilent: (state, incident, at_ms) =>
      dumping(state, incident, { action: 'update', at_ms, silentFor: 'no position' }),
    dumpingEnded: (state, incident, at_ms, reason, unverified = false) =>
      dumping(state, incident, ending(at_ms, reason, unverified)),
  };
}

function stopSubject(
  state: TruckState,
  stand: Stand,
  incident: TruckIncident,
  config: TruckStopConfig,
  isNight: (at_ms: number) => boolean,
): Subject {
  const isLoaded = state.load === 'half' || state.load === 'full';
  const { severity_day, severity_night, loaded_step } = config.stop;
  const dumping = state.dumping;
  return {
    type: config.stop.type,
    key: `${state.deviceId}/stop`,
    point: stand,
    severity: (isNight(incident.onset_ms) ? severity_night : severity_day) + (isLoaded ? loaded_step : 0),
    confidence: 0.6,
    measures: {
      stopped_s: round((incident.lastSeen_ms - incident.onset_ms) / 1000, 1),
      ...(state.load === null ? {} : { load: state.load }),
    },
    related:
      dumping !== null && dumping.stand_ms === stand.since_ms
        ? [{ key: `${state.deviceId}/dumping`, onset_ms: dumping.onset_ms }]
        : [],
  };
}

function dumpingSubject(state: TruckState, dumping: Dumping, config: TruckStopConfig): Subject {
  const { lifted, lost } = dumping;
  const isConfirmed = lifted && lost;
  const stand = state.stand;
  return {
    type: config.dumping.type,
    key: `${state.deviceId}/dumping`,
    point: dumping,
    severity: isConfirmed ? config.dumping.severity_confirmed : config.dumping.severity,
    // STANDARDS: lift outside every approved polygon and loaded to empty and no speed is what proves it.
    confidence: isConfirmed ? 0.95 : lifted ? 0.7 : 0.6,
    measures: {
      lifted,
      load_lost: lost,
      ...(stand === null ? {} : { stopped_s: round((stand.last_ms - stand.since_ms) / 1000, 1) }),
    },
    related:
      stand?.stop != null && stand.since_ms === dumping.stand_ms
        ? [{ key: `${state.deviceId}/stop`, onset_ms: stand.stop.onset_ms }]
        : [],
  };
}

function missingSenses(
  state: TruckState,
  incident: TruckIncident,
  at_ms: number,
  silentFor: string | undefined,
): MissingSense[] {
  const sense = (reason: string, from_ms: number, to_ms: number): MissingSense => ({
    modality: 'gps',
    reason,
    from: isoTime(from_ms),
    to: isoTime(to_ms),
  });
  const { onset_ms, lastSeen_ms } = incident;
  const missing = incident.gaps.map(([from_ms, to_ms]) => sense('no position', from_ms, to_ms));
  // To the last position only: what the truck never had is not missing at the end of the incident.
  if (!state.hasLift) missing.push(sense('no lift sensor', onset_ms, lastSeen_ms));
  else if (state.liftStuck) missing.push(sense('lift sensor stuck', onset_ms, lastSeen_ms));
  if (!state.hasLoad) missing.push(sense('no load sensor', onset_ms, lastSeen_ms));
  if (silentFor !== undefined) missing.push(sense(silentFor, state.last?.at_ms ?? lastSeen_ms, at_ms));
  return missing;
}
