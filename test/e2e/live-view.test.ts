import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type LiveClient, lookAt, startLiveWorld } from '../support/live-world.ts';
import { commandLine, ffmpegChildren } from '../support/processes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { makeClip, noise, oneKeyFrame } from '../support/test-clip.ts';
import { waitUntil } from '../support/wait-until.ts';

// Real cameras, ffmpegs and a gateway; a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

const formatsOf = ({ texts }: LiveClient) =>
  texts.filter(({ type }) => type === 'start').map(({ format }) => format);

/** Pictures that ffmpeg decodes of what a viewer got. */
function picturesIn(parts: readonly Buffer[]): number {
  const file = join(tempDir(), 'got');
  writeFileSync(file, Buffer.concat(parts));
  const args = ['-v', 'error', '-i', file, '-f', 'framemd5', '-'];
  const { stdout, status } = spawnSync('ffmpeg', args, { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => /^0, /.test(line)).length;
}

it('shows H.264 as it comes and H.265 encoded anew, to several over the one connection to each camera', async () => {
  const dir = tempDir();
  const world = await startLiveWorld({
    plain: makeClip(join(dir, 'h264.mp4'), 'h264', 20),
    modern: makeClip(join(dir, 'h265.mp4'), 'h265', 20),
  });
  const { http, rtsp } = world;
  const headers = { authorization: `Bearer ${world.adminKey}` };
  const look = (id: string) => lookAt(http, id, headers);
  const areOpen = () => rtsp.stats().mounts.every(({ clients }) => clients === 1);
  await waitUntil('both cameras to be open', areOpen, 150_000);
  const before = ffmpegChildren(process.pid).length;

  const [first, second, modern] = [look('plain'), look('plain'), look('modern')];
  await waitUntil('pictures', () => first.parts.length > 20 && second.parts.length > 20);
  await waitUntil('encoded pictures', () => modern.parts.length > 20);
  const late = look('plain');
  await waitUntil('pictures for one who came later', () => late.parts.length > 20);
  expect([first, second, late, modern].map(formatsOf)).toEqual([['mp4'], ['mp4'], ['mp4'], ['mpeg1']]);
  expect(first.texts.find(({ mime }) => mime)?.mime).toMatch(/^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/);
  for (const { parts } of [first, late, modern]) expect(picturesIn(parts)).toBeGreaterThan(10);
  // Four look at two cameras: a connection each, as before, and an encoder each.
  expect(rtsp.stats().mounts.map(({ clients }) => clients)).toEqual([1, 1]);
  expect(ffmpegChildren(process.pid)).toHaveLength(before + 2);
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine);
  expect(lines.filter((line) => line.includes(world.password))).toEqual([]);

  first.socket.close();
  modern.socket.close();
  await waitUntil(
    'the encoder of the camera that nobody looks at to be gone',
    () => ffmpegChildren(process.pid).length === before + 1,
  );
  const more = second.parts.length + 5;
  await waitUntil('further pictures for who stayed', () => second.parts.length > more);
  second.socket.close();
  late.socket.close();
  await waitUntil('the last encoder to be gone', () => ffmpegChildren(process.pid).length === before);
  expect(rtsp.stats().mounts.map(({ clients }) => clients)).toEqual([1, 1]);
});

