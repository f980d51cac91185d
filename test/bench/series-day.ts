// Day-long charts of one sensor among 10,000 with a reading a minute: a week of that is a hundred million readings.
// `npm run bench -- series-day`, or with other figures `npx tsx test/bench/series-day.ts --days 2 --devices 1000`.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../src/store/database.ts';
import type { JournalRecord } from '../../src/store/journal.ts';
import { SERIES_SCHEMA } from '../../src/store/schema.ts';
import { SeriesStore } from '../../src/store/series-store.ts';

const { values } = parseArgs({
  options: { days: { type: 'string', default: '7' }, devices: { type: 'string', default: '10000' } },
});
const DAYS = Number(values.days);
const DEVICES = Number(values.devices);
const DAY_MS = 86_400_000;
const MINUTES = 1440;
const QUERIES = 500;

/** The first reading of each device on a day: it makes the series and the file. */
function firsts(day: number): JournalRecord[] {
  return Array.from({ length: DEVICES }, (_, device) => {
    const [deviceId, at_ms] = [`dust-${device}`, day * DAY_MS + (device % 1000)];
    const times = { at_ms, received_ms: at_ms };
    const metrics = { pm10_ug_m3: device % 300 };
    const body = { kind: 'reading', deviceKind: 'dust', deviceId, ...times, metrics } as const;
    return { seq: day * DEVICES + device + 1, subjectId: deviceId, ...times, body };
  });
}

/** The other readings of the day, by SQLite itself; each file is then as large as a real one, or half of that. */
function fill(path: string, day: number): void {
  const db = new Sqlite(path);
  db.pragma('synchronous = OFF');
  db.prepare(
    `WITH RECURSIVE
       device(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM device WHERE n < @devices - 1),
       minute(n) AS MATERIALIZED (SELECT 1 UNION ALL SELECT n + 1 FROM minute WHERE n < @minutes - 1)
     INSERT INTO points SELECT device.n + 1, CAST(@start + minute.n * 60000 + device.n % 1000 AS INTEGER),
       (device.n * 31 + minute.n * 17) % 300, NULL FROM device CROSS JOIN minute`,
  ).run({ devices: DEVICES, minutes: MINUTES, start: day * DAY_MS });
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

function quantiles(times_ms: readonly number[]): string {
  const sorted = [...times_ms].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

/** Ten-minute means of a day of one device after the other, in no order; the day begins at `offset_ms`. */
function measure(store: SeriesStore, what: string, offset_ms: number): void {
  const times_ms: number[] = [];
  let points = 0;
  for (let n = 0; n < QUERIES; n += 1) {
    const from_ms = (n % Math.max(1, DAYS - 1)) * DAY_MS + offset_ms;
    const span = { metric: 'pm10_ug_m3', from_ms, to_ms: from_ms + DAY_MS };
    const begun_ms = performance.now();
    points += store.query({
      deviceId: `dust-${(n * 7919) % DEVICES}`,
      ...span,
      step_ms: 600_000,
      fn: 'mean',
      limit: 5000,
    }).length;
    times_ms.push(performance.now() - begun_ms);
  }
  console.log(`  ${what}: ${quantiles(times_ms)} (${Math.round(points / QUERIES)} points)`);
}

const dir = mkdtempSync(join(tmpdir(), 'xuncheng-bench-series-'));
try {
  const db = openDatabase(join(dir, 'series.db'), SERIES_SCHEMA, false);
  const store = new SeriesStore(db, { retention_ms: DAYS * DAY_MS });
  const begun_ms = performance.now();
  let bytes = 0;
  for (let day = 0; day < DAYS; day += 1) {
    store.apply(firsts(day));
    const path = join(dir, 'series', `${new Date(day * DAY_MS).toISOString().slice(0, 10)}.db`);
    fill(path, day);
    bytes += statSync(path).size;
  }
  store.sync();
  const readings = (DAYS * DEVICES * MINUTES).toLocaleString('en');
  const took_s = ((performance.now() - begun_ms) / 1000).toFixed(0);
  console.log(
    `series-day, ${readings} readings of ${DEVICES} devices in ${DAYS} days, ${Math.round(bytes / 1e6)} MB, filled in ${took_s} s:`,
  );
  measure(store, 'a day', 0);
  measure(store, 'a day from noon to noon, of two files', DAY_MS / 2);
  measure(store, 'a day once more', 0);
  const pruned_ms = performance.now();
  const dropped = await store.prune((DAYS + 2) * DAY_MS);
  console.log(`  ${dropped} days dropped in ${(performance.now() - pruned_ms).toFixed(1)} ms`);
  store.close();
  db.close();
} finally {
  rmSync(dir, { recursive: true });
}
