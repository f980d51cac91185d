import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readManifest, writeLabels } from '../../src/recording/recording-files.ts';
import { CITY_START_MS, QUICK_CITY_CONFIG, recordCity } from '../support/city-recording.ts';
import { cli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = ['--config', QUICK_CITY_CONFIG];
const ENV = { DEMO_HTTP_PORT: '0', DEMO_MQTT_PORT: '0', DEMO_CAMERA_URL: 'rtsp://127.0.0.1/corner' };

async function city(seconds: number): Promise<string> {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, seconds);
  return dir;
}

const replay = (...args: string[]) => cli(['replay', ...args, ...CONFIG], ENV);

describe('xuncheng replay', () => {
  it('prints the incidents as a table, or as JSON that is the same each time', async () => {
    const dir = await city(90);
    const table = await replay(dir);
    expect(table).toMatchObject({ code: 0, err: [] });
    expect(table.out[0]).toMatch(/^onset +reported +ended +type +sev +about +place +ev +id$/);
    expect(table.out.at(-1)).toMatch(/^\d+ incidents in \d+ observations until 2026-11-22 12:01$/);
    const json = await replay(dir, '--json');
    const again = await replay(dir, '--json', '--speed', '200');
    expect(again.out).toEqual(json.out);
    expect(JSON.parse(json.out.join('\n')).incidents.length).toBe(table.out.length - 2);
  });

  it('scores against the labels, compares with an earlier score, and fails at a gate', async () => {
    const dir = await city(90);
    expect(await replay(dir, '--score')).toMatchObject({
      code: 1,
      err: [expect.stringContaining('has no labels.json')],
    });
    await writeLabels(dir, {
      incidents: [
        {
          id: 'nowhere',
          type: 'illegal-dumping',
          from_ms: CITY_START_MS,
          to_ms: CITY_START_MS + 60_000,
          place: { lon: 0, lat: 0 },
          radius_m: 10,
          deviceIds: ['truck-1'],
          dwell_s: 0,
        },
      ],
      decoys: [],
      types: ['illegal-dumping'],
    });
    const scored = await replay(dir, '--score', '--json');
    expect(scored.code).toBe(0);
    const earlier = join(tempDir(), 'score.json');
    writeFileSync(earlier, scored.out.join('\n'));
    const report = join(tempDir(), 'report.html');
    const compared = await replay(dir, '--compare', earlier, '--report', report, '--min-recall', '0.9');
    expect(compared.code).toBe(1);
    expect(compared.err).toContainEqual('illegal-dumping: recall 0 is below 0.9');
    expect(compared.out.join('\n')).toContain('illegal-dumping');
    expect(readFileSync(report, 'utf8')).toContain('<html');
  });

  it('names file and line of what is no observation', async () => {
    const dir = await city(30);
    const file = join(dir, 'observations.ndjson.gz');
    const lines = gunzipSync(readFileSync(file)).toString().split('\n');
    lines[2] = '{"kind":"position","deviceId":"../x","at_ms":1,"received_ms":1,"lon":0,"lat":0}';
    writeFileSync(file, gzipSync(lines.join('\n')));
    expect(await replay(dir)).toEqual({
      code: 1,
      out: [],
      err: [expect.stringMatching(/observations\.ndjson\.gz:3: deviceId: /)],
    });
  });

  it('takes no video from outside of the recording, and says where that stands', async () => {
    const dir = await city(10);
    const manifest = await readManifest(dir);
    const video = { file: 'video/../../x.mp4', start_ms: 0, end_ms: 1, time_scale: 1 };
    const file = join(dir, 'manifest.json');
    writeFileSync(file, JSON.stringify({ ...manifest, cameras: [{ id: 'c', videos: [video] }] }, null, 1));
    const { code, err } = await replay(dir);
    expect(code).toBe(1);
    expect(err[0]).toMatch(/manifest\.json:\d+: cameras\[0\]\.videos\[0\]\.file: /);
  });

  it.each([
    ['no folder', []],
    ['a speed that is none', ['x', '--speed', 'fast']],
    ['detections from nowhere', ['x', '--detections', 'guessed']],
    ['a gate that is no number', ['x', '--min-recall', 'all']],
  ])('refuses %s as wrong usage', async (_what, args) => {
    expect((await replay(...args)).code).toBe(2);
  });
});
