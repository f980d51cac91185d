import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pictureZones } from '../../../simulators/city/life/picture-zones.ts';
import { loadScenario, type Scenario, scenarioDevices } from '../../../simulators/city/scenario.ts';
import { dayScore } from '../../../simulators/demo/day-score.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { readLabels, readManifest } from '../../../src/recording/recording-files.ts';

const root = join(import.meta.dirname, '../../..');
const RECORDING = join(root, 'simulators/assets/linghu');
const BYTES_MAX = 25_000_000;

function configOf(file: string): Config {
  const loaded = loadConfig(join(root, file), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}
const config = configOf('config/demo/xuncheng.yaml');

function linghu(): Scenario {
  const read = loadScenario(join(root, 'simulators/city/linghu.yaml'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.scenario;
}

describe('the recording that the demo plays', () => {
  it('has films of four cameras and is small enough to ship', async () => {
    const files = readdirSync(RECORDING, { recursive: true, encoding: 'utf8' });
    const bytes = files.reduce((sum, name) => sum + statSync(join(RECORDING, name)).size, 0);
    expect(bytes).toBeLessThan(BYTES_MAX);
    const { cameras, complete, from_ms, to_ms } = await readManifest(RECORDING);
    expect(complete).toBe(true);
    expect(to_ms - from_ms).toBe(7_200_000);
    const filmed = cameras.map(({ id, videos }) => `${id} ${videos.length}`);
    expect(filmed.sort()).toEqual(
      linghu()
        .file.cameras.map(({ id }) => `${id} 1`)
        .sort(),
    );
  });

  it('is of the scenario as it is written, with labels of every sense', async () => {
    const { file } = linghu();
    const { source, from_ms } = await readManifest(RECORDING);
    expect(source).toEqual({ kind: 'scenario', name: file.name, seed: file.seed });
    expect(from_ms).toBe(Date.parse(file.start ?? ''));
    const labels = await readLabels(RECORDING);
    const scripted = file.script.flatMap((entry) => (entry.kind === 'stall' ? [entry.id] : []));
    const told = [...(labels?.incidents ?? []), ...(labels?.decoys ?? [])].map(({ id }) => id);
    expect(told).toEqual(expect.arrayContaining(scripted));
    expect(new Set(labels?.incidents.map(({ type }) => type))).toEqual(
      new Set([
        ...['stall-occupation', 'out-of-store-operation', 'exposed-garbage', 'overflowing-bin'],
        ...['illegal-dumping', 'truck-suspicious-stop', 'truck-uncovered-load', 'truck-off-route'],
        ...['dust-exceedance', 'noise-exceedance', 'sensor-drift', 'camera-obscured'],
      ]),
    );
  });
});

describe('the score at the end of the demo', () => {
  it('is a line for each type, and names what was missed', async () => {
    const manifest = await readManifest(RECORDING);
    const lines = await dayScore({ config, manifest, dir: RECORDING, found: [] });
    for (const type of ['stall-occupation', 'exposed-garbage', 'dust-exceedance', 'illegal-dumping']) {
      expect(lines.filter((line) => line.startsWith(type))).toHaveLength(1);
    }
    expect(lines.join('\n')).toMatch(/stall-fruit +cam-zhuyuan/);
  });
});

describe('the gateway of the demo', () => {
  it('knows the devices of the scenario', () => {
    const named = ({ id, kind }: { readonly id: string; readonly kind: string }): string => `${kind} ${id}`;
    expect(config.devices.map(named).sort()).toEqual(scenarioDevices(linghu()).map(named).sort());
  });

  it('has the zones that the scenario gives to its pictures', () => {
    const drawn = pictureZones(linghu()).flatMap(({ id, zones }) =>
      zones.map(({ road_class: roadClass, ...zone }) => ({ cameraId: id, roadClass, ...zone })),
    );
    expect(config.cameraZones.map(({ place: _place, ...zone }) => zone)).toEqual(drawn);
  });

  it('runs on the rules that ship', () => {
    expect(config.rules).toEqual(configOf('config/xuncheng.yaml').rules);
  });
});
