import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import type { CliIo, ExitCode } from '../../src/cli/io.ts';
import { configOrTell } from '../../src/cli/options.ts';
import { packageVersion } from '../../src/cli/version.ts';
import type { Config } from '../../src/config/config.ts';
import type { RecordingManifest } from '../../src/domain/recording.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { openPlayback, type Playback } from '../playback/playback.ts';
import { createLineLog } from '../simulator-log.ts';
import { dayScore } from './day-score.ts';
import { freePort, withAddresses } from './demo-addresses.ts';
import { caughtUp, provision } from './demo-gateway.ts';
import { followIncidents, type Happened } from './follow-incidents.ts';
import { requireFfmpeg } from './require-ffmpeg.ts';

const HOST = '127.0.0.1';
/** Two hours of the city in six minutes. */
const SPEED = 20;
/** So long the cameras stand still at first: detectors are being loaded, and at this pace a minute passes in three seconds. */
const LEAD_S = 8;
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `npm run demo`: a gateway in quick motion and a recorded evening played against it, until the person stops it. */
export async function runDemo(io: CliIo): Promise<ExitCode> {
  const ffmpeg = requireFfmpeg(io.env, io.out);
  if (!ffmpeg.ok) {
    io.err(ffmpeg.advice);
    return 1;
  }
  const config = configOrTell(file('../../config/demo/xuncheng.yaml'), io);
  if (config === undefined) return 1;
  const dataDir = await mkdtemp(join(tmpdir(), 'xuncheng-demo-'));
  try {
    return await runEvening(io, config, dataDir);
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runEvening(io: CliIo, written: Config, dataDir: string): Promise<ExitCode> {
  const dir = file('../assets/linghu');
  const manifest = await readManifest(dir);
  const { secrets, key } = provision(dataDir, written);
  const mqttPort = await freePort(HOST, 1883);
  const end = new AbortController();
  const playback = await openPlayback({
    dir,
    mqttUrl: `mqtt://${HOST}:${mqttPort}`,
    secrets,
    rtsp: { host: HOST, port: await freePort(HOST, 8554) },
    speed: SPEED,
    lead_s: LEAD_S,
    signal: AbortSignal.any([io.signal, end.signal]),
    log: createLineLog(io.err),
  });
  const httpPort = await freePort(HOST, 8080);
  const config = withAddresses(written, { httpPort, mqttPort, cameras: playback.cameras });
  let gateway: Gateway | undefined;
  try {
    gateway = await startGateway({
      config,
      dataDir,
      env: io.env,
      version: packageVersion(),
      log: pino({ level: config.logLevel }, { write: (line: string) => io.err(line.trimEnd()) }),
      // At the end of the evening its clock stops: what follows is no night in which all devices fall silent.
      time: { ...playback.clock, until_ms: manifest.to_ms },
    });
    greet(io, config, gateway, key, playback);
    await watch(io, { config, manifest, dir, http: gateway.addresses.http, key, playback });
    return 0;
  } finally {
    end.abort();
    await gateway?.stop();
    await playback.stop();
    io.out('stopped');
  }
}

function greet(io: CliIo, config: Config, gateway: Gateway, key: string, playback: Playback): void {
  const count = (...kinds: string[]): number =>
    config.devices.filter(({ kind }) => kinds.includes(kind)).length;
  const { http, mqtt } = gateway.addresses;
  io.out('');
  io.out(
    `  Xuncheng 巡城 demo: ${count('truck')} trucks, ${count('dust', 'noise')} stations, ${count('camera')} cameras; an evening from 17:30 to 19:30 in six minutes`,
  );
  io.out(`  page    ${http}/#key=${key}   (signed in)`);
  io.out(`  mqtt    ${mqtt}`);
  for (const url of playback.cameras.values()) io.out(`  camera  ${url}`);
  io.out('  Incidents appear below as they are found. Ctrl-C stops.');
  io.out('');
}

interface Watched {
  readonly config: Config;
  readonly manifest: RecordingManifest;
  readonly dir: string;
  readonly http: string;
  readonly key: string;
  readonly playback: Playback;
}

/** Prints what is found while the evening plays, then how that compares with the truth; returns when stopped. */
async function watch(io: CliIo, { config, manifest, dir, http, key, playback }: Watched): Promise<void> {
  const happened = new Map<string, Happened>();
  const follow = { http, key, timeZone: config.timeZone, happened, say: io.out, signal: io.signal };
  const following = followIncidents(follow);
  const playing = playback.play();
  // Where the events end with an error, that one is told.
  playing.catch(() => undefined);
  await Promise.race([playing, following]);
  if (io.signal.aborted) return following;
  await Promise.race([caughtUp(http, io.signal), following]);
  if (io.signal.aborted) return following;
  io.out('');
  io.out('  The evening is over. What was found, held against what truly happened:');
  io.out('');
  for (const line of await dayScore({ config, manifest, dir, found: [...happened.values()] })) io.out(line);
  io.out('');
  io.out('  The clock of the city stands still; the page stays. Ctrl-C stops.');
  return following;
}
