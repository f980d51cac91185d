import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CaseQueue, caseId } from '../cases/case-queue.ts';
import { exportDossier } from '../evidence/dossier.ts';
import { type VerifyResult, verifyEvidence } from '../evidence/verify.ts';
import { verifyDossier } from '../evidence/verify-dossier.ts';
import { IncidentStore } from '../incidents/incident-store.ts';
import { SqliteJournal } from '../store/sqlite-journal.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { DATA_OPTION, readArgs } from './options.ts';
import { withData } from './with-data.ts';

/** `xuncheng evidence verify [INCIDENT|DIR] | export INCIDENT DIR`. */
export async function evidenceCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [action, ...rest] = args;
  if (action === 'verify') {
    const named = rest[0] !== undefined && !rest[0].startsWith('-');
    const { values, positionals } = readArgs(rest, DATA_OPTION, named ? 1 : 0);
    const [target] = positionals;
    if (target !== undefined && existsSync(target) && statSync(target).isDirectory()) {
      return tell(await verifyDossier(target), io);
    }
    return withData(values.data, io, async (db) => {
      if (target !== undefined && new IncidentStore(db).get(target) === undefined) {
        io.err(`${target} is neither a folder nor an incident`);
        return 1;
      }
      const root = join(values.data, 'evidence');
      return tell(
        await verifyEvidence({ db, root, ...(target === undefined ? {} : { incidentId: target }) }),
        io,
      );
    });
  }
  if (action === 'export') {
    const { values, positionals } = readArgs(rest, DATA_OPTION, 2);
    const [id = '', directory = ''] = positionals;
    if (existsSync(directory)) {
      io.err(`${directory} is there already; name a folder to be made`);
      return 1;
    }
    return withData(values.data, io, async (db) => {
      const incident = new IncidentStore(db).get(id);
      if (incident === undefined) {
        io.err(`no incident ${id}`);
        return 1;
      }
      const root = join(values.data, 'evidence');
      const cases = new CaseQueue({ db, journal: new SqliteJournal(db), clock: Date.now });
      const { files } = await exportDossier({
        db,
        root,
        incident,
        case: cases.get(caseId(id)),
        directory,
        now_ms: Date.now(),
      });
      io.out(`${directory}: ${files} files; check with "xuncheng evidence verify ${directory}"`);
      return 0;
    });
  }
  throw new UsageError('evidence verify [INCIDENT|DIR] | evidence export INCIDENT DIR');
}

function tell({ checked, deleted, problems, head }: VerifyResult, io: CliIo): ExitCode {
  for (const { code, message } of problems) io.err(`${code}: ${message}`);
  io.out(`${checked} items checked, ${deleted} deleted to make room, ${problems.length} problems`);
  if (head !== '') io.out(`chain head ${head}`);
  return problems.length === 0 ? 0 : 1;
}
