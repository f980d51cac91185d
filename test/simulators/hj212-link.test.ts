import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runSimulate } from '../../simulators/cli.ts';
import { simulatedStation } from '../../simulators/hj212-identity.ts';
import { Hj212Link } from '../../simulators/hj212-link.ts';
import type { LinkEvent } from '../../simulators/link.ts';
import { openPlayback } from '../../simulators/playback/playback.ts';
import { stationLinks } from '../../simulators/station-links.ts';
import type { Observation, ReadingObservation } from '../../src/domain/observation.ts';
import { parseTopic } from '../../src/domain/topics.ts';
import { Hj212Listener } from '../../src/ingest/hj212-listener.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { SILENT } from '../support/mqtt.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const T0 = Date.UTC(2026, 5, 1, 10);
const SIGNAL = new AbortController().signal;

interface Platform {
  readonly listener: Hj212Listener;
  readonly port: number;
  readonly accepted: ReadingObservation[];
  readonly trouble: string[];
}

/** A listener that knows the simulated stations of these ids. */
async function platform(ids: readonly string[], port = 0): Promise<Platform> {
  const accepted: ReadingObservation[] = [];
  const trouble: string[] = [];
  const stations = new Map(
    ids.map((deviceId) => {
      const identity = simulatedStation(deviceId);
      return [identity.mn, { deviceId, deviceKind: 'dust' as const, ...identity }];
    }),
  );
  const listener = new Hj212Listener({
    listen: { host: '127.0.0.1', port },
    stationOf: (mn) => stations.get(mn),
    revoked: () => new Set(),
    accept: async (observations) => accepted.push(...(observations as readonly ReadingObservation[])),
    quarantine: async ({ error }) => trouble.push(error.message),
    onDeviceSeen: () => undefined,
    clock: Date.now,
    log: SILENT,
  });
  const started = await listener.start();
  onTestFinished(() => listener.stop());
  return { listener, port: started.port, accepted, trouble };
}

/** A reading as the metrics and flag of its device and time, whatever it came in. */
function told(readings: readonly ReadingObservation[]): string[] {
  const lines = readings.flatMap(({ deviceId, at_ms, metrics, flag }) =>
    Object.entries(metrics).map(([metric, value]) => `${deviceId} ${at_ms} ${metric}=${value} ${flag}`),
  );
  return lines.sort();
}

it('sends what sensors measure, in each unit, as the same numbers', { timeout: 180_000 }, async () => {
  const common = [
    'sensors',
    '--count',
    '5',
    '--noise',
    '2',
    '--duration',
    '600',
    '--seed',
    '7',
    '--no-cameras',
  ];
  const run = async (args: readonly string[]): Promise<string[]> => {
    const out: string[] = [];
    const io = { out: (line: string) => out.push(line), err: () => undefined, env: {}, signal: SIGNAL };
    expect(await runSimulate([...common, '--start', new Date(T0).toISOString(), ...args], io)).toBe(0);
    return out;
  };
  const printed = (await run(['--print'])).map((line) => JSON.parse(line));
  const wanted: ReadingObservation[] = printed.flatMap(({ topic, payload: { at, flag, ...metrics } }) => {
    const { deviceId = '', channel } = parseTopic(topic) ?? {};
    if (channel !== 'reading') return [];
    const at_ms = Math.floor(Date.parse(at) / 1000) * 1000;
    return [{ kind: 'reading', deviceKind: 'dust', deviceId, at_ms, received_ms: 0, metrics, flag }];
  });
  const ids = [...new Set(wanted.map(({ deviceId }) => deviceId))];
  expect(new Set(ids.map((id) => simulatedStation(id).particulateUnit)).size).toBeGreaterThan(1);
  const { accepted, trouble, port } = await platform(ids);
  const out = await run(['--protocol', 'hj212', '--hj212', `127.0.0.1:${port}`, '--speed', 'max']);
  expect(out.at(-1)).toBe(
    `${ids.length} devices, ${wanted.length} messages acknowledged, 0 dropped, 0 devices refused`,
  );
  expect(trouble).toEqual([]);
  expect(told(accepted)).toEqual(told(wanted));
});

