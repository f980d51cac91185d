import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { createIncidents } from '../../src/gateway/incidents.ts';
import { openStores, type Stores } from '../../src/gateway/stores.ts';
import { StopStack } from '../../src/runtime/stop-stack.ts';
import { cli, secretOf } from '../support/cli.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { hj212Driver } from '../support/hj212-driver.ts';
import { jt808Driver } from '../support/jt808-driver.ts';
import {
  httpDriver,
  mqttDriver,
  Outbox,
  type SentReading,
  type TelemetryDriver,
} from '../support/telemetry-drivers.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const KEY = 'an-admin-key-for-this-test-alone';
/**
 * Kills, each in the middle of all protocols at once. Two fit every run of the suite; the environment has it killed as
 * often as one likes: `XUNCHENG_KILLS=200 npx vitest run --config test/vitest.config.ts test/e2e/kill.test.ts`.
 */
const KILLS = Number(process.env.XUNCHENG_KILLS ?? 2);
/** One entry for each protocol that promises "an acknowledgement means stored". */
const DRIVERS: readonly TelemetryDriver[] = [mqttDriver, httpDriver, hj212Driver, jt808Driver];
const DEVICES_PER_DRIVER = 3;
const READINGS_PER_ROUND = 20;
const log = pino({ level: 'silent' });

/** Fast enough to open, update and end an incident several times in the run. */
const RULES = `
- id: dust
  kind: threshold
  type: dust-exceedance
  device_kind: dust
  metric: pm10_ug_m3
  window_s: 10
  expected_interval_s: 1
  clear_s: 5
  update_s: 10
  limits: [{ limit: 150 }]
- id: trucks
  kind: truck-conduct
  update_s: 10
  uncovered: { enabled: false }
  restricted: { enabled: false }
  overspeed: { hold_s: 5, clear_s: 5, limits: [{ limit_kmh: 150 }] }
`;

function writeConfig(dir: string): string {
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(join(dir, 'rules.yaml'), RULES);
  writeFileSync(
    file,
    `listen: { http: { port: 0 }, mqtt: { port: 0 }, hj212: { port: 0 }, jt808: { port: 0 } }
rules: rules.yaml
catalogue: { file: ${CONFIG}/catalogue.yaml }
devices:
${DRIVERS.flatMap(entriesOf).join('\n')}
`,
  );
  return file;
}

/** Entries of the configuration for the devices whose protocol needs them. */
function entriesOf({ kind, name, config }: TelemetryDriver): string[] {
  return config === undefined
    ? []
    : idsOf(name).map((id) => `  - { id: ${id}, kind: ${kind}, lon: 112.9, lat: 28.1, ${config(id)} }`);
}

function idsOf(name: string): string[] {
  return Array.from({ length: DEVICES_PER_DRIVER }, (_none, index) => `${name}-${index}`);
}

/** A second of event time each; above the limit for twenty seconds of every forty. */
function readingOf(base_ms: number, number: number): SentReading {
  return { at_ms: base_ms + number * 1000, value: (number % 40 < 20 ? 200 : 50) + (number % 7) };
}

interface Station {
  readonly id: string;
  readonly metric: string;
  readonly secret: string;
  readonly outbox: Outbox;
}

async function addStations(data: string): Promise<Map<string, Station[]>> {
  const base_ms = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;
  const stations = new Map<string, Station[]>();
  for (const { name, metric, config } of DRIVERS) {
    const mine: Station[] = [];
    for (const id of idsOf(name)) {
      const isFixed = config !== undefined;
      const secret = isFixed
        ? ''
        : secretOf((await cli(['device', 'add', id, '--kind', 'dust', '--data', data])).out);
      mine.push({ id, metric, secret, outbox: new Outbox((number) => readingOf(base_ms, number)) });
    }
    stations.set(name, mine);
  }
  return stations;
}

