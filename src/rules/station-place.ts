import type { IncidentPlace } from '../domain/incident.ts';
import type { World } from '../domain/world.ts';

/** Where a station stands, for its incidents. */
export interface StationPlace {
  /** An incident must have a place: 0, 0 where the registry knows none. */
  readonly place: IncidentPlace;
  readonly isPlaced: boolean;
}

/** Looks up where stations stand. */
export function stationPlaces(world: World): (deviceId: string) => StationPlace {
  const devices = new Map(world.devices.map((device) => [device.id, device]));
  return (deviceId) => {
    const { lon, lat, street, gridCode } = devices.get(deviceId) ?? world.placeOf?.(deviceId) ?? {};
    return {
      place: {
        lon: lon ?? 0,
        lat: lat ?? 0,
        ...(street === undefined ? {} : { street }),
        ...(gridCode === undefined ? {} : { gridCode }),
      },
      isPlaced: lon !== undefined && lat !== undefined,
    };
  };
}
