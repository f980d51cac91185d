import { openDatabase } from '../../src/store/database.ts';
import { QuarantineStore } from '../../src/store/quarantine-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { startBroker } from './mqtt.ts';

/** A process with a broker, a journal and a quarantine on disk, to be killed. Tells its parent the port. */
const [, , path = ''] = process.argv;
const db = openDatabase(path, MAIN_SCHEMA, true);
const journal = new SqliteJournal(db);
const quarantine = new QuarantineStore(db, { rows_max: 100_000, payload_bytes_max: 4096 });
const { port } = await startBroker({
  accept: (observations) =>
    journal.append(
      observations.map((body) => ({
        subjectId: body.deviceId,
        at_ms: body.at_ms,
        received_ms: body.received_ms,
        body,
      })),
    ),
  quarantine: (item) => quarantine.add(item),
});
process.send?.({ port });
