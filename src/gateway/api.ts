import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import { buildApi } from '../api/app.ts';
import { decodeTelemetry } from '../codecs/telemetry-json.ts';
import type { Config } from '../config/config.ts';
import type { DeviceKind } from '../domain/device.ts';
import type { OfflineBounds } from '../domain/device-health.ts';
import type { Observation } from '../domain/observation.ts';
import type { CommandOutcome } from '../domain/station-command.ts';
import { type DeviceCommand, isTruckCommand } from '../domain/truck-command.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { Hj212Listener } from '../ingest/hj212-listener.ts';
import type { Jt808Listener } from '../ingest/jt808-listener.ts';
import { MqttBroker } from '../ingest/mqtt-broker.ts';
import { ExternalMqtt } from '../ingest/mqtt-external.ts';
import { tlsOptions } from '../ingest/mqtt-listeners.ts';
import { attachMqttWebSocket } from '../ingest/mqtt-websocket.ts';
import type { LiveHub } from '../live/live-hub.ts';
import { type SceneState, suppressedPlaces } from '../rules/scene-memory.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import type { TlsFiles } from '../runtime/tls-files.ts';
import type { InfluxSink } from '../store/influx-sink.ts';
import { readReports } from '../store/recovery-report.ts';
import type { VisionWorkers } from '../vision/worker-pool.ts';
import { createAdmission } from './admission.ts';
import { blurredPictures } from './blurred-pictures.ts';
import type { CloserLooks } from './closer-looks.ts';
import type { createIncidents } from './incidents.ts';
import { metricSources } from './metric-sources.ts';
import { createMetrics } from './metrics.ts';
import type { RunningReader } from './readers.ts';
import type { Shadows } from './shadows.ts';
import type { Stores } from './stores.ts';

/** Entries behind which a reader counts as not ready: it works through a backlog. */
const LAG_READY_MAX = 50_000;

/** Where MQTT over WebSocket is served. */
const MQTT_PATH = '/mqtt';

const NO_COMMANDS: CommandOutcome = {
  ok: false,
  code: 'not-connected',
  message: 'no listener is configured whose devices take commands',
};

/** Everything that can be asked over HTTP. */
export interface ApiWiring {
  readonly config: Config;
  readonly dataDir: string;
  readonly stores: Stores;
  readonly parts: ReturnType<typeof createIncidents>;
  readonly broker: MqttBroker | ExternalMqtt;
  /** Present where the configuration has the listener. */
  readonly jt808: Jt808Listener | undefined;
  /** Present where the configuration names a certificate. */
  readonly tls: TlsFiles | undefined;
  readonly hj212: Hj212Listener | undefined;
  readonly vision: VisionWorkers;
  readonly shadows: Shadows;
  readonly closerLooks: Pick<CloserLooks, 'stats'>;
  /** Present where the configuration names an InfluxDB. */
  readonly influx: InfluxSink | undefined;
  readonly live: LiveHub;
  readonly readers: { readonly running: readonly RunningReader[] };
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly spool: FrameSpool;
  readonly source: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly stops: StopStack;
}

/** Builds and opens the HTTP side, MQTT over WebSocket included; returns its address. */
export async function startApi(wiring: ApiWiring): Promise<string> {
  const { config, stores, parts, broker, tls, vision, accept, source, version, clock, log, stops } = wiring;
  const crsOf = new Map(config.devices.map(({ id, crs }) => [id, crs]));
  const app = await buildApi(
    {
      clock,
      log: log.child({ part: 'api' }),
      devices: stores.devices,
      vitals: stores.vitals,
      offlineBounds: offlineBounds(config.rules),
      pending: createAdmission(config, stores),
      keys: stores.keys,
      series: stores.series,
      incidents: parts.incidents,
      evidence: parts.evidence,
      ...(config.blur === undefined
        ? {}
        : {
            privacy: blurredPictures({
              setting: config.blur,
              evidence: parts.evidence,
              judgingOf: config.judgingOf,
              judge: (task) => vision.inferSnapshot(task),
            }),
          }),
      cases: parts.cases,
      reports: parts.reports,
      timeZone: config.timeZone,
      events: stores.journal,
      quarantine: stores.quarantine,
      cameras: {
        list: () => vision.cameras(),
        latestFrame: (cameraId) => vision.latestFrame(cameraId),
      },
      coverage: {
        cameras: () => [...config.judgingOf.keys()],
        since: () => stores.coverage.since(),
        get reach_ms() {
          return stores.coverage.reach_ms;
        },
        gaps: (cameraId, from_ms, to_ms) => stores.coverage.gaps(cameraId, from_ms, to_ms),
      },
      live: wiring.live,
      scene: {
        suppressed: (cameraId) =>
          suppressedPlaces(parts.engine.stageState('scene', cameraId) as SceneState | undefined),
      },
      shadows: () => wiring.shadows.report(),
      metrics: createMetrics(metricSources(wiring)),
      accept,
      decodeTelemetry: (input) => decodeTelemetry({ ...input, crs: crsOf.get(input.deviceId) }),
      command: (deviceId, command) => commandTo(wiring, deviceId, command),
      recoveries: () => readReports(wiring.dataDir),
      health: () => healthOf(wiring),
    },
    {
      source,
      version,
      timeZone: config.timeZone,
      ...(broker instanceof MqttBroker && { otherSockets: [MQTT_PATH] }),
      body_bytes_max: config.limits.http_body_bytes_max,
      ...(config.listen.http.tls && tls !== undefined && { createServer: httpsServer(tls, stops) }),
    },
  );
  stops.push('api', () => app.close());
  if (broker instanceof MqttBroker) {
    stops.push('mqtt over websocket', attachMqttWebSocket(app.server, MQTT_PATH, broker));
  }
  const address = await app.listen({ host: config.listen.http.host, port: config.listen.http.port });
  // Fastify does not know which kind of server it was given.
  return config.listen.http.tls ? address.replace(/^http:/, 'https:') : address;
}

