import { describe, expect, it } from 'vitest';
import {
  degreesOf,
  distanceToRings_m,
  haversine_m,
  pointInPolygon,
  pointInRing,
} from '../../src/domain/geometry.ts';

const square = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
  [0, 0],
] as const;
const hole = [
  [0.5, 0.5],
  [1.5, 0.5],
  [1.5, 1.5],
  [0.5, 1.5],
] as const;

describe('geometry', () => {
  it('measures the distance between Changsha and Wuhan', () => {
    // 28.2282 N 112.9388 E to 30.5928 N 114.3055 E: about 295 km.
    const km = haversine_m({ lon: 112.9388, lat: 28.2282 }, { lon: 114.3055, lat: 30.5928 }) / 1000;
    expect(km).toBeGreaterThan(294);
    expect(km).toBeLessThan(297);
  });

  it('agrees with degrees of a metre', () => {
    const { lon, lat } = degreesOf(1000, 28);
    expect(haversine_m({ lon: 113, lat: 28 }, { lon: 113 + lon, lat: 28 })).toBeCloseTo(1000, 0);
    expect(haversine_m({ lon: 113, lat: 28 }, { lon: 113, lat: 28 + lat })).toBeCloseTo(1000, 0);
  });

  it.each([
    [1, 1, true],
    [3, 1, false],
    [1, -0.1, false],
    [1.99, 1.99, true],
  ])('point %d %d in the square: %s, closed or not', (x, y, inside) => {
    expect(pointInRing(x, y, square)).toBe(inside);
    expect(pointInRing(x, y, square.slice(0, -1))).toBe(inside);
  });

  it('leaves holes out, and has nothing in an empty polygon', () => {
    expect(pointInPolygon(1, 1, [square, hole])).toBe(false);
    expect(pointInPolygon(0.2, 0.2, [square, hole])).toBe(true);
    expect(pointInPolygon(0, 0, [])).toBe(false);
  });

  it('measures to the nearest edge from both sides', () => {
    const d = degreesOf(100, 28);
    const ring = [
      [113, 28],
      [113 + d.lon, 28],
      [113 + d.lon, 28 + d.lat],
      [113, 28 + d.lat],
    ] as const;
    expect(distanceToRings_m({ lon: 113 - d.lon / 4, lat: 28 + d.lat / 2 }, [ring])).toBeCloseTo(25, 0);
    expect(distanceToRings_m({ lon: 113 + d.lon / 4, lat: 28 + d.lat / 2 }, [ring])).toBeCloseTo(25, 0);
    expect(distanceToRings_m({ lon: 113 - d.lon, lat: 28 - d.lat }, [ring])).toBeCloseTo(141.4, 0);
  });
});
