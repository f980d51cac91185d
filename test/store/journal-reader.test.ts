import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { JournalReader } from '../../src/store/journal-reader.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { tempDir } from '../support/temp-dir.ts';

const log = pino({ level: 'silent' });

function open(): SqliteJournal {
  const db = openDatabase(join(tempDir(), 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => {
    db.close();
  });
  return new SqliteJournal(db);
}

function append(journal: SqliteJournal, at_ms: number): Promise<number> {
  const body = { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms } as const;
  return journal.append([{ subjectId: '_gateway', at_ms, received_ms: at_ms, body }]);
}

it('follows the journal, and a second reader of that name goes on where the first stopped', async () => {
  const journal = open();
  const seen: number[] = [];
  const options = {
    name: 'test',
    journal,
    log,
    batch_max: 2,
    apply: (records: readonly { at_ms: number }[]) => {
      seen.push(...records.map((record) => record.at_ms));
    },
  };
  await append(journal, 1);
  const first = new JournalReader(options);
  first.start();
  await append(journal, 2);
  await append(journal, 3);
  await vi.waitFor(() => expect(seen).toEqual([1, 2, 3]));
  await first.stop();
  await append(journal, 4);
  const second = new JournalReader(options);
  second.start();
  await vi.waitFor(() => expect(seen).toEqual([1, 2, 3, 4]));
  await second.stop();
});

it('retries a batch that failed and skips nothing', async () => {
  const journal = open();
  const seen: number[] = [];
  let failures = 2;
  const reader = new JournalReader({
    name: 'test',
    journal,
    log,
    batch_max: 10,
    apply: async (records) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('the sink is away');
      }
      seen.push(...records.map((record) => record.at_ms));
    },
  });
  await append(journal, 1);
  await append(journal, 2);
  reader.start();
  await vi.waitFor(() => expect(seen).toEqual([1, 2]), 5000);
  await reader.stop();
});
