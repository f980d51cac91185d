// 5,000 positions a second from 10,000 connected terminals, beside a server that sends every frame back:
// `npm run bench -- jt808`, or with other figures
// `node --import tsx test/bench/jt808.ts --terminals 1000 --rate 500 --seconds 30`.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { decodeFrame, encodeFrame } from '../../src/codecs/jt808/frame.ts';
import { FrameSplitter } from '../../src/codecs/jt808/frame-splitter.ts';
import { encodeLocation, timeNibbles } from '../../src/codecs/jt808/location.ts';
import { writeItems } from '../../src/codecs/jt808/location-items.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';

const SELF = fileURLToPath(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');
const TICK_MS = 10;
const CONNECTING_MAX = 200;
const PATIENCE_MS = 60_000;
const MEMORY_POINTS = 6;

/** What one run was like, from the terminals' side. */
interface Driven {
  readonly sent: number;
  readonly answered: number;
  readonly perSecond: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** How much of what. */
interface Load {
  readonly terminals: number;
  readonly rate: number;
  readonly seconds: number;
}

/** One terminal of the driver: counts an answer for each location. */
class Terminal {
  readonly phone: string;
  readonly socket: Socket;
  readonly ready: Promise<void>;
  readonly #sent_ms = new Map<number, number>();
  #serial = 0;
  #locations = 0;

  constructor(port: number, index: number, onAnswer: (waited_ms: number) => void, isEcho: boolean) {
    this.phone = `0139${String(index).padStart(8, '0')}`;
    this.socket = connect(port, '127.0.0.1').setNoDelay(true);
    const splitter = new FrameSplitter();
    this.ready = new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.once('connect', () => {
        if (isEcho) resolve();
        else this.#send(MESSAGE.authenticate, Buffer.from('code'));
      });
      this.socket.on('data', (chunk: Buffer) => {
        for (const { bytes } of splitter.push(chunk)) {
          const read = decodeFrame(bytes);
          if (!read.ok) continue;
          const { id, body, serial: own } = read.message;
          const isAck = id === MESSAGE.platformAck;
          if (isAck && body.readUInt16BE(2) === MESSAGE.authenticate) resolve();
          const serial = isAck ? body.readUInt16BE(0) : own;
          const sent_ms = this.#sent_ms.get(serial);
          if (sent_ms === undefined) continue;
          this.#sent_ms.delete(serial);
          onAnswer(performance.now() - sent_ms);
        }
      });
    });
  }

  /** The next location of a truck that reports every other second of its own time. */
  report(start_ms: number): void {
    const at_ms = start_ms + this.#locations * 2000;
    this.#locations += 1;
    const body = encodeLocation({
      ...{ alarm: 0, status: 0b11, latRaw: 28_190_000 + (this.#locations % 1000) * 90, lonRaw: 112_980_000 },
      ...{ altitude_m: 45, speedRaw: 360, direction_deg: 0, time: timeNibbles(at_ms) },
      items: writeItems({ mileage_km: 1000 + this.#locations / 10, satellites: 12 }),
    });
    this.#sent_ms.set(this.#send(MESSAGE.location, body), performance.now());
  }

  #send(id: number, body: Buffer): number {
    this.#serial = (this.#serial % 100) + 1;
    const serial = this.#serial;
    this.socket.write(encodeFrame({ id, edition: '2013', phone: this.phone, serial, encryption: 0, body }));
    return serial;
  }
}

/** In a process of its own: connects all terminals, lets them report at the rate, and waits for the last answer. */
async function drive(port: number, { terminals, rate, seconds }: Load, isEcho: boolean): Promise<Driven> {
  const waits_ms: number[] = [];
  const all: Terminal[] = [];
  for (let index = 0; index < terminals; index += CONNECTING_MAX) {
    const some = Array.from(
      { length: Math.min(CONNECTING_MAX, terminals - index) },
      (_, more) => new Terminal(port, index + more + 1, (waited_ms) => waits_ms.push(waited_ms), isEcho),
    );
    await Promise.all(some.map(({ ready }) => ready));
    all.push(...some);
  }
  process.send?.('connected');
  const start_ms = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const begun_ms = performance.now();
  const total = rate * seconds;
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begun_ms) / 1000) * rate));
    for (; sent < due; sent += 1) all[sent % all.length]?.report(start_ms);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const latest_ms = performance.now() + PATIENCE_MS;
  while (waits_ms.length < sent && performance.now() < latest_ms) await new Promise((r) => setTimeout(r, 20));
  const took_s = (performance.now() - begun_ms) / 1000;
  for (const { socket } of all) socket.destroy();
  const sorted = Float64Array.from(waits_ms).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return {
    sent,
    answered: waits_ms.length,
    perSecond: waits_ms.length / took_s,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
  };
}