it('shows a camera with masks encoded anew, and what they cover black', async () => {
  const masks = [
    [
      [0.5, 0],
      [1, 0],
      [1, 1],
      [0.5, 1],
    ],
  ];
  const clip = makeClip(join(tempDir(), 'h264.mp4'), 'h264', 20);
  const world = await startLiveWorld({ yard: clip }, {}, 0, { yard: { masks } });
  const headers = { authorization: `Bearer ${world.adminKey}` };
  const viewer = lookAt(world.http, 'yard', headers);
  await waitUntil('pictures', () => viewer.parts.length > 20, 150_000);
  expect(formatsOf(viewer)).toEqual(['mpeg1']);
  const metrics = await (await fetch(`${world.http}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^xuncheng_live_viewers 1$/m);
  expect(metrics).toMatch(/^xuncheng_live_cameras\{how="encoded"\} 1$/m);
  const file = join(tempDir(), 'got.ts');
  writeFileSync(file, Buffer.concat(viewer.parts));
  const args = ['-v', 'error', '-i', file, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const { stdout } = spawnSync('ffmpeg', args, { maxBuffer: 1e9 });
  const [width, height] = [320, 180];
  const frames = Math.floor(stdout.length / (width * height));
  expect(frames).toBeGreaterThan(10);
  const brightest = (left: number, right: number): number => {
    let most = 0;
    for (let row = 0; row < frames * height; row += 1) {
      for (let x = left; x < right; x += 1) most = Math.max(most, stdout[row * width + x] ?? 0);
    }
    return most;
  };
  expect(brightest(0, width / 2 - 8)).toBeGreaterThan(150);
  expect(brightest(width / 2, width)).toBeLessThan(24);
});

it('begins with the key picture before, however long ago that was', async () => {
  // Its one key picture comes twenty seconds after the start, and the next four minutes later.
  const world = await startLiveWorld({ quiet: oneKeyFrame(join(tempDir(), 'quiet.mp4'), 240) }, {}, 220);
  const headers = { authorization: `Bearer ${world.adminKey}` };
  const states = async (): Promise<string[]> => {
    const answer = await fetch(`${world.http}/api/v1/cameras`, { headers });
    return ((await answer.json()) as { items: { state?: string }[] }).items.map(({ state = '' }) => state);
  };
  await waitUntil('the camera to be live', async () => (await states()).includes('live'), 100_000);
  const viewer = lookAt(world.http, 'quiet', headers);
  await waitUntil('pictures', () => viewer.parts.length > 20, 60_000);
  const late = lookAt(world.http, 'quiet', headers);
  await waitUntil('pictures for one who came later', () => late.parts.length > 20, 60_000);
  for (const { parts } of [viewer, late]) expect(picturesIn(parts)).toBeGreaterThan(15);
});

it('lets one who does not read skip, and the others see everything', async () => {
  const world = await startLiveWorld({ loud: noise(join(tempDir(), 'loud.mp4'), 10) });
  const headers = { authorization: `Bearer ${world.adminKey}` };
  const bytesOf = ({ parts }: LiveClient): number => parts.reduce((sum, { length }) => sum + length, 0);
  const [fast, slow] = [lookAt(world.http, 'loud', headers), lookAt(world.http, 'loud', headers)];
  await waitUntil('pictures', () => fast.parts.length > 5 && slow.parts.length > 5, 150_000);
  slow.socket.pause();
  const [had, stopped] = [bytesOf(fast), bytesOf(slow)];
  await waitUntil('the other to see half a minute', () => bytesOf(fast) > had + 40_000_000, 150_000);
  slow.socket.resume();
  const missed = bytesOf(fast) - had;
  await waitUntil('the slow one to go on', () => bytesOf(slow) > stopped + 1_000_000);
  // What waited for it was bounded: here, and in the system's buffers.
  expect(bytesOf(slow) - stopped).toBeLessThan(missed / 2);
});

it('turns away who may not look, comes from another site, or is one too many', async () => {
  const dir = tempDir();
  const world = await startLiveWorld(
    { plain: makeClip(join(dir, 'h264.mp4'), 'h264', 5) },
    { live_viewers_max: 1 },
  );
  const { http, adminKey } = world;
  const headers = { authorization: `Bearer ${adminKey}` };
  const signedIn = await fetch(`${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: adminKey }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const refusedAs = (id: string, sent: Record<string, string>) => lookAt(http, id, sent).refused;
  expect(await refusedAs('plain', {})).toBe(401);
  expect(await refusedAs('plain', { authorization: 'Bearer xck_wrong' })).toBe(401);
  expect(await refusedAs('plain', { cookie })).toBe(403);
  expect(await refusedAs('plain', { cookie, origin: 'http://elsewhere.example' })).toBe(403);
  expect(await refusedAs('nowhere', headers)).toBe(404);
  expect((await fetch(`${http}/api/v1/cameras/plain/live`, { headers })).status).toBe(426);

  const { socket, texts } = lookAt(http, 'plain', { cookie, origin: http });
  await waitUntil('a first word', () => texts.length > 0);
  expect(await refusedAs('plain', headers)).toBe(503);
  // MQTT over WebSocket is on the same port.
  const client = mqtt.connect(`${http.replace('http', 'ws')}/mqtt`, {
    username: 'admin',
    password: adminKey,
  });
  onTestFinished(() => void client.end(true));
  await waitUntil('MQTT over WebSocket', () => client.connected);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await fetch(`${http}/api/v1/session`, { method: 'DELETE', headers: { cookie, origin: http } });
  // Found out at the next heartbeat.
  expect(await closed).toBe(1008);
});
