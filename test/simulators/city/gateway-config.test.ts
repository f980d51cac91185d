import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { cli } from '../../support/cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

const CITY = join(import.meta.dirname, '../../../simulators/city');

it.each(['linghu', 'binhe', 'dongfeng'])(
  'writes a configuration for %s that a gateway takes',
  async (name) => {
    const dir = join(tempDir(), 'gateway');
    const written = await cli([
      'simulate',
      'city',
      join(CITY, `${name}.yaml`),
      '--gateway-config',
      dir,
      '--port',
      '9554',
    ]);
    expect(written.err).toEqual([]);
    const file = join(dir, 'xuncheng.yaml');
    expect(written.out).toEqual([file]);
    const loaded = loadConfig(file, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { config } = loaded;
    expect(config.cameras.length).toBeGreaterThan(1);
    for (const { id, url } of config.cameras) {
      expect(url).toBe(`rtsp://127.0.0.1:9554/${id}`);
      const kinds = config.cameraZones.filter(({ cameraId }) => cameraId === id).map(({ kind }) => kind);
      expect(kinds).toContain('street');
    }
    expect([...config.devices.values()].filter(({ kind }) => kind === 'truck').length).toBeGreaterThan(1);
  },
);
