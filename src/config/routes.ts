import Type, { type Static } from 'typebox';
import { DEVICE_ID_PATTERN } from '../domain/device.ts';
import type { TruckRoute } from '../domain/route.ts';
import { Hours } from '../domain/rule-parts.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';

const Line = Type.Array(Type.Array(Type.Number(), { minItems: 2, maxItems: 3 }), {
  minItems: 2,
  maxItems: 20_000,
});

/** Approved routes of trucks as GeoJSON lines (RFC 7946); positions are WGS-84 longitude, latitude. */
export const RoutesFile = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(
    Type.Object({
      type: Type.Literal('Feature'),
      properties: Type.Object({
        id: Type.String({ pattern: DEVICE_ID_PATTERN }),
        name: Type.Optional(Type.String()),
        hours: Type.Optional(Type.Array(Hours, { minItems: 1 })),
        devices: Type.Optional(
          Type.Array(Type.String({ pattern: DEVICE_ID_PATTERN }), { minItems: 1, maxItems: 100_000 }),
        ),
      }),
      geometry: Type.Union([
        Type.Object({ type: Type.Literal('LineString'), coordinates: Line }),
        Type.Object({
          type: Type.Literal('MultiLineString'),
          coordinates: Type.Array(Line, { minItems: 1, maxItems: 1000 }),
        }),
      ]),
    }),
    { maxItems: 20_000 },
  ),
});
export type RoutesFile = Static<typeof RoutesFile>;

/**
 * Turns GeoJSON features into routes; positions must lie on the globe, ids are used once. A truck may be named that the
 * configuration does not know: it may be admitted later.
 */
export function readRoutes(yaml: YamlFile<RoutesFile>): { routes: TruckRoute[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const routes = yaml.value.features.map(({ properties, geometry }, index) => {
    const { id, name, hours, devices } = properties;
    const path = ['features', index];
    if (seen.has(id)) problems.push(yaml.problem([...path, 'properties', 'id'], `route ${id} twice`));
    seen.add(id);
    const lines = geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates;
    const off = lines.flat().find(([lon = 0, lat = 0]) => Math.abs(lon) > 180 || Math.abs(lat) > 90);
    if (off !== undefined) {
      const where = [...path, 'geometry', 'coordinates'];
      problems.push(
        yaml.problem(where, `position ${off[0]}, ${off[1]} is not longitude, latitude in degrees`),
      );
    }
    return {
      id,
      lines: lines.map((line) => line.map(([lon = 0, lat = 0]) => [lon, lat] as const)),
      ...(name === undefined ? {} : { name }),
      ...(hours === undefined ? {} : { hours }),
      ...(devices === undefined ? {} : { deviceIds: devices }),
    };
  });
  return { routes, problems };
}
