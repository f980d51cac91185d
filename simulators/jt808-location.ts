import { alarmBits } from '../src/codecs/jt808/alarms.ts';
import type { Jt808Edition } from '../src/codecs/jt808/frame.ts';
import { type Location, timeNibbles } from '../src/codecs/jt808/location.ts';
import { writeItems } from '../src/codecs/jt808/location-items.ts';
import { writeTruckState } from '../src/codecs/jt808/truck-state.ts';
import type { PositionPayload } from '../src/domain/telemetry.ts';
import { parseAt_ms } from '../src/domain/time.ts';
import type { TruckProfile } from '../src/domain/truck-profile.ts';

/** The alarm of a simulated receiver that has lost its satellites: a terminal says so with the status. */
const NO_FIX = 'gnss-no-fix';
const WORD_MAX = 0xffff;

/** A position as a terminal of that edition and maker sends it. */
export function locationOf(payload: PositionPayload, edition: Jt808Edition, profile: TruckProfile): Location {
  const { lon, lat, speed_kmh = 0, heading_deg = 0, altitude_m = 0, alarms = [] } = payload;
  const { acc = false, load, lift, cover, mileage_km, satellites } = payload;
  const status =
    (acc ? 1 : 0) | (alarms.includes(NO_FIX) ? 0 : 1 << 1) | (lat < 0 ? 1 << 2 : 0) | (lon < 0 ? 1 << 3 : 0);
  const state = {
    ...(load !== undefined && { load }),
    ...(lift !== undefined && { lift }),
    ...(cover !== undefined && { cover }),
  };
  const items = writeItems({
    ...(mileage_km !== undefined && { mileage_km }),
    ...(satellites !== undefined && { satellites }),
  });
  const fields = writeTruckState(profile, state, { status, alarm: alarmBits(alarms, edition), items });
  return {
    ...fields,
    latRaw: Math.round(Math.abs(lat) * 1e6),
    lonRaw: Math.round(Math.abs(lon) * 1e6),
    altitude_m: Math.round(altitude_m) & WORD_MAX,
    speedRaw: Math.min(WORD_MAX, Math.round(speed_kmh * 10)),
    direction_deg: Math.round(heading_deg) % 360,
    time: timeNibbles(parseAt_ms(payload.at) ?? 0),
  };
}