/** By the device's protocol: trucks have JT/T 808, stations HJ 212. */
async function commandTo(
  { stores, hj212, jt808 }: ApiWiring,
  deviceId: string,
  command: DeviceCommand,
): Promise<CommandOutcome> {
  const isTruck = stores.devices.get(deviceId)?.kind === 'truck';
  if (isTruck !== isTruckCommand(command)) {
    return {
      ok: false,
      code: 'unsupported',
      message: `${command.name} is no command for this kind of device`,
    };
  }
  if (isTruckCommand(command)) return jt808?.command(deviceId, command) ?? NO_COMMANDS;
  return hj212?.command(deviceId, command) ?? NO_COMMANDS;
}

/** Makes HTTPS servers whose certificate is replaced when its files are. */
function httpsServer(tls: TlsFiles, stops: StopStack) {
  return (handler: RequestListener): Server => {
    const server = createServer(tlsOptions(tls), handler);
    stops.push(
      'certificate of https',
      tls.onChange(() => server.setSecureContext(tlsOptions(tls))),
    );
    return server;
  };
}

/** The page and the incidents must not contradict each other: both go by the rule, the strictest where there are several. */
function offlineBounds(rules: Config['rules']): (kind: DeviceKind) => OfflineBounds | undefined {
  const bounds = new Map<DeviceKind, OfflineBounds>();
  for (const rule of rules) {
    if (rule.kind !== 'device-offline' || !rule.enabled) continue;
    for (const kind of rule.device_kinds) {
      const before = bounds.get(kind);
      if (before !== undefined && before.after_ms <= rule.after_s * 1000) continue;
      bounds.set(kind, { after_ms: rule.after_s * 1000, intervals: rule.intervals });
    }
  }
  return (kind) => bounds.get(kind);
}

function healthOf({ stores, readers, vision, broker, config }: ApiWiring) {
  const stats = vision.stats();
  const modelErrors = Object.entries(stats.modelErrors).map(([name, error]) => `${name}: ${error}`);
  const { fault, damage } = stores.journal;
  const needsVision = config.cameras.length > 0;
  return [
    {
      name: 'journal',
      ready: fault === undefined && damage === undefined,
      detail:
        fault ?? (damage === undefined ? `entry ${stores.journal.head()}` : `${damage}: restart to repair`),
    },
    ...stores.recoveries.map(({ file, at, entriesLost }) => ({
      name: `recovery-${file}`,
      ready: true,
      detail: `damaged, repaired ${at}, ${entriesLost} entries lost: see /api/v1/recoveries`,
    })),
    ...readers.running.map(({ name, lag }) => {
      const behind = lag();
      // InfluxDB is a copy: the gateway does its work without it.
      const ready = name === 'influxdb' || behind <= LAG_READY_MAX;
      return { name: `reader-${name}`, ready, detail: `${behind} entries behind` };
    }),
    ...(broker instanceof ExternalMqtt ? [{ name: 'external-mqtt', ...broker.state() }] : []),
    {
      name: 'vision',
      ready: !needsVision || (stats.workers.every(({ ready }) => ready) && modelErrors.length === 0),
      detail: [
        `${stats.workers.filter(({ ready }) => ready).length} of ${stats.workers.length} workers`,
        ...(stats.setAside.length === 0 ? [] : [`set aside: ${stats.setAside.join(', ')}`]),
        ...modelErrors,
      ].join('; '),
    },
  ];
}
