import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RtspServer, startRtspServer } from '../../../simulators/rtsp-server/rtsp-server.ts';
import { type Clips, FFMPEG, FFPROBE, hasProgram, makeClips } from '../video-clips.ts';

const run = promisify(execFile);
const log = { info: () => undefined, warn: () => undefined };
const hasGst = hasProgram('gst-launch-1.0', '--version') && hasProgram('gst-inspect-1.0', 'rtspsrc');

interface Packet {
  readonly pts_time?: string;
  readonly dts_time?: string;
  readonly flags: string;
}

async function packets(url: string, transport: string, seconds: number): Promise<Packet[]> {
  const args = ['-v', 'error', '-rtsp_transport', transport, '-read_intervals', `%+${seconds}`];
  const { stdout, stderr } = await run(FFPROBE, [...args, '-show_packets', '-of', 'json', url]);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { packets: Packet[] }).packets;
}

describe('the RTSP server, seen by ffmpeg and GStreamer', () => {
  let clips: Clips;
  let server: RtspServer;

  beforeAll(async () => {
    clips = makeClips();
    server = await startRtspServer({
      host: '127.0.0.1',
      port: 0,
      log,
      mounts: [
        { path: '/h264', file: clips.h264 },
        { path: '/h265', file: clips.h265 },
        { path: '/later', file: clips.h264, offset_s: 1.5 },
        { path: '/closed', file: clips.h264, user: 'inspector', password: 'p@ss:word' },
      ],
    });
  });

  afterAll(async () => {
    await server.stop();
    clips.remove();
  });

  it.each([
    ['h264', 'tcp'],
    ['h264', 'udp'],
    ['h265', 'tcp'],
    ['h265', 'udp'],
  ])('plays %s over %s without a decoding error', async (codec, transport) => {
    const input = ['-rtsp_transport', transport, '-i', server.url(`/${codec}`), '-t', '2.5'];
    const { stderr } = await run(FFMPEG, [
      '-hide_banner',
      '-loglevel',
      'warning',
      ...input,
      '-f',
      'null',
      '-',
    ]);
    expect(stderr).toBe('');
  });

  it('describes codec, size and rate so that a player knows them before the first packet', async () => {
    const args = [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-show_streams',
      '-of',
      'json',
      server.url('/h265'),
    ];
    const { stdout } = await run(FFPROBE, args);
    const [stream] = (JSON.parse(stdout) as { streams: Record<string, unknown>[] }).streams;
    expect(stream).toMatchObject({ codec_name: 'hevc', width: 640, height: 360, avg_frame_rate: '25/1' });
  });

  it('loops with monotonic times and begins at a key frame', async () => {
    const read = await packets(server.url('/h264'), 'tcp', 6);
    expect(read[0]?.flags).toContain('K');
    // The first packets have no time until a sender report or a frame in order was seen.
    const times = read.flatMap(({ dts_time }) => (dts_time === undefined ? [] : [Number(dts_time)]));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(5);
    for (const [index, time] of times.slice(1).entries()) expect(time).toBeGreaterThan(times[index] ?? 0);
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...steps)).toBeLessThan(0.05);
    expect(read.filter(({ flags }) => flags.includes('K')).length).toBeGreaterThanOrEqual(5);
  });

  it('serves three clients of one stream at once', async () => {
    const counts = await Promise.all(
      ['tcp', 'udp', 'tcp'].map(
        async (transport) => (await packets(server.url('/later'), transport, 2)).length,
      ),
    );
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(45);
  });

  it('lets in who knows the password, by Digest', async () => {
    const right = server.url('/closed').replace('rtsp://', 'rtsp://inspector:p%40ss%3Aword@');
    expect((await packets(right, 'tcp', 1)).length).toBeGreaterThan(20);
    const wrong = server.url('/closed').replace('rtsp://', 'rtsp://inspector:guess@');
    await expect(packets(wrong, 'tcp', 1)).rejects.toThrow(/401 Unauthorized/);
  });

  it('forgets its clients when they have gone', async () => {
    await expect.poll(() => server.stats().connections, { timeout: 5_000 }).toBe(0);
    expect(server.stats().mounts.map(({ clients }) => clients)).toEqual([0, 0, 0, 0]);
  });

  it.skipIf(!hasGst).each([
    ['h264', 'tcp'],
    ['h265', 'udp'],
  ])('plays %s over %s in GStreamer', async (codec, protocol) => {
    const source = ['rtspsrc', `location=${server.url(`/${codec}`)}`, `protocols=${protocol}`, 'latency=100'];
    const sink = ['!', `rtp${codec}depay`, '!', 'identity', 'eos-after=40', '!', 'fakesink'];
    const played = await run('gst-launch-1.0', ['-v', ...source, ...sink], { timeout: 15_000 }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    // GStreamer 1.22 may cancel its own PAUSE while it shuts down and then ends with an error: what counts is that the end
    // of the stream was reached.
    expect(played.stdout, played.stderr).toContain('Got EOS');
  });
});
