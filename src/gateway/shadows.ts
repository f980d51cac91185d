import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { ShadowPair, ShadowReport, ShadowTally } from '../domain/shadow.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import { ShadowBook } from '../vision/shadow-book.ts';
import { ShadowRules } from './shadow-rules.ts';

/** Under the data folder: what detectors in shadow were compared to be. */
export const SHADOW_FILE = 'shadows.json';
const SAVE_INTERVAL_MS = 60_000;

/** What becomes of comparisons. */
export interface Shadows {
  take(tallies: readonly ShadowTally[], pairs: readonly ShadowPair[]): void;
  report(): ShadowReport[];
}

/** Opens the book of comparisons and keeps it on disk. */
export async function openShadows(
  config: Config,
  dataDir: string,
  log: Log,
  stops: StopStack,
): Promise<Shadows> {
  const book = new ShadowBook(join(dataDir, SHADOW_FILE));
  await book.load();
  const rules = new ShadowRules(config, log);
  const save = (): Promise<void> =>
    book
      .save()
      .catch((error: unknown) => log.warn({ err: error }, 'comparisons of detectors could not be kept'));
  const timer = setInterval(() => void save(), SAVE_INTERVAL_MS);
  stops.push('shadows', async () => {
    clearInterval(timer);
    await save();
  });
  return {
    take: (tallies, pairs) => {
      book.add(tallies);
      book.add(rules.feed(pairs));
    },
    report: () => book.report(),
  };
}
