import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { InfluxSink } from '../../src/store/influx-sink.ts';
import type { JournalBody, JournalRecord } from '../../src/store/journal.ts';

const DASHBOARDS = join(import.meta.dirname, '../../config/grafana/dashboards');
const SENT = { deviceId: 'D1', at_ms: 1, received_ms: 1 };

/** One of everything that the sink writes, with every field that it may have. */
const BODIES: readonly JournalBody[] = [
  {
    ...SENT,
    kind: 'reading',
    deviceKind: 'dust',
    metrics: {
      pm10_ug_m3: 1,
      pm25_ug_m3: 1,
      tsp_ug_m3: 1,
      temperature_c: 1,
      humidity_pct: 1,
      pressure_kpa: 1,
      wind_speed_mps: 1,
      wind_direction_deg: 1,
    },
  },
  {
    ...SENT,
    kind: 'reading',
    deviceKind: 'noise',
    metrics: { leq_dba: 1, lmax_dba: 1, l10_dba: 1, l50_dba: 1, l90_dba: 1 },
  },
  { ...SENT, kind: 'position', lon: 1, lat: 1, speed_kmh: 1, heading_deg: 1, lift: true },
  {
    kind: 'incident',
    action: 'opened',
    incident: {
      id: 'inc_1',
      type: 'dust-exceedance',
      status: 'open',
      severity: 2,
      confidence: 1,
      place: { lon: 1, lat: 1 },
      version: 1,
    } as Incident,
  },
];

/** Measurements with the fields and tags that the sink gives them. */
async function written(): Promise<Map<string, Set<string>>> {
  const lines: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      lines.push(...(isZipped ? gunzipSync(bytes) : bytes).toString().split('\n'));
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sink = new InfluxSink({ url, token: 't', org: 'o', bucket: 'b' });
  const records = BODIES.map((body, index): JournalRecord => {
    return { seq: index + 1, subjectId: 'D1', at_ms: 1, received_ms: 1, body };
  });
  await sink.apply(records);
  await sink.stop();
  return new Map(
    lines.map((line) => {
      const [head = '', fields = ''] = line.split(' ');
      const [measurement = '', ...tags] = head.split(',');
      return [measurement, new Set([...tags, ...fields.split(',')].map((pair) => pair.split('=')[0] ?? ''))];
    }),
  );
}

it('ask only for measurements, fields and tags that the sink writes', async () => {
  const known = await written();
  expect([...known.keys()].sort()).toEqual(['dust', 'incident', 'noise', 'position']);
  let queries = 0;
  for (const file of readdirSync(DASHBOARDS)) {
    const text = readFileSync(join(DASHBOARDS, file), 'utf8');
    for (const match of text.matchAll(/"query":\s*("(?:[^"\\]|\\.)*")/g)) {
      const query = JSON.parse(match[1] ?? '""') as string;
      if (!query.includes('from(bucket')) continue;
      queries += 1;
      const measurement = /_measurement == "([^"]+)"/.exec(query)?.[1] ?? '';
      const names = known.get(measurement);
      expect(names, `${file}: ${query}`).toBeDefined();
      const fields = [...query.matchAll(/_field == "([^"]+)"/g)].map(([, field]) => field ?? '');
      const tags = [...query.matchAll(/\br\.([a-z]\w*)/g)].map(([, tag]) => tag ?? '');
      const columns = [...query.matchAll(/columns: \[([^\]]*)\]/g)].flatMap(([, list]) =>
        [...(list ?? '').matchAll(/"([a-z]\w*)"/g)].map(([, column]) => column ?? ''),
      );
      for (const name of [...fields, ...tags, ...columns]) {
        expect([...(names ?? [])], `${file}: ${query}`).toContain(name);
      }
    }
  }
  expect(queries).toBeGreaterThan(3);
});
