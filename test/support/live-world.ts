import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { stringify } from 'yaml';
import { type RtspServer, startRtspServer } from '../../simulators/rtsp-server/rtsp-server.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startGateway } from '../../src/gateway.ts';
import { WALL_CLOCK } from '../../src/runtime/clock.ts';
import { tempDir } from './temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A gateway with cameras of a simulated RTSP server that ask for a password. */
export interface LiveWorld {
  readonly rtsp: RtspServer;
  readonly http: string;
  readonly adminKey: string;
  readonly password: string;
}

/** Starts cameras, by their ids, and a gateway that patrols them rarely, so that it leaves time for the test. */
export async function startLiveWorld(
  files: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, number>> = {},
  /** How far into their films the cameras are when they start, in seconds. */
  offset_s = 0,
  /** Further settings of a camera, by its id. */
  more: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<LiveWorld> {
  const dir = tempDir();
  const login = { user: 'admin', password: 'not-for-the-process-list' };
  const mounts = Object.entries(files).map(([id, file]) => ({ path: `/${id}`, file, offset_s, ...login }));
  const log = pino({ level: 'silent' });
  const rtsp = await startRtspServer({ host: '127.0.0.1', port: 0, mounts, log });
  onTestFinished(() => rtsp.stop());
  const cameras = Object.keys(files).map((id) => ({
    ...{ id, lon: 112.9, lat: 28.2, models: ['garbage'], patrol_interval_s: 20 },
    url: rtsp.url(`/${id}`).replace('rtsp://', `rtsp://${login.user}:${login.password}@`),
    ...more[id],
  }));
  const config = {
    listen: { http: { port: 0 }, mqtt: { port: 0 } },
    vision: { models_dir: join(ROOT, 'models') },
    rules: join(ROOT, 'config/rules.yaml'),
    catalogue: { file: join(ROOT, 'config/catalogue.yaml') },
    ...{ limits, cameras },
  };
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'xuncheng.yaml'), stringify(config));
  const loaded = loadConfig(join(dir, 'xuncheng.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { PATH, HOME } = process.env;
  const gateway = await startGateway({
    ...{ config: loaded.config, dataDir: join(dir, 'data'), version: '0', time: WALL_CLOCK, log },
    env: { PATH, HOME },
  });
  onTestFinished(() => gateway.stop());
  const { createdAdminKey: adminKey = '', addresses } = gateway;
  return { rtsp, http: addresses.http, adminKey, password: login.password };
}

/** A live view as a client gets it. */
export interface LiveClient {
  readonly socket: WebSocket;
  readonly texts: { readonly type: string; readonly format?: string; readonly mime?: string }[];
  readonly parts: Buffer[];
  /** The HTTP status of a refusal. */
  readonly refused: Promise<number>;
}

/** Opens a live view with these headers. */
export function lookAt(http: string, cameraId: string, headers: Record<string, string>): LiveClient {
  const url = `${http.replace(/^http/, 'ws')}/api/v1/cameras/${cameraId}/live`;
  const socket = new WebSocket(url, { headers });
  onTestFinished(() => socket.terminate());
  const texts: LiveClient['texts'] = [];
  const parts: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) parts.push(data);
    else texts.push(JSON.parse(data.toString('utf8')));
  });
  const refused = new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      socket.terminate();
    });
  });
  return { socket, texts, parts, refused };
}
