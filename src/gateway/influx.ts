import type { Config } from '../config/config.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import { InfluxSink } from '../store/influx-sink.ts';
import type { SqliteJournal } from '../store/sqlite-journal.ts';
import type { createReaders, RunningReader } from './readers.ts';

const READER = 'influxdb';
const HOUR_MS = 3_600_000;

interface InfluxParts {
  readonly config: Pick<Config, 'influxdb'>;
  readonly journal: SqliteJournal;
  readonly readers: ReturnType<typeof createReaders>;
  readonly log: Log;
  readonly stops: StopStack;
}

/** Copies the journal to InfluxDB, where the configuration names one; gives what writes there. */
export function startInflux({ config, journal, readers, log, stops }: InfluxParts): InfluxSink | undefined {
  if (config.influxdb === undefined) return undefined;
  const { batch_max, waits_hours_max, ...target } = config.influxdb;
  const sink = new InfluxSink(target, ({ seq, subjectId }, reason) =>
    log.warn({ part: READER, seq, subjectId, reason }, 'InfluxDB refused an entry; it is left out there'),
  );
  stops.push(READER, () => sink.stop());
  readers.start({
    name: READER,
    batch_max,
    apply: (records) => {
      const missing = sink.goesOn(journal.cursor(READER), records);
      if (missing > 0) {
        const detail = { part: READER, missing, waits_hours_max };
        log.error(detail, 'InfluxDB was away for longer than the journal waits; entries are left out there');
      }
      return sink.apply(records);
    },
  });
  return sink;
}

/**
 * What of the journal may go: what every reader has applied, after its retention. InfluxDB is a copy and may be away for
 * long, which must not fill the disk: it is waited for no longer than its own bound.
 */
export function journalBounds(
  { influxdb, journal }: Pick<Config, 'influxdb' | 'journal'>,
  running: readonly Pick<RunningReader, 'name' | 'needs'>[],
): { readonly upTo: () => number; readonly kept_ms: number }[] {
  const kept_ms = journal.retention_hours * HOUR_MS;
  const passedBy = (counts: (name: string) => boolean) => (): number =>
    Math.min(...running.filter(({ name }) => counts(name)).map(({ needs }) => needs()));
  const bounds = [{ upTo: passedBy(() => true), kept_ms }];
  if (influxdb === undefined) return bounds;
  const waits_ms = Math.max(kept_ms, influxdb.waits_hours_max * HOUR_MS);
  return [...bounds, { upTo: passedBy((name) => name !== READER), kept_ms: waits_ms }];
}
