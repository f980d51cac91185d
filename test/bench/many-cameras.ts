import { join } from 'node:path';
import { benchDir, serveCameras, sleep_s, startVision } from '../support/bench-cameras.ts';
import { cpuTimeOf, memoryOf } from '../support/cpu-time.ts';
import { makeClip } from '../support/test-clip.ts';

/**
 * Two hundred small cameras of one server opened at once: how long until each was judged, what they cost, and that no
 * process ended meanwhile. `XUNCHENG_CAMERAS=50` takes fewer.
 */
const COUNT = Number(process.env.XUNCHENG_CAMERAS ?? 200);
const GIVE_UP_S = 100;

const { dir, remove } = benchDir();
const film = makeClip(join(dir, 'clip.mp4'), 'h264', 10);
const cameras = await serveCameras(film, COUNT);
const models = join(import.meta.dirname, '../../models');
const { workers, judged, pid } = await startVision(dir, models, cameras.urls, { refresh_ms: 30_000 });
try {
  const from_ms = performance.now();
  const seen = (): number => new Set(judged.map(({ cameraId }) => cameraId)).size;
  while (seen() < COUNT && performance.now() - from_ms < GIVE_UP_S * 1000) await sleep_s(0.5);
  const { workers: processes } = workers.stats();
  const opened = workers.cameras().reduce((sum, camera) => sum + camera.opened, 0);
  console.log(
    `${seen()} of ${COUNT} cameras judged after ${((performance.now() - from_ms) / 1000).toFixed(0)} s, ` +
      `${opened} openings, ${processes[0]?.restarts} processes ended, ${cpuTimeOf(pid).toFixed(0)} s of processor, ` +
      `${(memoryOf(pid) / COUNT).toFixed(1)} MB a camera`,
  );
} finally {
  await workers.stop();
  cameras.stop();
  remove();
}