/** Lets every station send; the returned promise is settled once all connections are gone. */
function sendAll(
  gateway: GatewayProcess,
  stations: ReadonlyMap<string, readonly Station[]>,
  signal: AbortSignal,
): Promise<unknown> {
  return Promise.all(
    DRIVERS.flatMap(({ name, send }) =>
      (stations.get(name) ?? []).map(async (station) => {
        // On a busy machine a connection may also break, or be refused, while the gateway is there.
        while (!signal.aborted && gateway.child.exitCode === null && gateway.child.signalCode === null) {
          await send(gateway, station, station.outbox, signal);
          station.outbox.cut();
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }),
    ),
  );
}

function configOf(file: string) {
  const loaded = loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  return loaded.config;
}

/** What an engine that was never interrupted makes of the journal. */
async function uninterrupted(config: string, { journal }: Pick<Stores, 'journal'>) {
  const loaded = configOf(config);
  const stops = new StopStack(log);
  const dataDir = tempDir();
  const stores = openStores(loaded, dataDir, Date.now, log, stops);
  const spool = new FrameSpool({ root: join(dataDir, 'frames'), max_bytes: 1e8 });
  const parts = createIncidents({ config: loaded, dataDir, stores, spool, clock: Date.now, log });
  // As far as the gateway's own rules had come when it stopped.
  const end = journal.cursor('rules');
  for (let after = 0; after < end; ) {
    const records = journal.read(after, 5000).filter(({ seq }) => seq <= end);
    await parts.recorder.apply(records);
    after = records.at(-1)?.seq ?? end;
  }
  const { items } = parts.incidents.list({ limit: 10_000 });
  await stops.run();
  return items;
}

it('has every acknowledged reading once in series and rules, however often it is killed', {
  timeout: 600_000 + KILLS * 300_000,
}, async () => {
  const dir = tempDir();
  const config = writeConfig(dir);
  const data = join(dir, 'data');
  const stations = await addStations(data);
  const all = [...stations.values()].flat();
  for (let round = 0; round < KILLS; round += 1) {
    const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
    const sending = sendAll(gateway, stations, new AbortController().signal);
    const goal = (round + 1) * READINGS_PER_ROUND;
    await waitUntil(
      'enough acknowledgements',
      () => all.every(({ outbox }) => outbox.acknowledged.length >= goal),
      300_000,
    );
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
    expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
    await sending;
  }
  // A last round without a kill, so that what was on its way is sent again.
  const gateway = await startGatewayProcess(config, data, { XUNCHENG_ADMIN_KEY: KEY });
  const done = new AbortController();
  const sending = sendAll(gateway, stations, done.signal);
  await waitUntil('all is sent', () =>
    all.every(({ outbox }) => outbox.acknowledged.length >= (KILLS + 1) * READINGS_PER_ROUND),
  );
  done.abort();
  await sending;
  expect(gateway.lines.filter((line) => line.includes('damaged'))).toEqual([]);
  expect(await gateway.end('SIGTERM')).toBe(0);

  const stops = new StopStack(log);
  const stores = openStores(configOf(config), data, Date.now, log, stops);
  expect(stores.recoveries).toEqual([]);
  stores.series.apply(stores.journal.read(stores.series.cursor(), 1_000_000));
  for (const { id, metric, outbox } of all) {
    const { acknowledged, made } = outbox;
    const query = { deviceId: id, metric, from_ms: 0, to_ms: Date.now(), limit: 1e6 };
    const stored = new Map(
      stores.series.query({ ...query, fn: 'last' }).map(({ at_ms, value }) => [at_ms, value]),
    );
    const lost = acknowledged.filter(({ at_ms, value }) => stored.get(at_ms) !== value);
    expect(lost, `${id}: acknowledged and not stored`).toEqual([]);
    expect(stored.size).toBeLessThanOrEqual(made);
    const [point] = stores.series.query({ ...query, fn: 'count', step_ms: 366 * 86_400_000 });
    expect(point?.value).toBe(stored.size);
  }
  const incidents = await uninterrupted(config, stores);
  // Each has been above its limit at least once.
  expect(incidents.length).toBeGreaterThanOrEqual(all.length);
  const found = storedIncidents(stores);
  // Same incidents, same number of versions, same measures: no reading was evaluated twice and none left out.
  expect(strip(found)).toEqual(strip(incidents));
  await stops.run();
});

function storedIncidents({ db }: Stores) {
  const rows = db.prepare<[], { body: string }>('SELECT body FROM incidents').all();
  return rows.map(({ body }) => JSON.parse(body) as Awaited<ReturnType<typeof uninterrupted>>[number]);
}

/** Without what depends on the moment of capture, in the order of ids. */
function strip(incidents: Awaited<ReturnType<typeof uninterrupted>>) {
  return incidents
    .map(({ evidence, ...rest }) => ({ ...rest, evidence: evidence.map(({ id }) => id).sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
