import { join } from 'node:path';
import { createMqttOutput } from './cases/mqtt-output.ts';
import type { Config } from './config/config.ts';
import type { Finding } from './domain/finding.ts';
import type { StatusObservation } from './domain/observation.ts';
import { caseTopic, incidentTopic } from './domain/topics.ts';
import { FrameSpool } from './evidence/frame-spool.ts';
import { startApi } from './gateway/api.ts';
import { createBroker } from './gateway/broker.ts';
import { startCameraClocks } from './gateway/camera-clocks.ts';
import { createCloserLooks } from './gateway/closer-looks.ts';
import { latestPicture } from './gateway/gone-picture.ts';
import { createHj212 } from './gateway/hj212.ts';
import { createIncidents } from './gateway/incidents.ts';
import { journalBounds, startInflux } from './gateway/influx.ts';
import { createIntake } from './gateway/intake.ts';
import { createJt808 } from './gateway/jt808.ts';
import { startLaterEvidence } from './gateway/later-evidence.ts';
import { createLive } from './gateway/live.ts';
import { startMaintenance } from './gateway/maintenance.ts';
import { Presence } from './gateway/presence.ts';
import { createReaders } from './gateway/readers.ts';
import { finishRecovery, rebuildFromEvents } from './gateway/recovery.ts';
import { openShadows } from './gateway/shadows.ts';
import { ensureAdminKey, openStores } from './gateway/stores.ts';
import { startTicker } from './gateway/ticker.ts';
import { TruckStills } from './gateway/truck-stills.ts';
import { RING_FOLDER, startVision } from './gateway/vision.ts';
import { type FfmpegTools, findFfmpeg } from './ingest/ffmpeg.ts';
import { type ClockSetting, clockOf } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { StopStack } from './runtime/stop-stack.ts';
import { TlsFiles } from './runtime/tls-files.ts';
import { requestRepair } from './store/main-database.ts';

const MAINTENANCE_INTERVAL_MS = 60_000;
const LATER_INTERVAL_MS = 1000;
/** Entries that a reader takes at once: large for what is one transaction, small for what is one message each. */
const BATCH_LARGE = 5000;
const BATCH_SMALL = 200;

/** What a gateway is made of and runs in. */
export interface GatewayOptions {
  readonly config: Config;
  readonly dataDir: string;
  /** XUNCHENG_ADMIN_KEY and the way to ffmpeg. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the program, as the API tells it. */
  readonly version: string;
  readonly log: Log;
  /** What time it is for everything in the gateway: the wall clock, but for rehearsals. */
  readonly time: ClockSetting;
}

/** A gateway that is ready. */
export interface Gateway {
  /** Of every listener that there is, or under `mqtt` of the external broker. */
  readonly addresses: {
    readonly http: string;
    readonly mqtt?: string;
    readonly mqtts?: string;
    readonly hj212?: string;
    readonly jt808?: string;
  };
  /** Only where it was made in this start: to be shown to the person once. */
  readonly createdAdminKey?: string;
  stop(): Promise<void>;
}

