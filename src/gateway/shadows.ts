import { join } from 'node:path';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import { ShadowBook } from '../vision/shadow-book.ts';

/** Under the data folder: what detectors in shadow were compared to be. */
export const SHADOW_FILE = 'shadows.json';
const SAVE_INTERVAL_MS = 60_000;

/** Opens the book of comparisons and keeps it on disk. */
export async function openShadows(dataDir: string, log: Log, stops: StopStack): Promise<ShadowBook> {
  const book = new ShadowBook(join(dataDir, SHADOW_FILE));
  await book.load();
  const save = (): Promise<void> =>
    book
      .save()
      .catch((error: unknown) => log.warn({ err: error }, 'comparisons of detectors could not be kept'));
  const timer = setInterval(() => void save(), SAVE_INTERVAL_MS);
  stops.push('shadows', async () => {
    clearInterval(timer);
    await save();
  });
  return book;
}
