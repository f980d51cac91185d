import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';

import type { SimulatorLog } from '../simulator-log.ts';
import { LiveStream, type StreamWindow } from './live-stream.ts';
import { type Mp4Video, openMp4 } from './mp4-file.ts';
import { type Mount, RtspConnection } from './rtsp-connection.ts';
import type { RtspSession } from './rtsp-session.ts';
import { openUdpPorts, type UdpPorts } from './udp-ports.ts';

/**
 * A camera to serve: a file under a path, played for ever, or once within a window. A path may be given several times
 * with windows that follow each other: then the camera is gone in between, and its viewers are sent off.
 */
export interface CameraMount {
  /** Begins with `/`. */
  readonly path: string;
  readonly file: string;
  /** Where in the file the camera's clock begins: puts cameras of one file out of phase. */
  readonly offset_s?: number;
  /** Seconds of the file in a second; 1 by default. */
  readonly rate?: number;
  readonly window?: StreamWindow;
  /** With both, the mount asks for Digest or Basic authentication. */
  readonly user?: string;
  readonly password?: string;
}

export interface RtspServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly mounts: readonly CameraMount[];
  readonly log: SimulatorLog;
  /** Sessions that are silent for longer are ended. Default 60. */
  readonly session_timeout_s?: number;
  /** Connections beyond it are closed at once. Default 1,000. */
  readonly connections_max?: number;
}

/** One camera's counts; dropped are frames that a slow viewer did not get. */
export interface MountStats {
  readonly path: string;
  readonly clients: number;
  readonly framesSent: number;
  readonly framesDropped: number;
}

/** What the server has done so far. */
export interface RtspServerStats {
  readonly connections: number;
  readonly connectionsRefused: number;
  readonly sessions: number;
  readonly mounts: readonly MountStats[];
}

/** What one camera sends. */
export interface ServedTrack {
  readonly path: string;
  readonly codec: 'h264' | 'h265';
  readonly width_px: number;
  readonly height_px: number;
  readonly fps: number;
}

export interface RtspServer {
  readonly port: number;
  /** `rtsp://host:port/path`, without credentials. */
  url(path: string): string;
  stats(): RtspServerStats;
  /** What the cameras send, in the order in which they were given. */
  tracks(): readonly ServedTrack[];
  stop(): Promise<void>;
}

const SWEEP_INTERVAL_MS = 1_000;

/**
 * Serves mp4 files as live cameras over RTSP 1.0 (RFC 2326), RTP over TCP or UDP. Rejects with an `Mp4Error`
 * where a file cannot be served, and with the system's error where the port cannot be had.
 */
export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const host = await lookup(options.host).then(({ address }) => address);
  const videos = await openVideos(options.mounts);
  const closeVideos = async (): Promise<void> => {
    await Promise.all([...videos.values()].map((video) => video.close()));
  };
  try {
    const core = new ServerCore(options, videos);
    const udp = await openUdpPorts(host, (from) => core.hear(`${from.address} ${from.port}`));
    const server = createServer((socket) => core.accept(socket, udp));
    try {
      await listen(server, host, options.port);
    } catch (error) {
      await udp.close();
      throw error;
    }
    const sweep = setInterval(() => core.sweep(), SWEEP_INTERVAL_MS);
    const { port } = server.address() as AddressInfo;
    const shown =
      host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : isIPv6(host) ? `[${host}]` : host;
    return {
      port,
      url: (path) => `rtsp://${shown}:${port}${path}`,
      stats: () => core.stats(),
      tracks: () => core.tracks(),
      stop: async () => {
        clearInterval(sweep);
        const closed = new Promise<void>((done) => server.close(() => done()));
        core.stop();
        await Promise.all([closed, udp.close()]);
        await closeVideos();
      },
    };
  } catch (error) {
    await closeVideos();
    throw error;
  }
}

class ServerCore {
  /** Those of a path, in the order of their windows. */
  private readonly mounts = new Map<string, Mount[]>();
  private readonly connections = new Map<Socket, RtspConnection>();
  private readonly udpSessions = new Map<string, RtspSession>();
  private readonly connections_max: number;
  private readonly session_timeout_s: number;
  private refused = 0;

