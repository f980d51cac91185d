import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import type { Crs } from '../../domain/device.ts';
import type { PositionObservation, StatusObservation } from '../../domain/observation.ts';
import type { TruckProfile } from '../../domain/truck-profile.ts';
import { toWgs84 } from '../to-wgs84.ts';
import { alarmNames, videoAlarmNames } from './alarms.ts';
import type { Jt808Edition } from './frame.ts';
import { type Location, locationDegrees, locationStatus, locationTime_ms } from './location.ts';
import { type LocationExtras, readItems } from './location-items.ts';
import { readTruckState } from './truck-state.ts';

/** What a location is read with. */
export interface LocationContext {
  readonly deviceId: string;
  readonly received_ms: number;
  readonly edition: Jt808Edition;
  /** The standard names no datum: what the terminal was set to. */
  readonly crs?: Crs | undefined;
  readonly profile: TruckProfile;
  /** Sent after a blind area. */
  readonly isCatchUp?: boolean;
}

/** Above it the field is a receiver's "not known", not a truck's speed. */
const SPEED_MAX_KMH = 400;
const ALTITUDE_SIGN = 0x8000;
const NO_TIME = '000000000000';
/** The first readings of a unit without a clock. */
const EARLIEST_MS = Date.UTC(2000, 0, 2);

/**
 * A location as an observation: a position where it has coordinates that may be believed, otherwise a status with the
 * same alarms and states and no coordinates (status bit 1 clear: no fix; bit 5 set: encrypted). Refused where its time
 * is none, or where a fix lies off the globe.
 */
export function observeLocation(
  location: Location,
  context: LocationContext,
): Decoded<PositionObservation | StatusObservation> {
  const { positioned, encrypted } = locationStatus(location.status);
  const isFix = positioned && !encrypted;
  const time_ms = locationTime_ms(location);
  // A unit that has seen no satellite since it was switched on knows neither place nor time, but may have alarms.
  const at_ms = !isFix && hasNoClock(location, time_ms) ? context.received_ms : time_ms;
  if (at_ms === undefined) {
    return refused('schema', `time ${location.time} is no YYMMDDhhmmss`, 'time');
  }
  return isFix ? position(location, at_ms, context) : decoded(status(location, at_ms, context));
}

function position(location: Location, at_ms: number, context: LocationContext): Decoded<PositionObservation> {
  const { lon, lat } = locationDegrees(location);
  if (Math.abs(lat) > 90) return refused('schema', `latitude ${lat} is not within 90 degrees`, 'latitude');
  if (Math.abs(lon) > 180)
    return refused('schema', `longitude ${lon} is not within 180 degrees`, 'longitude');
  if (lon === 0 && lat === 0) {
    return refused('schema', 'longitude and latitude 0 stand for a receiver without a fix', 'longitude');
  }
  const { deviceId, received_ms, crs = 'wgs84' } = context;
  const { extras, extra, alarms, state } = about(location, context);
  const place = crs === 'wgs84' ? { lon, lat } : converted(crs, lon, lat);
  const speed_kmh = location.speedRaw / 10;
  const { mileage_km, satellites } = extras;
  return decoded({
    kind: 'position',
    deviceId,
    at_ms,
    received_ms,
    ...place,
    ...(speed_kmh <= SPEED_MAX_KMH && { speed_kmh }),
    ...(location.direction_deg <= 360 && { heading_deg: location.direction_deg }),
    altitude_m: signed(location.altitude_m),
    ...(satellites !== undefined && { satellites }),
    acc: locationStatus(location.status).accOn,
    ...state,
    ...(mileage_km !== undefined && { mileage_km }),
    ...(alarms.length > 0 && { alarms }),
    extra,
  });
}

function status(location: Location, at_ms: number, context: LocationContext): StatusObservation {
  const { deviceId, received_ms } = context;
  const { extras, extra, alarms, state } = about(location, context);
  const { accOn, encrypted } = locationStatus(location.status);
  const { mileage_km, satellites } = extras;
  return {
    kind: 'status',
    deviceKind: 'truck',
    deviceId,
    at_ms,
    received_ms,
    online: true,
    extra: {
      position: encrypted ? 'encrypted' : 'none',
      acc: accOn,
      ...state,
      ...(satellites !== undefined && { satellites }),
      ...(mileage_km !== undefined && { mileage_km }),
      ...(alarms.length > 0 && { alarms }),
      ...extra,
    },
  };
}

/** What both kinds of observation have: alarms by name, the truck's state, and everything else as it came. */
function about(location: Location, { edition, profile, isCatchUp }: LocationContext) {
  const { extras, others } = readItems(location.items);
  const truck = readTruckState(profile, location);
  const { mileage_km: _mileage, satellites: _satellites, video_alarms, ...named } = extras;
  const alarms = [
    ...alarmNames(location.alarm, edition),
    ...(video_alarms === undefined ? [] : videoAlarmNames(video_alarms)),
    ...truck.alarms,
  ];
  const extra = {
    // The DWORDs as they came: a wrong profile can be told, and read again, from them.
    status_bits: location.status,
    ...(location.alarm !== 0 && { alarm_bits: location.alarm }),
    ...(video_alarms !== undefined && { video_alarm_bits: video_alarms }),
    ...named,
    ...(isCatchUp && { catch_up: true }),
    ...(others.length > 0 && { items: hexById(others) }),
    ...(location.rest !== undefined && { rest: location.rest.toString('hex') }),
  };
  return { extras: extras as LocationExtras, extra, alarms, state: truck.state };
}

/** An id that comes twice keeps both, with a comma between. */
function hexById(items: Location['items']): Record<string, string> {
  const byId: Record<string, string> = {};
  for (const { id, data } of items) {
    const key = id.toString(16).padStart(2, '0');
    const before = byId[key];
    byId[key] = before === undefined ? data.toString('hex') : `${before},${data.toString('hex')}`;
  }
  return byId;
}

function converted(crs: Exclude<Crs, 'wgs84'>, lon: number, lat: number) {
  const [wgsLon, wgsLat] = toWgs84(crs, lon, lat);
  return { lon: wgsLon, lat: wgsLat, given: { crs, lon, lat } };
}

/** The field has no sign in the standard; below the sea terminals send two's complement. */
function signed(altitude_m: number): number {
  return altitude_m >= ALTITUDE_SIGN ? altitude_m - 2 * ALTITUDE_SIGN : altitude_m;
}

function hasNoClock({ time }: Location, time_ms: number | undefined): boolean {
  return time === NO_TIME || (time_ms !== undefined && time_ms < EARLIEST_MS);
}
