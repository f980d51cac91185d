// 200 simulated RTSP cameras from one process, each with a viewer, beside the same bytes written to as many sockets:
// `npm run bench -- cameras`, or with other figures `node --import tsx test/bench/cameras.ts --cameras 20 --seconds 10`.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rawClient, request, statusOf } from '../simulators/rtsp-server/raw-client.ts';

const SELF = fileURLToPath(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');
const FILM = { width_px: 1280, height_px: 720, fps: 25, seconds: 20, bitrate: '2M' };
const WRITE_MS = 40;

interface Load {
  readonly cameras: number;
  readonly seconds: number;
}

/** What viewers got of a server, and what it took of the processor. */
interface Measured {
  readonly bytes: number;
  readonly cpu_s: number;
  readonly resident_mb: number;
}

/** User and system time of all threads of a process; the kernel counts in hundredths. */
function cpu_s(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function resident_mb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

/** Counts what comes on sockets that are ready, for so long. */
async function watch(pid: number, sockets: readonly Socket[], seconds: number): Promise<Measured> {
  let bytes = 0;
  for (const socket of sockets) {
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
  }
  const before_s = cpu_s(pid);
  const from = bytes;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return { bytes: bytes - from, cpu_s: cpu_s(pid) - before_s, resident_mb: resident_mb(pid) };
}

function tell(name: string, { cameras, seconds }: Load, { bytes, cpu_s, resident_mb }: Measured): void {
  const share_pct = (cpu_s / seconds) * 100;
  console.log(
    `  ${name}: ${cameras} viewers, ${((bytes * 8) / seconds / 1e6).toFixed(0)} Mbit/s, ${share_pct.toFixed(1)} % of a ` +
      `core (${(share_pct / cameras).toFixed(3)} % each), ${resident_mb} MB`,
  );
}

function makeFilm(dir: string): string {
  const film = join(dir, 'film.mp4');
  const { width_px, height_px, fps, seconds, bitrate } = FILM;
  const source = `testsrc2=size=${width_px}x${height_px}:rate=${fps}`;
  const codec = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-b:v',
    bitrate,
    '-maxrate',
    bitrate,
    '-bufsize',
    bitrate,
  ];
  const args = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-t',
    String(seconds),
    ...codec,
    '-g',
    '50',
    film,
  ];
  execFileSync(process.env.XUNCHENG_FFMPEG ?? 'ffmpeg', args);
  return film;
}

async function play(url: string): Promise<Socket> {
  const client = await rawClient(Number(new URL(url).port));
  const tcp = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
  const setup = await client.ask(request('SETUP', `${url}/trackID=0`, 1, tcp));
  if (statusOf(setup) !== 200) throw new Error(setup);
  const session = /session: ([^;\r]+)/i.exec(setup)?.[1] ?? '';
  client.socket.write(request('PLAY', url, 2, `Session: ${session}`));
  return client.socket;
}

async function benchCameras(load: Load, film: string): Promise<number> {
  const args = ['simulate', 'camera', film, '--count', String(load.cameras), '--port', '0', '--report', '5'];
  const server = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const urls = await firstLines(server, load.cameras);
    const sockets: Socket[] = [];
    for (const url of urls) sockets.push(await play(url));
    const measured = await watch(server.pid ?? 0, sockets, load.seconds);
    tell('simulated cameras', load, measured);
    for (const socket of sockets) socket.destroy();
    return measured.bytes / load.cameras / load.seconds;
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

async function firstLines({ stdout }: ChildProcess, count: number): Promise<string[]> {
  if (stdout === null) throw new Error('no output');
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    lines.push(line);
    if (lines.length === count) return lines;
  }
  throw new Error(`the server ended after ${lines.length} cameras`);
}

async function benchBare(load: Load, bytesPerSecond: number): Promise<void> {
  const child = fork(SELF, ['bare', String(Math.round((bytesPerSecond * WRITE_MS) / 1000))]);
  const [port] = (await once(child, 'message')) as [number];
  const sockets = Array.from({ length: load.cameras }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  tell('as many bare sockets', load, await watch(child.pid ?? 0, sockets, load.seconds));
  for (const socket of sockets) socket.destroy();
  child.kill();
}

/** Writes as many bytes, as often as there are pictures, to whoever connects. */
function bare(bytes: number): void {
  const chunk = Buffer.alloc(bytes, 1);
  const server = createServer((socket) => {
    const timer = setInterval(() => socket.write(chunk), WRITE_MS);
    socket.on('error', () => undefined);
    socket.on('close', () => clearInterval(timer));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
    const address = server.address();
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
  });
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'bare') bare(Number(rest[0]));
else {
  const { values } = parseArgs({
    options: { cameras: { type: 'string', default: '200' }, seconds: { type: 'string', default: '20' } },
  });
  const load = { cameras: Number(values.cameras), seconds: Number(values.seconds) };
  const dir = mkdtempSync(join(tmpdir(), 'xuncheng-bench-'));
  try {
    const { width_px, height_px, fps, bitrate } = FILM;
    console.log(
      `cameras, ${load.cameras} of ${width_px}x${height_px} at ${fps} pictures a second, ${bitrate}bit/s:`,
    );
    await benchBare(load, await benchCameras(load, makeFilm(dir)));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
