import type { Database } from '../store/database.ts';
import { CHAIN_START, chainLeaf, chainLink } from './chain.ts';
import { evidencePath, hashFile } from './evidence-file.ts';
import type { LedgerRow } from './evidence-ledger.ts';
import { type ChainRecord, type EvidenceRecord, tombstoneId } from './evidence-record.ts';

/** Something that does not hold. `evidenceId` and `number` (place in the chain) where it has one. */
export interface EvidenceProblem {
  readonly code:
    | 'changed-file'
    | 'missing-file'
    | 'changed-row'
    | 'removed-rows'
    | 'unlisted-evidence'
    | 'altered-frame'
    | 'damaged-dossier';
  readonly message: string;
  readonly evidenceId?: string;
  readonly number?: number;
}

/** What a check found. `checked` counts the files whose hash was computed. */
export interface VerifyResult {
  readonly checked: number;
  /** Items deleted to make room, each with its tombstone. */
  readonly deleted: number;
  readonly problems: readonly EvidenceProblem[];
  /** The newest link; compare it with one written down earlier or elsewhere. */
  readonly head: string;
}

const PAGE = 500;

/**
 * Recomputes the whole chain, and the hashes of the files of one incident or of all; reads only. It finds
 * changed and missing files, changed rows, rows removed from anywhere, and evidence that an incident lists
 * otherwise than the ledger. Whoever can rewrite the entire database can also forge a whole new chain: against
 * that helps a head, a dossier or the hashes in delivered events kept elsewhere.
 */
export async function verifyEvidence(options: {
  readonly db: Database;
  readonly root: string;
  readonly incidentId?: string;
}): Promise<VerifyResult> {
  const { db, root, incidentId } = options;
  const problems: EvidenceProblem[] = [];
  const page = db.prepare<[number, number], LedgerRow>(
    'SELECT * FROM evidence WHERE number > ? ORDER BY number LIMIT ?',
  );
  const buried = db.prepare<[string], unknown>('SELECT 1 FROM evidence WHERE id = ?');
  // Asked before the rows are read: the gateway may be adding more meanwhile.
  const given = lastGiven(db);
  let checked = 0;
  let deleted = 0;
  let before = { number: 0, chain: CHAIN_START };
  for (let rows = page.all(0, PAGE); rows.length > 0; rows = page.all(before.number, PAGE)) {
    for (const row of rows) {
      const record = checkRow(row, before, problems);
      before = row;
      if (record === undefined || record.kind === 'tombstone') continue;
      if (incidentId !== undefined && row.incident_id !== incidentId) continue;
      const found = await checkFile(record, evidencePath(root, record.file), row.number);
      // Asked after the file was looked for, since a sweep writes the tombstone before it deletes.
      if (buried.get(tombstoneId(row.id)) !== undefined) deleted += 1;
      else {
        checked += 1;
        problems.push(...found);
      }
    }
  }
  problems.push(...checkEnd(given, before.number), ...checkIncidents(db, incidentId));
  return { checked, deleted, problems, head: before.chain };
}

/** Checks a file against its record: there, of that hash, and taken from the frame as it was received. */
export async function checkFile(
  record: EvidenceRecord,
  path: string | undefined,
  number: number,
): Promise<EvidenceProblem[]> {
  const about = { evidenceId: record.id, number };
  const problems: EvidenceProblem[] = [];
  const found = path === undefined ? undefined : await hashFile(path);
  if (found === undefined) {
    problems.push({ ...about, code: 'missing-file', message: `${record.file} is missing` });
  } else if (found.sha256 !== record.sha256) {
    const message = `${record.file} was changed: SHA-256 is ${found.sha256}, was ${record.sha256} at its capture`;
    problems.push({ ...about, code: 'changed-file', message });
  }
  if (record.frame?.mismatch) {
    const message = `${record.file} was made from a frame that had changed since it was received`;
    problems.push({ ...about, code: 'altered-frame', message });
  }
  return problems;
}

/** The row's record, or undefined where it cannot be read. After a bad link the check goes on from the stored one. */
function checkRow(
  row: LedgerRow,
  before: { readonly number: number; readonly chain: string },
  problems: EvidenceProblem[],
): ChainRecord | undefined {
  const about = { evidenceId: row.id, number: row.number };
  const missing = row.number - before.number - 1;
  if (missing > 0) {
    const message = `${missing} row(s) before number ${row.number} were removed`;
    problems.push({ number: row.number, code: 'removed-rows', message });
  }
  let record: ChainRecord;
  let link: string;
  try {
    record = JSON.parse(row.record) as ChainRecord;
    link = chainLink(before.chain, chainLeaf(record));
  } catch {
    problems.push({ ...about, code: 'changed-row', message: `row ${row.number} is not readable any more` });
    return undefined;
  }
  // Behind a gap the previous link is not known, so this one proves nothing either way.
  if (missing === 0 && link !== row.chain) {
    const message = `row ${row.number} or the link before it was changed: the chain does not hold`;
    problems.push({ ...about, code: 'changed-row', message });
  } else if (!columnsAgree(row, record)) {
    const message = `row ${row.number} says otherwise than its chained record`;
    problems.push({ ...about, code: 'changed-row', message });
  }
  return record;
}

function columnsAgree(row: LedgerRow, record: ChainRecord): boolean {
  return (
    row.id === record.id &&
    row.incident_id === record.incidentId &&
    row.sha256 === record.sha256 &&
    row.file === (record.kind === 'tombstone' ? '' : record.file)
  );
}

/** SQLite remembers the highest number ever given (AUTOINCREMENT): fewer rows mean that the end was cut off. */
function lastGiven(db: Database): number {
  return (
    db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'evidence'").get()?.seq ?? 0
  );
}

function checkEnd(given: number, lastNumber: number): EvidenceProblem[] {
  if (given <= lastNumber) return [];
  const message = `${given - lastNumber} row(s) after number ${lastNumber} were removed`;
  return [{ code: 'removed-rows', number: lastNumber, message }];
}

function checkIncidents(db: Database, incidentId: string | undefined): EvidenceProblem[] {
  const one = incidentId === undefined ? '' : 'AND incidents.id = ?';
  return db
    .prepare<string[], { incident: string; id: string }>(
      `SELECT incidents.id AS incident, item.value ->> 'id' AS id
       FROM incidents, json_each(incidents.body, '$.evidence') AS item
       LEFT JOIN evidence ON evidence.id = item.value ->> 'id'
       WHERE (evidence.id IS NULL OR evidence.sha256 <> item.value ->> 'sha256'
         OR evidence.incident_id <> incidents.id) ${one}`,
    )
    .all(...(incidentId === undefined ? [] : [incidentId]))
    .map(({ incident, id }) => ({
      code: 'unlisted-evidence' as const,
      evidenceId: id,
      message: `incident ${incident} lists evidence ${id}, which the ledger does not know with that hash`,
    }));
}
