import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import { CoverageStore } from '../store/coverage-store.ts';
import { lockDataDir } from '../store/data-lock.ts';
import type { Database } from '../store/database.ts';
import { DeviceStore } from '../store/device-store.ts';
import { KeyStore } from '../store/key-store.ts';
import { openMainDatabase } from '../store/main-database.ts';
import { MQTT_SCHEMA } from '../store/mqtt-schema.ts';
import { MqttSessionStore } from '../store/mqtt-session-store.ts';
import { PacketStore } from '../store/packet-store.ts';
import { PendingStore } from '../store/pending-store.ts';
import { QuarantineStore } from '../store/quarantine-store.ts';
import { type RecoveryReport, writeReport } from '../store/recovery-report.ts';
import { SERIES_SCHEMA } from '../store/schema.ts';
import { openOrSalvage } from '../store/series-database.ts';
import { SeriesStore } from '../store/series-store.ts';
import { SqliteJournal } from '../store/sqlite-journal.ts';
import { StationStore } from '../store/station-store.ts';
import { TerminalStore } from '../store/terminal-store.ts';
import { VitalsStore } from '../store/vitals-store.ts';

/** Everything that lies on disk, opened. */
export interface Stores {
  readonly db: Database;
  readonly journal: SqliteJournal;
  readonly series: SeriesStore;
  readonly devices: DeviceStore;
  readonly vitals: VitalsStore;
  readonly keys: KeyStore;
  readonly quarantine: QuarantineStore;
  /** JT/T 808: whose terminal is whose, and packets that wait for others. */
  readonly terminals: TerminalStore;
  readonly packets: PacketStore;
  readonly mqttSessions: MqttSessionStore;
  /** What this start found damaged. */
  readonly recoveries: readonly RecoveryReport[];
  /** HJ 212: stations that were admitted. */
  readonly stations: StationStore;
  /** Who tried and is not known. */
  readonly pending: PendingStore;
  /** When cameras did not watch. */
  readonly coverage: CoverageStore;
}

/** Takes the data folder for this process alone and opens the stores in it. Throws where another gateway has it. */
export function openStores(
  config: Config,
  dataDir: string,
  clock: Clock,
  log: Log,
  stops: StopStack,
): Stores {
  const lock = lockDataDir(dataDir);
  stops.push('data lock', lock.release);
  const opened = openOrSalvage(join(dataDir, 'series.db'), SERIES_SCHEMA, clock());
  const seriesDb = opened.db;
  stops.push('series database', () => {
    seriesDb.close();
  });
  const openedMqtt = openOrSalvage(join(dataDir, 'mqtt.db'), MQTT_SCHEMA, clock(), { durable: true });
  const mqttDb = openedMqtt.db;
  stops.push('mqtt database', () => {
    mqttDb.close();
  });
  const mqttSessions = new MqttSessionStore(mqttDb);
  stops.push('mqtt sessions', () => mqttSessions.close());
  const series = new SeriesStore(seriesDb, {
    retention_ms: config.series.retention_days * 86_400_000,
    onRecovery: (report) => {
      writeReport(dataDir, report);
      log.error({ recovery: report }, 'a file of time series was damaged; what was lost is told here');
    },
  });
  stops.push('series', () => series.close());
  const { db, mark, recovery } = openMainDatabase(dataDir, series.cursor(), clock(), log);
  stops.push('database', () => {
    db.close();
  });
  stops.push('journal mark', () => mark.close());
  const journal = new SqliteJournal(db, mark);
  stops.push('journal', () => journal.close());
  const devices = new DeviceStore(db, clock);
  stops.push('devices', () => devices.close());
  devices.registerFixed(config.devices);
  const vitals = new VitalsStore(db);
  stops.push('device vitals', () => vitals.flush());
  const terminals = new TerminalStore(db);
  terminals.registerFixed(config.jt808.terminals);
  const quarantine = new QuarantineStore(db, {
    rows_max: config.limits.quarantine_rows_max,
    payload_bytes_max: config.limits.quarantine_payload_bytes_max,
  });
  stops.push('quarantine', () => quarantine.flush());
  const pending = new PendingStore(db, config.limits.pending_devices_max);
  stops.push('pending devices', () => pending.flush());
  const coverage = new CoverageStore(db, config.limits.coverage_gaps_max);
  stops.push('coverage', () => coverage.flush());
  return {
    db,
    journal,
    series,
    devices,
    vitals,
    keys: new KeyStore(db, clock),
    quarantine,
    terminals,
    packets: new PacketStore(db),
    mqttSessions,
    recoveries: [opened.recovery, openedMqtt.recovery, recovery].filter((one) => one !== undefined),
    stations: new StationStore(db),
    pending,
    coverage,
  };
}

/**
 * Sees to it that there is an admin key: the given one, or a new one where there is none. Returns the new one,
 * to be shown once.
 */
export function ensureAdminKey(keys: KeyStore, given: string | undefined): string | undefined {
  if (given !== undefined && given !== '') {
    keys.put('admin', 'admin', given);
    return undefined;
  }
  if (keys.list().some((key) => key.role === 'admin' && !key.revoked)) return undefined;
  return keys.create('admin', 'admin').key;
}
