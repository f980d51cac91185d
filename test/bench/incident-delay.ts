import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { startGateway } from '../../src/gateway.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { benchDir, quantile, serveCameras } from '../support/bench-cameras.ts';
import { sharedData } from '../support/shared-data.ts';
import { withKeyFrames } from '../support/test-clip.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';

/**
 * From the arrival of the frame that makes an incident to the event that tells it, at a client of the HTTP stream: a
 * whole gateway, six cameras over RTSP, a rule that cars meet after two seconds. `journal.lateness_ms`, in which
 * readings are put in order, is part of it: once as it comes (2 s), once without.
 */
const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-benchmark-alone';
const CAMERAS = 6;
const RUN_MS = 50_000;

async function configure(
  dir: string,
  onnx: string,
  urls: readonly string[],
  lateness_ms: number,
): Promise<string> {
  mkdirSync(join(dir, 'models'), { recursive: true });
  await writeModel(join(dir, 'models'), onnx, FASTESTDET);
  const dwell_s = { arterial: 2, secondary: 2, lane: 2 };
  const rule = {
    ...{
      id: 'parked-car',
      kind: 'zone-dwell',
      type: 'stall-occupation',
      zone_kinds: ['street'],
      any_of: [['car']],
    },
    ...{ dwell_s, severity: { arterial: 3, secondary: 2, lane: 1 } },
  };
  writeFileSync(join(dir, 'rules.yaml'), stringify([rule]));
  const square = [[0, 0], [1, 0], [1, 1], [0, 1]]; // biome-ignore format: one square
  const config = {
    listen: { http: { port: 0 }, mqtt: { port: 0 } },
    journal: { lateness_ms },
    vision: { models_dir: 'models', workers: 2 },
    rules: 'rules.yaml',
    catalogue: { file: `${CONFIG}/catalogue.yaml` },
    cameras: urls.map((url, index) => ({
      ...{ id: `cam-${index}`, url, models: ['fastestdet'], lon: 112.9, lat: 28.2, patrol_interval_s: 1 },
      zones: [{ id: 'all', kind: 'street', road_class: 'lane', polygon: square }],
    })),
  };
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(file, stringify(config));
  return file;
}

/** Milliseconds of each incident that was opened meanwhile. */
async function delays(
  dir: string,
  onnx: string,
  urls: readonly string[],
  lateness_ms: number,
): Promise<number[]> {
  const loaded = await loadConfig(await configure(dir, onnx, urls, lateness_ms), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const gateway = await startGateway({
    ...{ config: loaded.config, dataDir: join(dir, 'data'), version: 'bench', time: WALL_CLOCK },
    env: { ...process.env, XUNCHENG_ADMIN_KEY: KEY },
    log: pino({ level: 'error' }, pino.destination(2)),
  });
  const found: number[] = [];
  try {
    const headers = { authorization: `Bearer ${KEY}`, accept: 'text/event-stream' };
    const stop = AbortSignal.timeout(RUN_MS);
    const { body } = await fetch(`${gateway.addresses.http}/api/v1/events?after=0`, {
      headers,
      signal: stop,
    });
    let text = '';
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      const now_ms = Date.now();
      text += Buffer.from(chunk).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data:')) continue;
        const event = JSON.parse(line.slice(5)) as { type: string; data: Incident };
        if (event.type === 'xuncheng.incident.opened') found.push(now_ms - Date.parse(event.data.lastSeenAt));
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
  } finally {
    await gateway.stop();
  }
  return found;
}

const onnx = sharedData('onnx/fastestdet_coco.onnx');
const street = sharedData('video/carcounter_cam1.mp4');
if (!onnx || !street) console.log('skipped: the shared test material is absent');
else {
  const { dir, remove } = benchDir();
  const film = withKeyFrames(street, join(dir, 'street.mp4'), 5, 30);
  const cameras = await serveCameras(film, CAMERAS);
  try {
    for (const lateness_ms of [2000, 0]) {
      const found = await delays(join(dir, String(lateness_ms)), onnx, cameras.urls, lateness_ms);
      console.log(
        `lateness ${lateness_ms} ms: ${found.length} incidents, frame to event p50 ${quantile(found, 0.5)} ms, ` +
          `p99 ${quantile(found, 0.99)} ms`,
      );
    }
  } finally {
    cameras.stop();
    remove();
  }
}
