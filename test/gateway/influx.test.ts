import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { journalBounds, startInflux } from '../../src/gateway/influx.ts';
import { startMaintenance } from '../../src/gateway/maintenance.ts';
import { createReaders } from '../../src/gateway/readers.ts';
import { StopStack } from '../../src/runtime/stop-stack.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const HOUR_MS = 3_600_000;
const log = pino({ level: 'silent' });

it('waits for InfluxDB up to the bound, and then tells how many entries are missing there', async () => {
  let isAway = true;
  let written = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (!isAway) written += 1;
      response.writeHead(isAway ? 503 : 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  let now_ms = Date.parse('2026-11-22T00:00:00Z');
  const stops = new StopStack(log);
  const db = openDatabase(join(tempDir(), 'xuncheng.db'), MAIN_SCHEMA, true);
  const journal = new SqliteJournal(db);
  const append = (count: number) =>
    journal.append(
      Array.from({ length: count }, (_none, n) => {
        const at = { at_ms: now_ms + n, received_ms: now_ms };
        const body = {
          kind: 'reading',
          deviceKind: 'dust',
          deviceId: 'd',
          ...at,
          metrics: { pm10_ug_m3: n },
        } as const;
        return { subjectId: 'd', ...at, body };
      }),
    );
  const config = {
    influxdb: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...{ token: 't', org: 'o', bucket: 'b', batch_max: 10, waits_hours_max: 48 },
    },
    journal: { retention_hours: 24, lateness_ms: 0, backlog_s: 0, tick_ms: 1000 },
  };
  const readers = createReaders(journal, log, stops);
  readers.start({ name: 'rules', batch_max: 100, apply: () => undefined });
  await append(7);
  now_ms += 30 * HOUR_MS;
  await append(5);
  const sink = startInflux({ config, journal, readers, log, stops });
  await waitUntil('the rules are through', () => readers.running[0]?.needs() === 12);
  const maintain = startMaintenance({
    bounds: journalBounds(config, readers.running),
    prune: (seq, before_ms, rows_max) => journal.prune(seq, before_ms, rows_max),
    scrub: () => undefined,
    onDamage: () => undefined,
    pruneSeries: () => Promise.resolve(0),
    pruneCoverage: () => 0,
    sweepEvidence: async () => undefined,
    interval_ms: 20,
    clock: () => now_ms,
    log,
  });
  const first = () => journal.read(0, 1)[0]?.seq;
  await new Promise((resolve) => setTimeout(resolve, 200));
  // 30 hours old: past the retention, and kept for InfluxDB.
  expect(first()).toBe(1);
  now_ms += 20 * HOUR_MS;
  await waitUntil('the oldest are gone', () => first() === 8);
  expect(sink?.skipped).toBe(0);
  isAway = false;
  await waitUntil('the rest is written', () => written > 0 && readers.running[1]?.needs() === 12);
  expect(sink?.skipped).toBe(7);
  await maintain();
  await stops.run();
  db.close();
});
