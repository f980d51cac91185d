import type { RecordingManifest } from '../../src/domain/recording.ts';
import { readManifest, recordingPath } from '../../src/recording/recording-files.ts';
import { type ClockSetting, clockOf } from '../../src/runtime/clock.ts';
import type { Jt808Target } from '../jt808-link.ts';
import { type LinkMaker, type PlayerStats, playSchedule } from '../mqtt-player.ts';
import { type CameraMount, startRtspServer } from '../rtsp-server/rtsp-server.ts';
import type { SimulatorLog } from '../simulator-log.ts';
import { recordingSchedule } from './recording-schedule.ts';

/** How a recording is played against a running gateway, as if its devices were there. */
export interface PlaybackOptions {
  readonly dir: string;
  /** `mqtt://host:port`. */
  readonly mqttUrl: string;
  /** Where trucks go instead, over JT/T 808. */
  readonly jt808?: Jt808Target;
  /** Device id to secret; absent where the broker asks for none. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Devices that speak something else than MQTT. */
  readonly linkOf?: LinkMaker | undefined;
  /** Where the cameras are served; absent: no cameras. Port 0 picks a free one. */
  readonly rtsp?: { readonly host: string; readonly port: number };
  /** The time that the recording's beginning gets; its own where absent. */
  readonly start_ms?: number;
  /** Seconds of the recording in a second. */
  readonly speed: number;
  /** So many seconds (real ones) the cameras show their first picture before anything happens, default 0. */
  readonly lead_s?: number;
  readonly signal: AbortSignal;
  readonly log: SimulatorLog;
}

/** A recording that is being played. */
export interface Playback {
  /** RTSP URL of each camera, by its id. */
  readonly cameras: ReadonlyMap<string, string>;
  /** What films and devices follow from the opening on: a gateway in quick motion takes it as its own. */
  readonly clock: ClockSetting;
  /** Starts the devices (what was due since the opening goes out at once) and resolves when all is sent, or `signal` aborts; the cameras are stopped then. */
  play(): Promise<PlayerStats>;
  /** Stops the cameras of one that is not played to its end. */
  stop(): Promise<void>;
}

/** Opens a recording and its cameras' server. Rejects where the recording or a film cannot be read. */
export async function openPlayback(options: PlaybackOptions): Promise<Playback> {
  const { dir, rtsp, speed, lead_s = 0, log } = options;
  const manifest = await readManifest(dir);
  const mounts = mountsOf(dir, manifest, speed, lead_s);
  const server =
    rtsp === undefined || mounts.length === 0 ? undefined : await startRtspServer({ ...rtsp, mounts, log });
  const cameras = new Map(
    manifest.cameras.flatMap(({ id, videos }) =>
      server === undefined || videos.length === 0 ? [] : [[id, server.url(`/${id}`)] as const],
    ),
  );
  // Films and devices follow it from the opening on.
  const wall_ms = Date.now() + lead_s * 1000;
  const clock = { start_ms: options.start_ms ?? manifest.from_ms, wall_ms, rate: speed };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= server?.stop() ?? Promise.resolve();
    return stopping;
  };
  return { cameras, clock, play: () => play(options, manifest, clock, stop), stop };
}

/** Each camera is there while the recording has a film of it, and where that begins with the recording, also before it. */
function mountsOf(
  dir: string,
  { cameras, from_ms }: RecordingManifest,
  speed: number,
  lead_s: number,
): CameraMount[] {
  return cameras.flatMap(({ id, videos }) => {
    let end_s = 0;
    return [...videos]
      .sort((a, b) => a.start_ms - b.start_ms)
      .flatMap(({ file, start_ms, end_ms, time_scale }): CameraMount[] => {
        const at_s = (at_ms: number): number => lead_s + (at_ms - from_ms) / 1000 / speed;
        const begin_s = at_s(start_ms);
        // Where two overlap, the first is shown, as in a replay.
        const from_s = start_ms <= from_ms ? 0 : Math.max(end_s, begin_s);
        const window = { from_s, to_s: at_s(end_ms) };
        if (window.to_s <= window.from_s) return [];
        end_s = window.to_s;
        const rate = speed / time_scale;
        return [{ path: `/${id}`, file: recordingPath(dir, file), rate, offset_s: -begin_s * rate, window }];
      });
  });
}

async function play(
  options: PlaybackOptions,
  manifest: RecordingManifest,
  clock: ClockSetting,
  stop: () => Promise<void>,
): Promise<PlayerStats> {
  const { dir, mqttUrl, jt808, secrets, linkOf, speed, signal, log } = options;
  const schedule = recordingSchedule(dir, manifest, clock.start_ms - manifest.from_ms, (note) =>
    log.warn({}, note),
  );
  try {
    return await playSchedule(schedule, {
      url: mqttUrl,
      speed,
      start_ms: clockOf(clock)(),
      signal,
      log,
      linkOf,
      ...(secrets === undefined ? {} : { secrets }),
      ...(jt808 === undefined ? {} : { jt808 }),
    });
  } finally {
    await stop();
  }
}
