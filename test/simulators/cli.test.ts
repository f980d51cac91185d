import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSimulate } from '../../simulators/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startTestBroker } from './broker.ts';
import { encode } from './video-clips.ts';

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

async function run(
  args: string[],
  more: { signal?: AbortSignal; env?: Record<string, string>; out?: string[] } = {},
): Promise<Ran> {
  const out = more.out ?? [];
  const err: string[] = [];
  const code = await runSimulate(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env: more.env ?? {},
    signal: more.signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

describe('xuncheng simulate', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['help'], ['city', '--help'], ['camera', '-h']]) {
      const { code, out } = await run(args);
      expect([code, out[0]]).toEqual([0, expect.stringContaining('Usage: xuncheng simulate')]);
    }
  });

  it.each([
    [[], /Usage/],
    [['trams'], /no simulator is called trams/],
    [['city', '--speed', 'fast'], /--speed takes a number from 0.01 to 100000, not fast/],
    [['city', '--seed', '1.5'], /--seed takes a whole number/],
    [['city', '--colour', 'red'], /Unknown option '--colour'/],
    [['city', 'a', 'b'], /unexpected argument: b/],
    [['trucks', 'a'], /unexpected argument: a/],
    [['trucks', '--count', '-3'], /--count/],
    [['sensors', '--start', 'yesterday'], /--start takes ISO 8601/],
    [['sensors', '--mqtt', 'http://x'], /--mqtt takes a URL/],
    [['city', '--print'], /--print needs --duration/],
    [['city', '--record', 'a', '--gateway-config', 'b'], /--record and --gateway-config are two commands/],
    [['city', '--stages', 'a', '--print'], /--stages and --print are two commands/],
    [['camera'], /camera needs an mp4 file/],
    [['camera', 'x.mp4', '--port', '99999'], /--port takes a whole number from 0 to 65535/],
    [['camera', 'x.mp4', '--user', 'u'], /XUNCHENG_CAMERA_PASSWORD/],
  ])('refuses wrong usage with 2: %j', async (args, message) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err.join('\n')).toMatch(message);
  });

  it('fails with 1 and names the file where a file is at fault', async () => {
    const dir = tempDir();
    const file = join(dir, 'secrets.json');
    writeFileSync(file, '["s3cret"]', { mode: 0o600 });
    const secrets = await run(['trucks', '--device-secrets', file]);
    expect([secrets.code, secrets.err.join()]).toEqual([
      1,
      expect.stringMatching(/secrets\.json: must be a JSON object/),
    ]);
    expect(secrets.err.join()).not.toContain('s3cret');
    const scenario = await run(['city', join(dir, 'none.yaml')]);
    expect([scenario.code, scenario.err.join()]).toEqual([
      1,
      expect.stringMatching(/none\.yaml: no such file/),
    ]);
    writeFileSync(join(dir, 'a.mp4'), 'no film');
    const camera = await run(['camera', join(dir, 'a.mp4'), '--port', '0']);
    expect([camera.code, camera.err.join()]).toEqual([1, expect.stringMatching(/a\.mp4: not an mp4 file/)]);
  });

  it('prints a schedule, the same for the same seed', async () => {
    const args = [
      'city',
      '--print',
      '--duration',
      '4',
      '--start',
      '2026-11-22T10:00:00+08:00',
      '--seed',
      '7',
    ];
    const { code, out } = await run(args);
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(40);
    expect((await run(args)).out).toEqual(out);
    const message = JSON.parse(out.find((line) => line.includes('truck-01/position')) ?? '{}') as Record<
      string,
      unknown
    >;
    expect(message).toMatchObject({ topic: 'xc/v1/truck/truck-01/position', payload: { load: 'full' } });
  });

  it('sends fleets and stations to a broker with the secrets of a file', async () => {
    const dir = tempDir();
    const ids = ['sim-dust-00001', 'sim-dust-00002', 'sim-noise-00001', 'sim-truck-00001', 'sim-truck-00002'];
    const secrets = Object.fromEntries(ids.map((id) => [id, `${id}!`]));
    const broker = await startTestBroker(secrets);
    const file = join(dir, 'secrets.json');
    writeFileSync(file, JSON.stringify(secrets));
    chmodSync(file, 0o644);
    const common = ['--mqtt', broker.url, '--device-secrets', file, '--speed', 'max', '--duration', '60'];
    const sensors = await run(['sensors', '--count', '2', '--noise', '1', '--interval', '5', ...common]);
    expect([sensors.code, sensors.err.join()]).toEqual([0, expect.stringContaining('chmod 600')]);
    expect(sensors.out.at(-1)).toBe('3 devices, 39 messages acknowledged, 0 dropped, 0 devices refused');
    chmodSync(file, 0o600);
    const reported = ['--report', '3600', ...common];
    const trucks = await run(['trucks', '--count', '2', '--interval', '10', ...reported]);
    const total = /^in \d+ s: 14 sent \(.*\), 14 acknowledged \(.*\), 0 lost \(0\/s\), 0 without an answer$/;
    expect([trucks.code, trucks.err]).toEqual([0, [expect.stringMatching(total)]]);
    expect(trucks.out).toEqual(['2 devices, 14 messages acknowledged, 0 dropped, 0 devices refused']);
    expect(new Set(broker.received.map(({ topic }) => topic.split('/')[3]))).toEqual(new Set(ids));
    await broker.stop();
  });

  it('fails with 1 when the broker lets nobody in', async () => {
    const broker = await startTestBroker({});
    const { code, err } = await run(['trucks', '--count', '1', '--mqtt', broker.url]);
    expect([code, err.at(-1)]).toEqual([1, expect.stringContaining('the broker refused every device')]);
    await broker.stop();
  });

  it('serves cameras until it is stopped', async () => {
    const file = join(tempDir(), 'clip.mp4');
    encode(file, 't=1', '-c:v', 'libx264', '-preset', 'ultrafast');
    const stop = new AbortController();
    const out: string[] = [];
    const env = { XUNCHENG_CAMERA_PASSWORD: 'hidden' };
    const running = run(['camera', file, '--port', '0', '--count', '3', '--path', 'pole', '--user', 'u'], {
      signal: stop.signal,
      env,
      out,
    });
    await expect.poll(() => out.length, { timeout: 5_000 }).toBe(3);
    expect(out[2]).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/pole-3$/);
    stop.abort();
    expect((await running).code).toBe(0);
  });
});
