import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';
import { JournalReader, type ReaderOptions } from '../store/journal-reader.ts';
import type { SqliteJournal } from '../store/sqlite-journal.ts';

/** A started reader of the journal, as health and pruning look at it. */
export interface RunningReader {
  readonly name: string;
  /** Entries of the journal that it has not applied yet. */
  readonly lag: () => number;
  /** When the oldest entry arrived that it has not applied yet; undefined where there is none. */
  readonly waitingSince_ms: () => number | undefined;
  /** Sequence number before which it needs nothing any more. */
  readonly needs: () => number;
}

/** Starts readers and remembers them. */
export function createReaders(journal: SqliteJournal, log: Log, stops: StopStack) {
  const running: RunningReader[] = [];
  return {
    running,
    /** `needs` differs from the reader's place only where a restart goes back further. */
    start(options: Omit<ReaderOptions, 'journal' | 'log'>, needs?: () => number): void {
      const reader = new JournalReader({ ...options, journal, log: log.child({ reader: options.name }) });
      reader.start();
      stops.push(`reader ${options.name}`, () => reader.stop());
      // A reader of events alone stands still while only readings arrive.
      const newest =
        options.only === 'events'
          ? () => (journal.readEvents(reader.seq, 1).length === 0 ? journal.head() : reader.seq)
          : () => reader.seq;
      running.push({
        name: options.name,
        lag: () => Math.max(0, journal.head() - newest()),
        waitingSince_ms: () => {
          try {
            const next =
              options.only === 'events' ? journal.readEvents(reader.seq, 1) : journal.read(reader.seq, 1);
            return next[0]?.received_ms;
          } catch {
            // A damaged entry: the journal tells of it, and the metrics must go on.
            return undefined;
          }
        },
        needs: needs ?? newest,
      });
    },
  };
}
