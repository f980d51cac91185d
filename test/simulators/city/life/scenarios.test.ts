import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cameraTruth } from '../../../../simulators/city/life/camera-truth.ts';
import { pictureZones } from '../../../../simulators/city/life/picture-zones.ts';
import { loadScenario, type Scenario } from '../../../../simulators/city/scenario.ts';
import { pointInRing } from '../../../../src/domain/geometry.ts';

function load(name: string): { scenario: Scenario; start_ms: number } {
  const read = loadScenario(join(import.meta.dirname, '../../../../simulators/city', name));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { scenario: read.scenario, start_ms: Date.parse(read.scenario.file.start ?? '') };
}

describe.each(['linghu.yaml', 'binhe.yaml', 'dongfeng.yaml'])('the scenario %s', (name) => {
  const { scenario, start_ms } = load(name);
  const own = cameraTruth(scenario, { start_ms });
  const ids = (labels: readonly { id: string }[]): string[] => labels.map(({ id }) => id).sort();

  it('shows its cameras all that is scripted', () => {
    const scripted = scenario.file.script.flatMap((entry) => ('where' in entry ? [entry.id ?? ''] : []));
    const labelled = new Set([...ids(own.incidents), ...ids(own.decoys)]);
    expect(scripted.filter((id) => !labelled.has(id))).toEqual([]);
  });

  it('has the same incidents and decoys with other seeds', () => {
    for (const seed of [1, 2, 3]) {
      const other = cameraTruth(scenario, { start_ms, seed });
      expect(ids(other.incidents)).toEqual(ids(own.incidents));
      expect(ids(other.decoys)).toEqual(ids(own.decoys));
    }
  });

  it('has the zones for its incidents in the pictures', () => {
    const zones = new Map(pictureZones(scenario).map((camera) => [camera.id, camera.zones]));
    for (const { id, type, box, deviceIds } of own.incidents) {
      if (box === undefined) continue;
      const kind = type === 'stall-occupation' ? 'no-vending' : 'street';
      const here = zones.get(deviceIds[0] ?? '')?.filter((zone) => zone.kind === kind) ?? [];
      // Where the thing stands on the ground: the middle of the lower edge.
      const inside = here.some(({ polygon }) => pointInRing((box[0] + box[2]) / 2, box[3], polygon));
      expect(inside, id).toBe(true);
    }
  });
});
