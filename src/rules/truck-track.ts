import type { Exhibit } from '../domain/finding.ts';
import type { TrackEntry } from './truck-state.ts';

/** The remembered track of a truck, as evidence. */
export function trackExhibit(
  state: { readonly deviceId: string; readonly track: readonly TrackEntry[] },
  at_ms: number,
): Exhibit {
  return {
    kind: 'track',
    deviceId: state.deviceId,
    at_ms,
    points: state.track.map(([point_ms, lon, lat, speed_kmh, lift, load]) => ({
      at_ms: point_ms,
      lon,
      lat,
      speed_kmh,
      ...(lift === null ? {} : { lift }),
      ...(load === null ? {} : { load }),
    })),
  };
}
