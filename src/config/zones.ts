import type { MapZone, Ring } from '../domain/zone.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ZonesFile } from './schema.ts';

/** Turns GeoJSON features into zones; rings must be closed and lie on the globe, ids are used once. */
export function readZones(yaml: YamlFile<ZonesFile>): { zones: MapZone[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const zones = yaml.value.features.map((feature, index) => {
    const { id, kind, name, road_class, hours, street, grid_code } = feature.properties;
    const path = ['features', index];
    if (seen.has(id)) problems.push(yaml.problem([...path, 'properties', 'id'], `zone ${id} twice`));
    seen.add(id);
    const rings = feature.geometry.coordinates.map((ring, ringIndex) => {
      const points = ring.map(([lon = 0, lat = 0]) => [lon, lat] as const);
      const fault = ringFault(points);
      if (fault !== undefined) {
        problems.push(yaml.problem([...path, 'geometry', 'coordinates', ringIndex], fault));
      }
      return points;
    });
    return {
      id,
      kind,
      rings,
      ...(name === undefined ? {} : { name }),
      ...(road_class === undefined ? {} : { roadClass: road_class }),
      ...(hours === undefined ? {} : { hours }),
      ...(street === undefined ? {} : { street }),
      ...(grid_code === undefined ? {} : { gridCode: grid_code }),
    };
  });
  return { zones, problems };
}

function ringFault(ring: Ring): string | undefined {
  const first = ring[0];
  const last = ring.at(-1);
  if (first === undefined || last === undefined || first[0] !== last[0] || first[1] !== last[1]) {
    return 'ring is not closed: its last position must repeat the first';
  }
  const off = ring.find(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 90);
  if (off !== undefined) return `position ${off[0]}, ${off[1]} is not longitude, latitude in degrees`;
  return undefined;
}
