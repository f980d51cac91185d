import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import { createIntake } from '../../src/gateway/intake.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { VitalsStore } from '../../src/store/vitals-store.ts';
import {
  type ExternalBrokerProcess,
  hasProgram,
  startMosquitto,
  startNats,
} from '../support/external-broker.ts';
import { connectPacket, publishPacket, startBroker } from '../support/mqtt.ts';

/**
 * QoS 1 messages acknowledged in a second. The gateway's broker acknowledges what is decoded, fsynced in the
 * journal and can be queried; beside it in the same run nats-server with JetStream's MQTT (a file store,
 * which it syncs every two minutes by default), mosquitto in memory, and bare aedes. 50 publishers in a process of
 * their own, each with 20 messages on their way, of 190 bytes. Each in turn, twice.
 */
const PUBLISHERS = 50;
const WINDOW = 20;
const WARMUP_MS = 3000;
const MEASURED_MS = 5000;
const ROUNDS = 2;
const TOPIC = 'xc/v1/truck/T1/position';

/** Runs one publisher: refills its window with every acknowledgement. */
function publish(port: number, name: string, onAcknowledged: (count: number) => void): Socket {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let packetId = 0;
  let hasConnack = false;
  let half = 0;
  const send = (count: number): void => {
    const packets: Buffer[] = [];
    for (let index = 0; index < count; index += 1) {
      packetId = (packetId % 65_535) + 1;
      packets.push(publishPacket(TOPIC, payload(), packetId));
    }
    socket.write(Buffer.concat(packets));
  };
  socket.write(connectPacket('T1', 'T1-secret', name));
  socket.on('data', (chunk) => {
    half += chunk.length;
    if (!hasConnack && half >= 4) {
      hasConnack = true;
      half -= 4;
      send(WINDOW);
      return;
    }
    // A PUBACK has four bytes.
    const acknowledged = Math.floor(half / 4);
    half -= acknowledged * 4;
    if (acknowledged === 0) return;
    onAcknowledged(acknowledged);
    send(acknowledged);
  });
  return socket;
}

function payload(): string {
  const position = { at: Date.now(), lon: 104.0665, lat: 30.5723, speed_kmh: 31.4, heading_deg: 271.5 };
  return JSON.stringify({ ...position, satellites: 11, acc: true, load: 'full', lift: false }).padEnd(190);
}

/** In the child process: gives the rate in messages a second. */
function drive(port: number): void {
  let acknowledged = 0;
  const sockets = Array.from({ length: PUBLISHERS }, (_, index) =>
    publish(port, `p${index}`, (count) => {
      acknowledged += count;
    }),
  );
  setTimeout(() => {
    const [before, from_ms] = [acknowledged, performance.now()];
    setTimeout(() => {
      const rate = ((acknowledged - before) * 1000) / (performance.now() - from_ms);
      for (const socket of sockets) socket.destroy();
      process.send?.({ rate, total: acknowledged });
      process.disconnect();
    }, MEASURED_MS);
  }, WARMUP_MS);
}

/** Messages acknowledged in a second, and what each cost the broker's process of CPU time. */
interface Rate {
  readonly perSecond: number;
  readonly cpu_us: number;
}

/** A broker that listens, the CPU time that its process has taken, and the way to end it. */
interface Target {
  readonly port: number;
  readonly cpu_us: () => number;
  stop(): Promise<void>;
}

function rateOf({ port, cpu_us }: Target): Promise<Rate> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [String(port)]);
    const before = cpu_us();
    child.once('message', (message) => {
      const { rate, total } = message as { rate: number; total: number };
      resolve({ perSecond: rate, cpu_us: (cpu_us() - before) / total });
    });
    child.once('error', reject);
  });
}

function ownCpu_us(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function gateway(directory: string): Promise<Target> {
  const db = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, true);
  const journal = new SqliteJournal(db);
  const [devices, vitals] = [new DeviceStore(db, Date.now), new VitalsStore(db)];
  const rig = await startBroker({
    ...createIntake(journal, devices, vitals),
    onDeviceSeen: (id, at_ms) => devices.seen(id, at_ms),
  });
  return {
    port: rig.port,
    cpu_us: ownCpu_us,
    stop: async () => {
      await rig.stop();
      journal.close();
      devices.close();
      vitals.flush();
      db.close();
    },
  };
}

async function bareAedes(): Promise<Target> {
  const aedes = await Aedes.createBroker({ concurrency: 0 });
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cpu_us: ownCpu_us,
    stop: async () => {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      server.close();
    },
  };
}

async function program(start: Promise<ExternalBrokerProcess>): Promise<Target> {
  const { port, pid, kill } = await start;
  return { port, cpu_us: () => cpuOf_us(pid), stop: kill };
}

/** User and system time of a process (Linux: proc(5), clock ticks of 10 ms). */
function cpuOf_us(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

const TARGETS: readonly {
  readonly name: string;
  readonly isThere: boolean;
  readonly start: (directory: string) => Promise<Target>;
}[] = [
  { name: 'gateway (decoded, journaled, fsynced)', isThere: true, start: gateway },
  {
    name: 'nats-server (JetStream, file)',
    isThere: hasProgram('nats-server', ['--version']),
    start: (directory) => program(startNats(directory)),
  },
  {
    name: 'mosquitto (in memory)',
    isThere: hasProgram('mosquitto', ['-h']),
    start: (directory) => program(startMosquitto(directory, { persistence: false })),
  },
  { name: 'bare aedes (in memory)', isThere: true, start: bareAedes },
];

async function measured(start: (directory: string) => Promise<Target>): Promise<Rate> {
  const directory = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  const target = await start(directory);
  const rate = await rateOf(target);
  await target.stop();
  rmSync(directory, { recursive: true });
  return rate;
}

/** Prints the rates of each round, and how the gateway's relates to each. */
async function benchMqttIngest(): Promise<void> {
  console.log(
    `mqtt ingest, ${PUBLISHERS} publishers, window ${WINDOW}, 190 bytes, QoS 1, acknowledged a second (µs of CPU each):`,
  );
  const rates = new Map<string, Rate[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, isThere, start } of TARGETS) {
      if (isThere) rates.set(name, [...(rates.get(name) ?? []), await measured(start)]);
    }
  }
  const mean = (name: string): number => {
    const all = rates.get(name) ?? [];
    return all.reduce((sum, { perSecond }) => sum + perSecond, 0) / all.length;
  };
  const own = mean(TARGETS[0]?.name ?? '');
  for (const { name, isThere } of TARGETS) {
    const texts = (rates.get(name) ?? []).map(
      ({ perSecond, cpu_us }) => `${String(Math.round(perSecond)).padStart(7)} (${cpu_us.toFixed(1)})`,
    );
    const share = isThere ? `gateway is ${(own / mean(name)).toFixed(2)}x` : 'not installed';
    console.log(`  ${name.padEnd(40)}${texts.join('  ')}   ${share}`);
  }
}

const [, script, port] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  if (port === undefined) await benchMqttIngest();
  else drive(Number(port));
}
