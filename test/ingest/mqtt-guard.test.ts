import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardConnection } from '../../src/ingest/mqtt-guard.ts';
import { PacketScanner, publishCost } from '../../src/ingest/mqtt-packet-scanner.ts';
import { WorkBudget } from '../../src/runtime/work-budget.ts';
import { connectPacket, publishPacket, remainingLength, sleep } from '../support/mqtt.ts';

const LIMITS = {
  connect_bytes_max: 1000,
  packet_bytes_max: 5000,
  backlog_bytes_max: 10_000,
  client_inflight_max: 1000,
  client_messages_per_s_max: 1000,
};
const CONNECT = connectPacket('T1');

/** Splits bytes at the given shares of their length. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const offsets = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b);
  return [0, ...offsets].map((from, index) => bytes.subarray(from, offsets[index] ?? bytes.length));
}

function scanAll(chunks: readonly Buffer[]): { cost: number; violation: string | undefined } {
  const scanner = new PacketScanner(LIMITS);
  let cost = 0;
  for (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      const scan = scanner.scan(rest);
      cost += scan.cost;
      if (scan.violation) return { cost, violation: scan.violation.code };
      rest = rest.subarray(scan.end);
    }
  }
  return { cost, violation: undefined };
}

describe('PacketScanner', () => {
  it('finds the same packets however the bytes are cut', () => {
    const payloads = fc.array(fc.nat(3000), { maxLength: 12 });
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(payloads, shares, (sizes, where) => {
        const packets = sizes.map((size, index) => publishPacket('a/b', Buffer.alloc(size, 0xff), index + 1));
        const bytes = Buffer.concat([CONNECT, ...packets, Buffer.from([0xc0, 0])]);
        const expected = sizes.reduce((sum, size) => sum + publishCost(2 + 3 + 2 + size), 0);
        expect(scanAll(cut(bytes, where))).toEqual({ cost: expected, violation: undefined });
      }),
      { numRuns: 300 },
    );
  });

  it('names an oversize packet by its header alone, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4999, max: 268_435_455 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (n, where) => {
          const bytes = Buffer.concat([
            CONNECT,
            publishPacket('a', 'ok', 1),
            Buffer.from([0x32]),
            remainingLength(n),
          ]);
          expect(scanAll(cut(bytes, where)).violation).toBe('too-large');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives the place of the packet at fault', () => {
    const scanner = new PacketScanner(LIMITS);
    expect(scanner.scan(CONNECT).end).toBe(CONNECT.length);
    const first = publishPacket('a', 'ok', 1);
    const big = Buffer.concat([Buffer.from([0x32]), remainingLength(9000)]);
    expect(scanner.scan(Buffer.concat([first, big]))).toMatchObject({
      end: first.length,
      violation: { offset: first.length, packet_bytes: 9003 },
    });
  });

  it.each([
    ['another first packet', Buffer.from([0xc0, 0])],
    ['flags on CONNECT', Buffer.from([0x11, 2, 0, 0])],
    ['a length of five bytes', Buffer.concat([CONNECT, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 1])])],
  ])('refuses %s', (_what, bytes) => {
    expect(scanAll([bytes]).violation).toBe('malformed');
  });
});

describe('guardConnection', () => {
  it('lets one packet pass until it is opened, and then all, unchanged', async () => {
    const source = new PassThrough();
    const guard = guardConnection(source, LIMITS, new WorkBudget(1e6), () => undefined);
    const got: Buffer[] = [];
    guard.stream.on('data', (chunk: Buffer) => got.push(chunk));
    const rest = Buffer.concat([1, 2, 3].map((id) => publishPacket('a/b', `message ${id}`, id)));
    source.write(Buffer.concat([CONNECT, rest.subarray(0, 7)]));
    source.write(rest.subarray(7));
    await sleep(20);
    expect(Buffer.concat(got)).toEqual(CONNECT);
    guard.open();
    await sleep(20);
    expect(Buffer.concat(got)).toEqual(Buffer.concat([CONNECT, rest]));
    guard.stream.destroy();
  });

  it('waits for the budget of all connections, and gives back what never reached the gateway', async () => {
    const budget = new WorkBudget(1000);
    const open = () => {
      const source = new PassThrough();
      const guard = guardConnection(source, LIMITS, budget, () => undefined);
      const got = { bytes: 0 };
      guard.stream.on('data', (chunk: Buffer) => {
        got.bytes += chunk.length;
      });
      source.write(CONNECT);
      guard.open();
      return { source, guard, got };
    };
    const [one, two] = [open(), open()];
    await sleep(20);
    const message = publishPacket('a', Buffer.alloc(1000), 1);
    one.source.write(message);
    await sleep(20);
    expect(one.got.bytes).toBe(CONNECT.length + message.length);
    expect(budget.taken_bytes).toBeGreaterThan(1000);
    two.source.write(message);
    await sleep(20);
    expect(two.got.bytes).toBe(CONNECT.length);
    one.guard.stream.destroy();
    await sleep(20);
    expect(two.got.bytes).toBe(CONNECT.length + message.length);
    const cost = budget.taken_bytes;
    two.guard.begin(cost);
    two.guard.stream.destroy();
    await sleep(20);
    expect(budget.taken_bytes).toBe(cost);
    two.guard.settle(cost);
    expect(budget.taken_bytes).toBe(0);
  });

  it('hands on a backlog of several buffers to a reader that takes its time', async () => {
    const source = new PassThrough({ highWaterMark: 1 << 20 });
    const guard = guardConnection(
      source,
      { ...LIMITS, packet_bytes_max: 1 << 20 },
      new WorkBudget(1e9),
      () => undefined,
    );
    const bytes = Buffer.concat([
      CONNECT,
      ...Array.from({ length: 500 }, (_, id) => publishPacket('a', Buffer.alloc(2000), id + 1)),
    ]);
    let got = 0;
    // As aedes reads: all that is there, when told or when done with the last.
    const read = () => {
      const chunk = guard.stream.read() as Buffer | null;
      if (chunk === null) return;
      got += chunk.length;
      setTimeout(read, 1);
    };
    guard.stream.on('readable', read);
    for (let at = 0; at < bytes.length; at += 65_536) source.write(bytes.subarray(at, at + 65_536));
    guard.open();
    for (let round = 0; round < 200 && got < bytes.length; round += 1) await sleep(10);
    expect(got).toBe(bytes.length);
    guard.stream.destroy();
  });
});
