import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Incident } from '../../src/domain/incident.ts';
import { cli } from '../support/cli.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { sharedData } from '../support/shared-data.ts';
import { tempDir } from '../support/temp-dir.ts';
import { withKeyFrames } from '../support/test-clip.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
const onnx = sharedData('onnx/fastestdet_coco.onnx');
const street = sharedData('video/carcounter_cam1.mp4');

/** A gateway's folder with one camera, whose cars are incidents after two seconds. */
async function configure(dir: string, onnxFile: string, clip: string): Promise<string> {
  mkdirSync(join(dir, 'models'));
  await writeModel(join(dir, 'models'), onnxFile, FASTESTDET);
  const rule = {
    id: 'parked-car',
    kind: 'zone-dwell',
    type: 'stall-occupation',
    zone_kinds: ['street'],
    any_of: [['car']],
    dwell_s: { arterial: 2, secondary: 2, lane: 2 },
    severity: { arterial: 3, secondary: 2, lane: 1 },
  };
  writeFileSync(join(dir, 'rules.yaml'), stringify([rule]));
  const zone = {
    id: 'all',
    kind: 'street',
    road_class: 'lane',
    polygon: [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  };
  const camera = {
    ...{ id: 'cam-1', url: `file://${clip}`, models: ['fastestdet'], lon: 112.9, lat: 28.2 },
    ...{ patrol_interval_s: 0.5, zones: [zone] },
  };
  const file = join(dir, 'xuncheng.yaml');
  const config = {
    listen: { http: { port: 0 }, mqtt: { port: 0 } },
    vision: { models_dir: 'models', allow_files: true, focus: { before_s: 2, after_s: 2, fps: 2 } },
    rules: 'rules.yaml',
    catalogue: { file: `${CONFIG}/catalogue.yaml` },
    cameras: [camera],
  };
  writeFileSync(file, stringify(config));
  return file;
}

const skipped = onnx === undefined || street === undefined;
it.skipIf(skipped)(
  'gives an incident full-size pictures at once and a clip as a later version (skipped without the shared test material)',
  {
    timeout: 900_000,
  },
  async () => {
    const dir = tempDir();
    // Larger than what the detector gets, which is scaled down.
    const clip = join(dir, 'street.mp4');
    const scaled = withKeyFrames(street ?? '', join(dir, 'small.mp4'), 5, 20);
    const args = [
      '-v',
      'error',
      '-i',
      scaled,
      '-vf',
      'scale=1280:-2',
      '-preset',
      'ultrafast',
      '-g',
      '5',
      '-bf',
      '0',
      clip,
    ];
    expect(spawnSync('ffmpeg', args).status).toBe(0);
    const data = join(dir, 'data');
    const gateway = await startGatewayProcess(await configure(dir, onnx ?? '', clip), data, {
      XUNCHENG_ADMIN_KEY: KEY,
    });
    const get = (path: string): Promise<Response> =>
      fetch(`${gateway.http}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    const incidents = async (): Promise<Incident[]> =>
      ((await (await get('/api/v1/incidents?limit=100')).json()) as { items: Incident[] }).items;

    const filmed = await waitUntil(
      'a clip',
      async () => (await incidents()).find(({ evidence }) => evidence.some(({ kind }) => kind === 'clip')),
      350_000,
    );
    expect(filmed.version).toBeGreaterThan(1);
    const [first] = filmed.evidence;
    const raw = filmed.evidence.find(({ role }) => role === 'raw');
    expect(first).toMatchObject({ kind: 'snapshot', role: 'annotated' });
    const picture = Buffer.from(await (await get(raw?.href ?? '')).arrayBuffer());
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'jpeg', width: 1280, height: 1280 });

    const item = filmed.evidence.find(({ kind }) => kind === 'clip');
    const answer = await get(item?.href ?? '');
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    const file = join(dir, 'clip.mp4');
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
    const duration_ms = 1000 * Number(spawnSync('ffprobe', probe).stdout.toString());
    const covered_ms = Date.parse(item?.to ?? '') - Date.parse(item?.at ?? '');
    expect(Math.abs(duration_ms - covered_ms)).toBeLessThan(1500);
    expect(Date.parse(item?.to ?? '')).toBeGreaterThan(Date.parse(filmed.onsetAt));
    expect(readFileSync(file).indexOf('moov')).toBeGreaterThan(0);

    const looked = await waitUntil(
      'a closer look',
      async () => (await incidents()).find(({ focus }) => focus !== undefined),
      350_000,
    );
    expect(looked.focus?.deviceId).toBe('cam-1');
    expect(looked.focus?.frames).toBeGreaterThan(0);
    expect(looked.focus?.thing).toBe('car');

    await gateway.end('SIGTERM');
    const checked = await cli(['evidence', 'verify', filmed.id, '--data', data]);
    expect(checked).toMatchObject({ code: 0, err: [] });
  },
);
