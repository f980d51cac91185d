import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { encodeFrame } from '../../src/codecs/jt808/frame.ts';
import { Jt808Connection, type PieceHandler } from '../../src/ingest/jt808-connection.ts';
import { JT808_LIMITS } from '../../src/ingest/jt808-limits.ts';
import { WorkBudget } from '../../src/runtime/work-budget.ts';

const HEARTBEAT = encodeFrame({
  id: 2,
  edition: '2013',
  phone: '013900000001',
  serial: 1,
  encryption: 0,
  body: Buffer.alloc(0),
});

/** A stream whose other side takes nothing, and a handler that finishes when it is told. */
function rig(limits = {}) {
  const unfinished: (() => void)[] = [];
  const events: string[] = [];
  const stream = new Duplex({ read: () => undefined, write: () => undefined });
  const handler: PieceHandler = {
    take: () => ({ done: new Promise((resolve) => unfinished.push(() => resolve())), isExclusive: false }),
    closed: () => events.push('closed'),
    overrun: () => events.push('overrun'),
  };
  const budget = new WorkBudget(1024 * 1024);
  const connection = new Jt808Connection(stream, handler, { ...JT808_LIMITS, ...limits }, budget);
  return { stream, connection, unfinished, events, budget };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('cuts off who does not read his answers', async () => {
  const { stream, connection, events } = rig({ unread_bytes_max: 1000 });
  for (let sent = 0; sent < 10; sent += 1) connection.send(Buffer.alloc(100));
  expect(stream.destroyed).toBe(false);
  connection.send(Buffer.alloc(100));
  expect(stream.destroyed).toBe(true);
  await turn();
  expect(events).toEqual(['overrun', 'closed']);
});

it('takes no more than it may store at a time, and goes on as that is done', async () => {
  const { stream, connection, unfinished, budget } = rig({ inflight_frames_max: 3 });
  stream.push(Buffer.concat(Array.from({ length: 10 }, () => HEARTBEAT)));
  await turn();
  expect([connection.inflight, stream.isPaused()]).toEqual([3, true]);
  for (let done = 0; done < 10; done += 1) {
    unfinished.shift()?.();
    await turn();
  }
  expect([connection.inflight, stream.isPaused(), budget.taken_bytes]).toEqual([0, false, 0]);
});

it('gives back what it took of the common budget, also when it closes in the middle', async () => {
  const { stream, connection, unfinished, events, budget } = rig();
  stream.push(HEARTBEAT);
  await turn();
  expect(budget.taken_bytes).toBeGreaterThan(0);
  connection.destroy();
  await turn();
  expect(events).toEqual(['closed']);
  for (const finish of unfinished) finish();
  await turn();
  expect(budget.taken_bytes).toBe(0);
});
