import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { InfluxSink } from '../../src/store/influx-sink.ts';
import type { JournalRecord } from '../../src/store/journal.ts';

/** A server with InfluxDB's write route that keeps the lines, or answers with `status`. */
async function writeServer(): Promise<{
  url: string;
  lines: string[];
  answer: { status: number };
  server: Server;
}> {
  const lines: string[] = [];
  const answer = { status: 204 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      if (answer.status === 204) lines.push(...text.toString('utf8').split('\n'));
      response.writeHead(answer.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines, answer, server };
}

function reading(at_ms: number): JournalRecord {
  const body = {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: 'D 1',
    at_ms,
    received_ms: at_ms,
    metrics: { pm10_ug_m3: 42.5 },
  } as const;
  return { seq: 1, subjectId: 'D 1', at_ms, received_ms: at_ms, body };
}

it('writes a batch as line protocol', async () => {
  const { url, lines } = await writeServer();
  const sink = new InfluxSink({ url, token: 't', org: 'o', bucket: 'b' });
  await sink.apply([reading(1000), reading(2000)]);
  expect(lines).toEqual([
    'dust,device=D\\ 1,flag=N pm10_ug_m3=42.5 1000',
    'dust,device=D\\ 1,flag=N pm10_ug_m3=42.5 2000',
  ]);
  await sink.stop();
});

it('rejects what the server did not take, and writes it when asked again', async () => {
  const { url, lines, answer } = await writeServer();
  const sink = new InfluxSink({ url, token: 't', org: 'o', bucket: 'b' });
  answer.status = 503;
  await expect(sink.apply([reading(1000)])).rejects.toThrow();
  answer.status = 204;
  await sink.apply([reading(1000)]);
  expect(lines).toHaveLength(1);
  await sink.stop();
});
