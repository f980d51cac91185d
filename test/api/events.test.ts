import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiOptions } from '../../src/api/parts.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';

let world: ApiWorld;
let port: number;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await world.stop();
});

async function start(options: Partial<ApiOptions> = {}): Promise<void> {
  world = await createApiWorld(options);
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  port = (world.app.server.address() as AddressInfo).port;
}

interface Stream {
  text: string;
  closed: boolean;
  readonly socket: Socket;
}

function openStream(query = '', headers: Record<string, string> = {}): Stream {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  const stream: Stream = { text: '', closed: false, socket };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    stream.text += chunk;
  });
  socket.on('close', () => {
    stream.closed = true;
  });
  socket.on('error', () => undefined);
  const lines = Object.entries({ ...world.as('viewer'), accept: 'text/event-stream', ...headers });
  socket.write(
    `GET /api/v1/events${query} HTTP/1.1\r\nhost: localhost\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  return stream;
}

const eventIds = ({ text }: Stream) => [...text.matchAll(/^id: (\d+)\nevent:/gm)].map(([, id]) => Number(id));

describe('GET /events as a stream', () => {
  it('gives what happened and what happens, in journal order', async () => {
    await start();
    world.putIncident(sampleIncident(1));
    const stream = openStream();
    await vi.waitFor(() => expect(eventIds(stream)).toEqual([1, 2]));
    world.putIncident(sampleIncident(2));
    await vi.waitFor(() => expect(eventIds(stream)).toEqual([1, 2, 3, 4]));
    expect(stream.text).toContain('content-type: text/event-stream; charset=utf-8');
    expect(stream.text).toContain('x-content-type-options: nosniff');
    const data = /^id: 3\nevent: xuncheng.incident.opened\ndata: (.*)$/m.exec(stream.text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({
      specversion: '1.0',
      source: 'urn:xuncheng:test',
      type: 'xuncheng.incident.opened',
      subject: sampleIncident(2).id,
      data: sampleIncident(2),
    });
  });

  it('resumes after the event that the client had last', async () => {
    await start();
    for (let n = 1; n <= 3; n += 1) world.putIncident(sampleIncident(n));
    const byHeader = openStream('?after=0', { 'last-event-id': '4' });
    const byQuery = openStream('?after=5');
    const latest = openStream('?after=latest');
    await vi.waitFor(() => expect(eventIds(byHeader)).toEqual([5, 6]));
    await vi.waitFor(() => expect(eventIds(byQuery)).toEqual([6]));
    // The cursor is told before the first event, so that even a reconnect before it misses nothing.
    await vi.waitFor(() => expect(latest.text).toContain('id: 6\n\n'));
    world.putIncident(sampleIncident(4));
    await vi.waitFor(() => expect(eventIds(latest)).toEqual([7, 8]));
  });

  it('sends a heartbeat while nothing happens, and ends when the key is revoked', async () => {
    await start({ heartbeat_ms: 50 });
    const stream = openStream();
    await vi.waitFor(() => expect(stream.text.match(/: heartbeat/g)?.length).toBeGreaterThan(2));
    world.keyStore.revoke('test-viewer');
    await vi.waitFor(() => expect(stream.text.endsWith('0\r\n\r\n')).toBe(true));
  });

  it('does not wake for readings that are no events', async () => {
    await start({ heartbeat_ms: 10_000 });
    const stream = openStream();
    await vi.waitFor(() => expect(stream.text).toContain('id: 0'));
    const reads = vi.spyOn(world.journal, 'readEvents');
    const body = { kind: 'tick', deviceId: '_gateway', at_ms: 1, received_ms: 1 } as const;
    for (let i = 0; i < 50; i += 1) {
      await world.journal.append([{ subjectId: '_gateway', at_ms: 1, received_ms: 1, body }]);
    }
    world.putIncident(sampleIncident(1));
    await vi.waitFor(() => expect(eventIds(stream)).toHaveLength(2));
    expect(reads.mock.calls.length).toBeLessThan(30);
  });

  it('cuts a client that takes nothing, without holding the backlog for it', async () => {
    await start({ stream_stall_ms: 1500 });
    const measures = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, 'x'.repeat(1000)]));
    for (let n = 1; n <= 150; n += 1) world.putIncident(sampleIncident(n, { measures }));
    const before_bytes = process.memoryUsage().rss;
    const slow = openStream();
    slow.socket.pause();
    const gauge = async () =>
      /xuncheng_http_event_streams (\d+)/.exec(
        (await world.app.inject({ url: '/metrics', headers: world.as('viewer') })).body,
      )?.[1];
    await vi.waitFor(async () => expect(await gauge()).toBe('1'));
    await vi.waitFor(async () => expect(await gauge()).toBe('0'), { timeout: 10_000 });
    expect(process.memoryUsage().rss - before_bytes).toBeLessThan(150e6);
    // The journal is as it was: a client that reads gets everything.
    const good = openStream();
    await vi.waitFor(() => expect(good.text.includes('id: 300\n')).toBe(true), {
      timeout: 30_000,
      interval: 200,
    });
    expect(eventIds(good)).toHaveLength(300);
  }, 60_000);

  it('opens only so many streams, and of one key a quarter of them', async () => {
    await start({ event_streams_max: 4 });
    const first = openStream();
    await vi.waitFor(() => expect(first.text).toContain('200 OK'));
    const second = openStream();
    await vi.waitFor(() => expect(second.text).toContain('503'));
    expect(second.text).toContain('urn:xuncheng:problem:too-many-streams');
    for (const role of ['operator', 'integrator', 'admin'] as const) {
      const other = openStream('', world.as(role));
      await vi.waitFor(() => expect(other.text).toContain('200 OK'));
    }
    first.socket.destroy();
    await vi.waitFor(() => {
      const again = openStream();
      return vi.waitFor(() => expect(again.text).toContain('200 OK'), { timeout: 200 });
    });
  });

  it('ends every stream at shutdown', async () => {
    await start();
    const stream = openStream();
    await vi.waitFor(() => expect(stream.text).toContain('200 OK'));
    const began_ms = Date.now();
    await world.app.close();
    expect(Date.now() - began_ms).toBeLessThan(1500);
    await vi.waitFor(() => expect(stream.closed).toBe(true));
  });
});

describe('GET /events in pages', () => {
  it('goes on from the cursor of the page before, also at the end', async () => {
    await start();
    for (let n = 1; n <= 3; n += 1) world.putIncident(sampleIncident(n));
    const page = async (query: string) =>
      (await world.app.inject({ url: `/api/v1/events${query}`, headers: world.as('viewer') })).json();
    const first = await page('?limit=4');
    expect(first.items.map(({ type }: { type: string }) => type)).toEqual([
      'xuncheng.incident.opened',
      'xuncheng.case.candidate',
      'xuncheng.incident.opened',
      'xuncheng.case.candidate',
    ]);
    const second = await page(`?after=${first.next}`);
    expect(second.items).toHaveLength(2);
    expect(await page(`?after=${second.next}`)).toEqual({ items: [], next: second.next });
    expect(await page('?after=latest')).toEqual({ items: [], next: '6' });
    expect((await page('?after=soon')).errors[0].key).toBe('after');
  });
});