  constructor(options: RtspServerOptions, videos: ReadonlyMap<string, Mp4Video>) {
    this.connections_max = options.connections_max ?? 1_000;
    this.session_timeout_s = options.session_timeout_s ?? 60;
    for (const { path, file, offset_s = 0, rate = 1, window, user, password } of options.mounts) {
      const video = videos.get(file);
      if (video === undefined) throw new Error(`mount ${path} has no opened file`);
      const log: SimulatorLog = {
        info: (fields, message) => options.log.info({ camera: path, ...fields }, message),
        warn: (fields, message) => options.log.warn({ camera: path, ...fields }, message),
      };
      const stream = new LiveStream(video, { offset_s, rate, ...(window && { window }) }, log, () =>
        this.dropViewers(path),
      );
      const credentials =
        user !== undefined && password !== undefined ? { credentials: { user, password } } : {};
      this.mounts.set(path, [...(this.mounts.get(path) ?? []), { path, stream, ...credentials }]);
    }
  }

  accept(socket: Socket, udp: UdpPorts): void {
    if (this.connections.size >= this.connections_max) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    const connection = new RtspConnection(socket, {
      udp,
      session_timeout_s: this.session_timeout_s,
      findMount: (path) => this.mounts.get(path)?.find(({ stream }) => stream.isOn),
      udpSessions: this.udpSessions,
    });
    this.connections.set(socket, connection);
    // Resets by viewers are everyday; 'close' follows and cleans up.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.stop();
      this.connections.delete(socket);
    });
    connection.start();
  }

  hear(key: string): void {
    const session = this.udpSessions.get(key);
    if (session !== undefined) session.heard_ms = performance.now();
  }

  sweep(): void {
    const now_ms = performance.now();
    for (const [socket, connection] of this.connections) if (connection.expire(now_ms)) socket.destroy();
  }

  tracks(): ServedTrack[] {
    return [...this.mounts.values()].flat().map(({ path, stream }) => {
      const { codec, width_px, height_px, samples, timescale_hz } = stream.video.track;
      const fps = Math.round((samples.count * timescale_hz) / samples.duration_ticks);
      return { path, codec, width_px, height_px, fps };
    });
  }

  stop(): void {
    for (const connection of this.connections.values()) connection.stop();
    for (const { stream } of [...this.mounts.values()].flat()) stream.stop();
  }

  stats(): RtspServerStats {
    const sessions = [...this.connections.values()].map(({ sessionCount }) => sessionCount);
    return {
      connections: this.connections.size,
      connectionsRefused: this.refused,
      sessions: sessions.reduce((sum, count) => sum + count, 0),
      mounts: [...this.mounts.values()].flat().map(({ path, stream }) => ({
        path,
        clients: stream.clients,
        framesSent: stream.framesSent,
        framesDropped: stream.framesDropped,
      })),
    };
  }

  private dropViewers(path: string): void {
    for (const [socket, connection] of this.connections) if (connection.watches(path)) socket.destroy();
  }
}

async function openVideos(mounts: readonly CameraMount[]): Promise<Map<string, Mp4Video>> {
  const ends_s = new Map<string, number>();
  for (const { path, window, user, password } of mounts) {
    if (!/^\/[^\s?#]{1,200}$/.test(path) || path.endsWith('/'))
      throw new Error(`'${path}' is no mount path such as /camera-1`);
    const end_s = ends_s.get(path);
    if (end_s !== undefined && (window === undefined || window.from_s < end_s))
      throw new Error(`mount ${path} is given twice for the same time`);
    if ((user === undefined) !== (password === undefined))
      throw new Error(`mount ${path} needs both user and password`);
    ends_s.set(path, window?.to_s ?? Number.POSITIVE_INFINITY);
  }
  const videos = new Map<string, Mp4Video>();
  try {
    for (const { file } of mounts) if (!videos.has(file)) videos.set(file, await openMp4(file));
  } catch (error) {
    await Promise.all([...videos.values()].map((video) => video.close()));
    throw error;
  }
  return videos;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
