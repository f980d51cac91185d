import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { connectPacket, publishPacket, startBroker } from '../support/mqtt.ts';

/**
 * QoS 1 messages acknowledged in a second: the gateway's broker with the journal on disk, beside bare aedes in
 * memory. 50 publishers in a process of their own, each with 20 messages on their way, of 190 bytes.
 */
const PUBLISHERS = 50;
const WINDOW = 20;
const WARMUP_MS = 1000;
const MEASURED_MS = 8000;
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

/** Messages acknowledged in a second, and what each cost this process of CPU time. */
interface Rate {
  readonly perSecond: number;
  readonly cpu_us: number;
}

function rateOf(port: number): Promise<Rate> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [String(port)]);
    const before = process.cpuUsage();
    child.once('message', (message) => {
      const { rate, total } = message as { rate: number; total: number };
      const { user, system } = process.cpuUsage(before);
      resolve({ perSecond: rate, cpu_us: (user + system) / total });
    });
    child.once('error', reject);
  });
}

async function gatewayRate(): Promise<Rate> {
  const directory = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  const db = openDatabase(join(directory, 'xuncheng.db'), MAIN_SCHEMA, true);
  const journal = new SqliteJournal(db);
  const rig = await startBroker({
    accept: (observations) =>
      journal.append(
        observations.map((body) => ({
          subjectId: body.deviceId,
          at_ms: body.at_ms,
          received_ms: body.received_ms,
          body,
        })),
      ),
  });
  const rate = await rateOf(rig.port);
  await rig.stop();
  journal.close();
  db.close();
  rmSync(directory, { recursive: true });
  return rate;
}

async function aedesRate(): Promise<Rate> {
  const aedes = await Aedes.createBroker({ concurrency: 0 });
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const rate = await rateOf(typeof address === 'object' && address !== null ? address.port : 0);
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  server.close();
  return rate;
}

/** Prints both rates. */
export async function benchMqttIngest(): Promise<void> {
  const gateway = await gatewayRate();
  const bare = await aedesRate();
  console.log(
    `mqtt ingest, ${PUBLISHERS} publishers, window ${WINDOW}, 190 bytes, QoS 1, acknowledged a second:`,
  );
  const line = (name: string, { perSecond, cpu_us }: Rate): string =>
    `  ${name.padEnd(40)}${String(Math.round(perSecond)).padStart(7)}   ${cpu_us.toFixed(1)} µs of CPU each`;
  console.log(line('gateway (decoded, journaled, fsynced)', gateway));
  console.log(line('bare aedes (in memory)', bare));
}

const [, script, port] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  if (port === undefined) await benchMqttIngest();
  else drive(Number(port));
}
