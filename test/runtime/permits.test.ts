import { expect, test } from 'vitest';
import { Permits } from '../../src/runtime/permits.ts';

test('lets so many through at once, the others in their order', async () => {
  const permits = new Permits(2);
  const passed: string[] = [];
  const enter = (name: string): Promise<void> => permits.take().then(() => void passed.push(name));
  const all = ['a', 'b', 'c', 'd'].map(enter);
  await Promise.all(all.slice(0, 2));
  expect(passed).toEqual(['a', 'b']);
  permits.give();
  await all[2];
  expect(passed).toEqual(['a', 'b', 'c']);
  permits.give();
  await Promise.all(all);
  permits.give();
  await permits.take();
});
