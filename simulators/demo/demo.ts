import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import type { CliIo, ExitCode } from '../../src/cli/io.ts';
import { configOrTell } from '../../src/cli/options.ts';
import { packageVersion } from '../../src/cli/version.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { KeyStore } from '../../src/store/key-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { cameraMounts, startCity } from '../city/city.ts';
import { loadScenario, type Scenario } from '../city/scenario.ts';
import { startRtspServer } from '../rtsp-server/rtsp-server.ts';
import { createLineLog } from '../simulator-log.ts';
import { readEventStream } from './event-stream.ts';
import { incidentLine } from './incident-line.ts';
import { requireFfmpeg } from './require-ffmpeg.ts';

const HOST = '127.0.0.1';
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `npm run demo`: a gateway and a simulated district around it, until the person stops it. */
export async function runDemo(io: CliIo): Promise<ExitCode> {
  const ffmpeg = requireFfmpeg(io.env, io.out);
  if (!ffmpeg.ok) {
    io.err(ffmpeg.advice);
    return 1;
  }
  const scenario = loadScenario(file('../city/demo.yaml'));
  if (!scenario.ok) throw new Error(scenario.problems.map(({ message }) => message).join('\n'));
  const dataDir = await mkdtemp(join(tmpdir(), 'xuncheng-demo-'));
  try {
    return await play(io, scenario.scenario, dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function play(io: CliIo, scenario: Scenario, dataDir: string): Promise<ExitCode> {
  const log = createLineLog(io.err);
  const cameras = await startRtspServer({
    host: HOST,
    port: await freePort(8554),
    mounts: cameraMounts(scenario),
    log,
  });
  let gateway: Gateway | undefined;
  try {
    const env = {
      ...io.env,
      DEMO_HTTP_PORT: String(await freePort(8080)),
      DEMO_MQTT_PORT: String(await freePort(1883)),
      DEMO_CAMERA_URL: cameras.url(scenario.file.cameras[0]?.path ?? '/'),
    };
    const config = configOrTell(file('../../config/demo/xuncheng.yaml'), { ...io, env });
    if (config === undefined) return 1;
    const { secrets, key } = provision(dataDir, scenario);
    const gatewayLog = pino({ level: config.logLevel }, { write: (line: string) => io.err(line.trimEnd()) });
    gateway = await startGateway({
      config,
      dataDir,
      env,
      version: packageVersion(),
      log: gatewayLog,
      time: WALL_CLOCK,
    });
    const { http, mqtt = '' } = gateway.addresses;
    io.out('');
    io.out(
      `  Xuncheng 巡城 demo: ${scenario.file.trucks.fleet.length} trucks, ${scenario.file.stations.list.length} stations, ${config.cameras.length} camera`,
    );
    io.out(`  page   ${http}/#key=${key}   (signed in)`);
    io.out(`  mqtt   ${mqtt}`);
    io.out(`  camera ${env.DEMO_CAMERA_URL}`);
    io.out('  Incidents appear below as they are found. Ctrl-C stops.');
    io.out('');
    const city = await startCity({ scenario, mqttUrl: mqtt, secrets, signal: io.signal, log });
    await Promise.all([city.done, printIncidents(io, http, key, config.timeZone)]);
    return 0;
  } finally {
    await gateway?.stop();
    await cameras.stop();
    io.out('stopped');
  }
}

/** Credentials as `xuncheng device add` and `xuncheng key create` make them. */
function provision(dataDir: string, { file: { trucks, stations } }: Scenario) {
  const db = openDatabase(join(dataDir, 'xuncheng.db'), MAIN_SCHEMA, true);
  try {
    const store = new DeviceStore(db, Date.now);
    const devices = [
      ...trucks.fleet.map(({ id }) => ({ id, kind: 'truck' as const })),
      ...stations.list.map(({ id, kind }) => ({ id, kind })),
    ];
    const secrets = new Map(devices.map(({ id, kind }) => [id, store.add(id, kind).secret]));
    const keys = new KeyStore(db, Date.now);
    // The demo has no administrator; without one the gateway would make a key and have to show it.
    keys.create('admin', 'admin');
    return { secrets, key: keys.create('demo', 'operator').key };
  } finally {
    db.close();
  }
}

/** Follows the events as any command centre would, and prints each incident when it opens. */
async function printIncidents(io: CliIo, http: string, key: string, timeZone: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  try {
    for await (const { event, data } of readEventStream(
      `${http}/api/v1/events?after=0`,
      headers,
      io.signal,
    )) {
      if (event !== 'xuncheng.incident.opened') continue;
      const { data: incident } = JSON.parse(data) as { data: Incident };
      io.out(incidentLine(incident, timeZone, http));
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
}

/** The port itself where nobody has it, else 0, which lets the system choose. */
function freePort(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(port, HOST, () => probe.close(() => resolve(port)));
  });
}
