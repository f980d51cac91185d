// A day-long chart of one sensor among many, beside the obvious table: `npm run bench -- series`, or with a number
// of readings: `npx tsx test/bench/series.ts 100000000`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../src/store/database.ts';
import type { JournalRecord } from '../../src/store/journal.ts';
import { SERIES_SCHEMA } from '../../src/store/schema.ts';
import { SeriesStore } from '../../src/store/series-store.ts';

const READINGS = Number(process.argv[2] ?? 1_000_000);
const DEVICES = Math.min(10_000, Math.max(10, Math.floor(READINGS / 1000)));
const DAY_MS = 86_400_000;
/** Every device as often as this: a week of it, or what the number of readings gives. */
const DAYS = 7;
const BATCH = 5000;
const QUERIES = 200;

function* batches(): Generator<JournalRecord[]> {
  const rounds = Math.floor(READINGS / DEVICES);
  const interval_ms = Math.max(1000, Math.floor((DAYS * DAY_MS) / rounds));
  let batch: JournalRecord[] = [];
  let seq = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (let device = 0; device < DEVICES; device += 1) {
      seq += 1;
      const at_ms = round * interval_ms + (device % 1000);
      const deviceId = `dust-${device}`;
      const metrics = { pm10_ug_m3: (device * 31 + round * 17) % 300 };
      const body = {
        kind: 'reading',
        deviceKind: 'dust',
        deviceId,
        at_ms,
        received_ms: at_ms,
        metrics,
      } as const;
      batch.push({ seq, subjectId: deviceId, at_ms, received_ms: at_ms, body });
      if (batch.length === BATCH) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}

function quantiles(times_ms: number[]): string {
  const sorted = [...times_ms].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** Ten-minute means of a whole day of one device, never the same one twice in a row. */
function measure(name: string, query: (deviceId: string, from_ms: number) => number): void {
  const times_ms: number[] = [];
  let points = 0;
  for (let n = 0; n < QUERIES; n += 1) {
    const deviceId = `dust-${(n * 7919) % DEVICES}`;
    const from_ms = (n % (DAYS - 1)) * DAY_MS;
    const start_ms = performance.now();
    points += query(deviceId, from_ms);
    times_ms.push(performance.now() - start_ms);
  }
  console.log(
    `${name}: a day of one sensor, ${quantiles(times_ms)} (${Math.round(points / QUERIES)} points)`,
  );
}

const dir = mkdtempSync(join(tmpdir(), 'xuncheng-bench-series-'));
const db = openDatabase(join(dir, 'series.db'), SERIES_SCHEMA, false);
const store = new SeriesStore(db);
const plain = new Sqlite(join(dir, 'plain.db'));
plain.pragma('journal_mode = WAL');
plain.pragma('synchronous = NORMAL');
plain.exec('CREATE TABLE readings (device TEXT, metric TEXT, at_ms INTEGER, value REAL)');
plain.exec('CREATE INDEX readings_series ON readings (device, metric, at_ms)');
const insert = plain.prepare('INSERT INTO readings VALUES (?, ?, ?, ?)');
const writePlain = plain.transaction((records: readonly JournalRecord[]) => {
  for (const { body } of records) {
    if (body.kind !== 'reading') continue;
    for (const [metric, value] of Object.entries(body.metrics))
      insert.run(body.deviceId, metric, body.at_ms, value);
  }
});
const spent = { store: 0, plain: 0 };
for (const batch of batches()) {
  const start_ms = performance.now();
  store.apply(batch);
  spent.store += performance.now() - start_ms;
  const half_ms = performance.now();
  writePlain(batch);
  spent.plain += performance.now() - half_ms;
}
store.sync();
const perSecond = (ms: number) => Math.round((READINGS / ms) * 1000).toLocaleString('en');
console.log(
  `${READINGS.toLocaleString('en')} readings of ${DEVICES.toLocaleString('en')} devices over ${DAYS} days`,
);
console.log(
  `series store: ${perSecond(spent.store)} readings/s written; plain table: ${perSecond(spent.plain)}`,
);
measure('series store', (deviceId, from_ms) => {
  const span = { deviceId, metric: 'pm10_ug_m3', from_ms, to_ms: from_ms + DAY_MS };
  return store.query({ ...span, step_ms: 600_000, fn: 'mean', limit: 5000 }).length;
});
const select = plain.prepare<[string, number, number], unknown>(
  `SELECT at_ms / 600000 * 600000 AS at, avg(value) FROM readings
   WHERE device = ? AND metric = 'pm10_ug_m3' AND at_ms >= ? AND at_ms < ? GROUP BY 1`,
);
measure('plain table', (deviceId, from_ms) => select.all(deviceId, from_ms, from_ms + DAY_MS).length);
store.close();
db.close();
plain.close();
rmSync(dir, { recursive: true });
