import type { Jt808Target } from '../jt808-link.ts';
import type { LinkMaker, PlayerOptions, PlayerStats } from '../mqtt-player.ts';
import { playSchedule } from '../mqtt-player.ts';
import { type CameraMount, type RtspServer, startRtspServer } from '../rtsp-server/rtsp-server.ts';
import { until } from '../schedule.ts';
import type { SimulatorLog } from '../simulator-log.ts';
import { citySchedule } from './city-schedule.ts';
import type { Scenario } from './scenario.ts';

/** How a city is played against a gateway. */
export interface CityOptions {
  readonly scenario: Scenario;
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
  /** Simulated time of the scenario's second 0; the wall clock by default. */
  readonly start_ms?: number;
  /** Ends by itself after so much simulated time; else it runs until `signal` aborts. */
  readonly duration_ms?: number;
  readonly speed?: number;
  readonly seed?: number;
  /** Told how far it is, so often. */
  readonly report?: PlayerOptions['report'];
  readonly signal: AbortSignal;
  readonly log: SimulatorLog;
}

/** A city that is running. */
export interface RunningCity {
  /** RTSP URL of each camera, by its id. */
  readonly cameras: ReadonlyMap<string, string>;
  /** Settles when the schedule is over or was aborted; the cameras are stopped then. */
  readonly done: Promise<PlayerStats>;
}

/** Messages kept while a gateway is away: of a device at most and at least, and of all together about so many. */
const QUEUE_MAX = 20_000;
const QUEUE_MIN = 50;
const QUEUED_MAX = 1_000_000;

/** Serves the cameras of a scenario and plays its trucks and stations until `signal` aborts. */
export async function startCity(options: CityOptions): Promise<RunningCity> {
  const { scenario, rtsp, log } = options;
  const mounts = cameraMounts(scenario);
  const server =
    rtsp === undefined || mounts.length === 0 ? undefined : await startRtspServer({ ...rtsp, mounts, log });
  const cameras = new Map(
    scenario.file.cameras.flatMap(({ id, path }) =>
      server === undefined || path === undefined ? [] : [[id, server.url(path)] as const],
    ),
  );
  return { cameras, done: play(options, server) };
}

/** The cameras of a scenario as mounts of an RTSP server. */
export function cameraMounts(scenario: Scenario): CameraMount[] {
  return scenario.file.cameras.flatMap(({ path, file, offset_s }) =>
    path === undefined || file === undefined ? [] : [{ path, file: scenario.resolve(file), offset_s }],
  );
}

async function play(options: CityOptions, server: RtspServer | undefined): Promise<PlayerStats> {
  const {
    scenario,
    mqttUrl,
    jt808,
    secrets,
    linkOf,
    speed = 1,
    seed,
    duration_ms,
    signal,
    log,
    report,
  } = options;
  const { trucks, stations } = scenario.file;
  const devices = Math.max(1, trucks.fleet.length + stations.list.length);
  const start_ms = options.start_ms ?? Date.now();
  const endless = citySchedule(scenario, { start_ms, ...(seed === undefined ? {} : { seed }) });
  const schedule = duration_ms === undefined ? endless : until(endless, start_ms + duration_ms);
  try {
    const player = {
      url: mqttUrl,
      speed,
      start_ms,
      signal,
      log,
      linkOf,
      // Bounded over all devices together too: a gateway may stay away for long.
      queue_max: Math.max(QUEUE_MIN, Math.min(QUEUE_MAX, Math.floor(QUEUED_MAX / devices))),
      ...(report === undefined ? {} : { report }),
      ...(secrets === undefined ? {} : { secrets }),
      ...(jt808 === undefined ? {} : { jt808 }),
    };
    return await playSchedule(schedule, player);
  } finally {
    await server?.stop();
  }
}
