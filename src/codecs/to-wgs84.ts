import gcoordModule from 'gcoord';
import type { Crs } from '../domain/device.ts';

// The package's types describe its ES build; Node loads the CommonJS one, whose exports are that default itself.
const gcoord = gcoordModule as unknown as typeof gcoordModule.default;

/** Longitude and latitude of another system in WGS-84, in degrees. */
export function toWgs84(crs: Exclude<Crs, 'wgs84'>, lon: number, lat: number): [number, number] {
  const from = crs === 'gcj02' ? gcoord.GCJ02 : gcoord.BD09;
  const [wgsLon = lon, wgsLat = lat] = gcoord.transform<[number, number]>([lon, lat], from, gcoord.WGS84);
  return [wgsLon, wgsLat];
}
