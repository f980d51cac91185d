import { expect, test } from 'vitest';
import { PendingReplies } from '../../src/vision/pending-replies.ts';

test('brings each reply to its request', async () => {
  const pending = new PendingReplies<string>(1000, 10);
  const ids: number[] = [];
  const replies = ['a', 'b'].map(() => pending.ask(0, (id) => ids.push(id)));
  pending.resolve(ids[1] ?? 0, 'second');
  pending.resolve(ids[0] ?? 0, 'first');
  pending.resolve(999, 'nobody asked');
  expect(await Promise.all(replies)).toEqual(['first', 'second']);
});

test('gives up in time, at the bound, and when the other side is gone', async () => {
  const pending = new PendingReplies<string>(20, 2);
  const late = pending.ask(0, () => undefined);
  const lost = pending.ask(1, () => undefined);
  await expect(pending.ask(0, () => undefined)).rejects.toThrow('2 requests wait already');
  pending.rejectOf(1, 'the vision worker ended');
  await expect(lost).rejects.toThrow('the vision worker ended');
  await expect(late).rejects.toThrow('no reply within 20 ms');
  const stopped = pending.ask(0, () => undefined);
  pending.rejectAll('stopped');
  await expect(stopped).rejects.toThrow('stopped');
});