it('keeps what it measured while the platform was away, and sends it when it is back', {
  timeout: 180_000,
}, async () => {
  const first = await platform(['dust-1']);
  const events: LinkEvent[] = [];
  const link = new Hj212Link({
    ...{ host: '127.0.0.1', port: first.port, deviceId: 'dust-1', queue_max: 5 },
    onChange: (event) => events.push(event),
  });
  onTestFinished(() => link.stop(0, 0));
  const reading = (s: number) => ({ at: T0 + s * 1000, pm10_ug_m3: 50 + s, flag: 'N' as const });
  const publish = (...seconds: number[]) =>
    link.publish({
      ...{ kind: 'publish', at_ms: T0, deviceKind: 'dust', deviceId: 'dust-1', channel: 'reading' },
      payload: seconds.map(reading),
    });
  link.start(T0);
  publish(1);
  await waitUntil('the first is answered', () => link.waiting === 0);
  await first.listener.stop();
  await waitUntil('the loss is noticed', () => events.some(({ kind }) => kind === 'lost'));
  publish(2, 3, 4, 5, 6, 7);
  const second = await platform(['dust-1'], first.port);
  await waitUntil('all is answered', () => link.waiting === 0);
  expect(told(second.accepted)).toEqual(
    [3, 4, 5, 6, 7].map((s) => `dust-1 ${T0 + s * 1000} pm10_ug_m3=${50 + s} N`),
  );
  expect(events.filter(({ kind }) => kind === 'dropped')).toEqual([{ kind: 'dropped', messages: 1 }]);

  const { listener } = second;
  expect(await listener.command('dust-1', { name: 'set-realtime-interval', interval_s: 30 })).toEqual({
    ...{ ok: true, values: {} },
  });
  expect(await listener.command('dust-1', { name: 'get-realtime-interval' })).toEqual({
    ...{ ok: true, values: { interval_s: 30 } },
  });
  expect(await listener.command('dust-1', { name: 'get-minute-interval' })).toMatchObject({
    values: { interval_min: 10 },
  });
  expect(await listener.command('dust-1', { name: 'get-time' })).toMatchObject({ values: { at_ms: T0 } });
});

it('plays the stations of a recording', { timeout: 180_000 }, async () => {
  const readings: ReadingObservation[] = [
    {
      ...{ kind: 'reading', deviceKind: 'dust', deviceId: 'dust-1', at_ms: T0, received_ms: T0, flag: 'N' },
      metrics: { pm10_ug_m3: 80.5, temperature_c: -3.5 },
    },
    {
      ...{ kind: 'reading', deviceKind: 'dust', deviceId: 'dust-1', at_ms: T0, received_ms: T0, flag: 'N' },
      ...{ period: 'minute', metrics: { pm10_minute_avg_ug_m3: 79.5 } },
    },
  ];
  const dir = join(tempDir(), 'rec');
  const writer = await RecordingWriter.create(dir, { name: 'test', from_ms: T0 });
  await writer.append(readings satisfies Observation[]);
  await writer.close({ to_ms: T0 + 1000 });
  const { accepted, port } = await platform(['dust-1']);
  const playback = await openPlayback({
    ...{ dir, mqttUrl: 'mqtt://127.0.0.1:1', speed: 100, signal: SIGNAL, log: SILENT },
    linkOf: stationLinks('hj212', `127.0.0.1:${port}`),
  });
  expect(await playback.play()).toMatchObject({ devices: 1, acknowledged: 2, lost: 0 });
  expect(told(accepted)).toEqual(told(readings));
  expect(accepted.map(({ period }) => period)).toEqual([undefined, 'minute']);
});

it('writes a gateway’s configuration in which its stations are known', { timeout: 180_000 }, async () => {
  const dir = tempDir();
  const io = { out: () => undefined, err: () => undefined, env: {}, signal: SIGNAL };
  const args = ['sensors', '--count', '1', '--noise', '1', '--protocol', 'hj212', '--gateway-config', dir];
  expect(await runSimulate(args, io)).toBe(0);
  const written = readFileSync(join(dir, 'xuncheng.yaml'), 'utf8');
  const { parse } = await import('yaml');
  const { listen, devices } = parse(written) as {
    listen: object;
    devices: { id: string; hj212: object }[];
  };
  expect(listen).toEqual({ hj212: {} });
  expect(devices).toHaveLength(2);
  for (const { id, hj212 } of devices) {
    const { mn, pw, particulateUnit } = simulatedStation(id);
    expect(hj212).toEqual({ mn, pw, particulate_unit: particulateUnit });
  }
  for (const wrong of [
    ['sensors', '--protocol', 'modbus'],
    ['trucks', '--protocol', 'hj212'],
    ['sensors', '--protocol', 'hj212', '--hj212', 'nowhere'],
  ]) {
    expect(await runSimulate(wrong, io)).toBe(2);
  }
});
