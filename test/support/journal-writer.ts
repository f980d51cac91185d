// Appends to a journal as fast as it acknowledges and prints the newest acknowledged number; killed by its test.
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';

const journal = new SqliteJournal(
  openDatabase(join(process.argv[2] ?? '', 'xuncheng.db'), MAIN_SCHEMA, true),
);
for (let at_ms = 1; at_ms < 1_000_000; at_ms += 10) {
  const bodies = Array.from({ length: 10 }, (_, index) => at_ms + index);
  const seqs = await Promise.all(
    bodies.map((time_ms) => {
      const body = { kind: 'tick', deviceId: '_gateway', at_ms: time_ms, received_ms: time_ms } as const;
      return journal.append([{ subjectId: '_gateway', at_ms: time_ms, received_ms: time_ms, body }]);
    }),
  );
  process.stdout.write(`${Math.max(...seqs)}\n`);
}