/** Builds every part in order; where one fails, those before it are stopped again and the error is thrown. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const stops = new StopStack(options.log);
  try {
    return await build(options, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function build(
  { config, dataDir, env, version, log, time }: GatewayOptions,
  stops: StopStack,
): Promise<Gateway> {
  const clock = clockOf(time);
  const stores = openStores(config, dataDir, clock, log, stops);
  const { journal, devices, series } = stores;
  const spool = new FrameSpool({
    root: join(dataDir, 'frames'),
    max_bytes: config.limits.frame_spool_mb_max * 1024 * 1024,
  });
  await spool.start();
  const presence = new Presence({ journal, devices, clock, log: log.child({ part: 'presence' }) });
  const heard = (id: string, at_ms: number): void => presence.heard(id, at_ms);
  const registry = {
    seen: (id: string, received_ms: number) => presence.journaled(id, received_ms),
    setStatus: (id: string, status: StatusObservation) => devices.setStatus(id, status),
  };
  const { accept, acceptAll } = createIntake(journal, registry, stores.vitals);
  const stills = new TruckStills();
  const prepare = async (_incidentId: string, finding: Finding) => stills.addTo(finding);
  let tools: Promise<FfmpegTools> | undefined;
  const ffmpeg = (): Promise<FfmpegTools> => {
    tools ??= findFfmpeg(env);
    return tools;
  };
  const rebuilt = stores.recoveries.length === 0 ? undefined : rebuildFromEvents(stores);
  const closerLooks = createCloserLooks(config, clock);
  const { filmed, suspect } = closerLooks;
  const pictured = (id: string): boolean => config.cameras.some((camera) => camera.id === id);
  const wiring = { config, dataDir, stores, spool, clock, log, prepare, ffmpeg, filmed, pictured, suspect };
  const parts = createIncidents(wiring);
  for (const recovery of stores.recoveries) {
    finishRecovery(recovery, rebuilt, parts.evidence, dataDir, log);
  }
  const { recorder, evidence, cases } = parts;
  const tls = config.tls && new TlsFiles(config.tls, log.child({ part: 'tls' }));
  if (tls !== undefined) stops.push('tls', () => tls.close());
  const broker = createBroker({
    config,
    stores,
    spool,
    accept,
    acceptAll,
    heard,
    tls,
    clock,
    log: log.child({ part: 'mqtt' }),
  });

  const readers = createReaders(journal, log, stops);
  readers.start({
    name: 'series',
    batch_max: BATCH_LARGE,
    apply: (records) => series.apply(records),
    cursor: { load: () => series.cursor(), save: () => undefined },
  });
  stops.push('rule snapshot', () => recorder.saveSnapshot());
  readers.start(
    {
      name: 'rules',
      batch_max: BATCH_LARGE,
      apply: (records) => {
        stills.note(records);
        return recorder.apply(records);
      },
      cursor: recorder.cursor,
    },
    parts.needs,
  );
  const influx = startInflux({ config, journal, readers, log, stops });

  const shadows = await openShadows(config, dataDir, log, stops);
  const live = createLive({
    config,
    ffmpeg,
    watch: (cameraId, isWatched) => vision.watch(cameraId, isWatched),
    log: log.child({ part: 'live' }),
    stops,
  });
  const vision = startVision({
    ...{ config, dataDir, env, spool, accept, readers, time, shadows, log, stops },
    onLive: (cameraId, picture) =>
      picture === undefined ? live.cut(cameraId) : live.picture(cameraId, picture),
  });
  stops.push(
    'camera clocks',
    startCameraClocks({
      ...{ cameras: config.onvifOf, interval_ms: config.vision.clockCheck_ms, env, accept, clock },
      log: log.child({ part: 'onvif' }),
    }),
  );
  const mqtt = await broker.start();
  stops.push('mqtt', () => broker.stop());
  const hj212 = createHj212({ config, stores, accept, heard, clock, log: log.child({ part: 'hj212' }) });
  const hj212Port = (await hj212?.start())?.port;
  stops.push('hj212', () => hj212?.stop());
  const jt808 = await createJt808({
    config,
    dataDir,
    stores,
    spool,
    accept,
    heard,
    clock,
    log: log.child({ part: 'jt808' }),
  });
  const jt808Port = (await jt808?.start())?.port;
  stops.push('jt808', () => jt808?.stop());
  const source = `/xuncheng/${config.name}`;
  readers.start({
    name: 'mqtt-output',
    only: 'events',
    batch_max: BATCH_SMALL,
    apply: createMqttOutput({
      publish: (topic, payload, how) => broker.publish(topic, payload, how),
      source,
      topics: { incident: incidentTopic, case: caseTopic },
    }),
  });
  stops.push(
    'maintenance',
    startMaintenance({
      bounds: journalBounds(config, readers.running),
      prune: (seq, before_ms, rows_max) => journal.prune(seq, before_ms, rows_max),
      scrub: (after, limit) => journal.scrub(after, limit),
      onDamage: (reason) => requestRepair(dataDir, reason),
      pruneSeries: (now_ms) => series.prune(now_ms),
      pruneCoverage: (now_ms) => stores.coverage.prune(now_ms - config.coverage.retention_days * 86_400_000),
      sweepEvidence: () => evidence.sweep((incidentId) => cases.isSettled(incidentId)),
      interval_ms: MAINTENANCE_INTERVAL_MS,
      clock,
      log,
    }),
  );
  stops.push(
    'later evidence',
    startLaterEvidence({
      ...{
        config,
        ringRoot: join(dataDir, RING_FOLDER),
        table: parts.later,
        evidence,
        recorder,
        ffmpeg,
        clock,
      },
      ...{
        incidents: parts.incidents,
        capture: parts.capture,
        spool,
        latestPicture: (cameraId) => latestPicture(vision, cameraId),
        log: log.child({ part: 'evidence' }),
        interval_ms: LATER_INTERVAL_MS,
      },
    }),
  );
  closerLooks.start(
    vision,
    { table: parts.later, spool, evidence, recorder, log: log.child({ part: 'focus' }) },
    LATER_INTERVAL_MS,
    stops,
  );
  presence.start();
  stops.push('presence', () => presence.stop());
  stops.push('ticker', startTicker({ accept, interval_ms: config.journal.tick_ms / time.rate, clock, log }));
  const http = await startApi({
    config,
    dataDir,
    stores,
    parts,
    broker,
    jt808,
    tls,
    hj212,
    vision,
    shadows,
    closerLooks,
    influx,
    live,
    readers,
    accept,
    source,
    version,
    spool,
    clock,
    log,
    stops,
  });
  // Last: a start that fails must not make a key that nobody was shown.
  const createdAdminKey = ensureAdminKey(stores.keys, env.XUNCHENG_ADMIN_KEY);
  return {
    addresses: {
      http,
      ...(config.externalMqtt !== undefined && { mqtt: config.externalMqtt.url }),
      ...(mqtt.port !== undefined && { mqtt: `mqtt://${config.listen.mqtt.host}:${mqtt.port}` }),
      ...(mqtt.tlsPort !== undefined && { mqtts: `mqtts://${config.listen.mqtts?.host}:${mqtt.tlsPort}` }),
      ...(hj212Port !== undefined && { hj212: `tcp://${config.listen.hj212?.host}:${hj212Port}` }),
      ...(jt808Port !== undefined && { jt808: `tcp://${config.listen.jt808?.host}:${jt808Port}` }),
    },
    ...(createdAdminKey === undefined ? {} : { createdAdminKey }),
    stop: () => stops.run(),
  };
}