/** Runs the driver against a server process and looks at that one's memory and time meanwhile. */
async function measure(
  name: string,
  port: number,
  pid: number,
  load: Load,
  isEcho: boolean,
): Promise<Driven> {
  const { terminals, rate, seconds } = load;
  const args = [String(port), String(terminals), String(rate), String(seconds), isEcho ? 'echo' : 'gateway'];
  const child = fork(SELF, ['drive', ...args]);
  const result = new Promise<Driven>((resolve, reject) => {
    child.on('message', (message) => {
      if (message !== 'connected') resolve(message as Driven);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the driver ended with ${code}`)));
  });
  await once(child, 'message');
  console.log(`  ${name}: ${terminals} connected, resident ${resident_mb(pid)} MB`);
  const before_s = cpu_s(pid);
  let point = 0;
  const timer = setInterval(
    () => {
      point += 1;
      console.log(`    after ${Math.round((point * seconds) / MEMORY_POINTS)} s: ${resident_mb(pid)} MB`);
    },
    (seconds * 1000) / MEMORY_POINTS,
  );
  const driven = await result.finally(() => clearInterval(timer));
  const { sent, answered, perSecond, p50_ms, p99_ms } = driven;
  const cpu_us = ((cpu_s(pid) - before_s) * 1e6) / answered;
  console.log(
    `  ${name}: ${sent} sent, ${answered} answered, ${Math.round(perSecond)} a second; answer after ` +
      `${p50_ms.toFixed(1)} ms (p50), ${p99_ms.toFixed(1)} ms (p99); ${cpu_us.toFixed(0)} µs of CPU each`,
  );
  return driven;
}

function resident_mb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kb) / 1024);
}

/** User and system time of all its threads; the kernel counts in hundredths. */
function cpu_s(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function benchGateway(load: Load): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  const devices = Array.from({ length: load.terminals }, (_, index) => {
    const number = String(index + 1).padStart(8, '0');
    return `  - { id: truck-${number}, kind: truck, jt808: { phone: "139${number}" } }\n`;
  });
  writeFileSync(
    join(dir, 'xuncheng.yaml'),
    `listen: { http: { port: 0 }, mqtt: { port: 0 }, jt808: { port: 0, authenticate: false } }
log_level: info
rules: ${ROOT}/config/rules.yaml
catalogue: { file: ${ROOT}/config/catalogue.yaml }
devices:
${devices.join('')}`,
  );
  const serve = ['serve', '--config', join(dir, 'xuncheng.yaml'), '--data', join(dir, 'data')];
  const gateway = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/main.ts'), ...serve], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const port = await readyPort(gateway);
    const { answered } = await measure('gateway', port, gateway.pid ?? 0, load, false);
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
    const db = new Database(join(dir, 'data/xuncheng.db'), { readonly: true });
    const { stored } = db
      .prepare(
        "SELECT count(DISTINCT subject_id || ' ' || at_ms) AS stored FROM journal WHERE kind = 'position'",
      )
      .get() as { stored: number };
    db.close();
    console.log(`  gateway: ${stored} positions in the journal, ${answered - stored} acknowledged and lost`);
    if (stored < answered) process.exitCode = 1;
  } finally {
    gateway.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function readyPort(gateway: ChildProcess): Promise<number> {
  if (gateway.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: gateway.stdout })) {
    if (!line.includes('"msg":"ready"')) continue;
    gateway.stdout.resume();
    const { addresses } = JSON.parse(line) as { addresses: { jt808: string } };
    return Number(new URL(addresses.jt808).port);
  }
  throw new Error('the gateway did not start');
}

async function benchEcho(load: Load): Promise<void> {
  const child = fork(SELF, ['echo']);
  const [port] = (await once(child, 'message')) as [number];
  await measure('bare echo', port, child.pid ?? 0, load, true);
  child.kill();
}

function echo(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
  });
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'drive') {
  const [port = 0, terminals = 0, rate = 0, seconds = 0] = rest.slice(0, 4).map(Number);
  process.send?.(await drive(port, { terminals, rate, seconds }, rest[4] === 'echo'));
  process.disconnect();
} else if (role === 'echo') echo();
else {
  const { values } = parseArgs({
    options: {
      terminals: { type: 'string', default: '10000' },
      rate: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const load = {
    terminals: Number(values.terminals),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
  };
  console.log(`jt808, ${load.terminals} terminals, ${load.rate} positions a second for ${load.seconds} s:`);
  await benchGateway(load);
  await benchEcho(load);
}
