import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import Type, { type Static, type TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { chainLeaf, chainLink } from './chain.ts';
import { DossierChain, type DossierLink, dossierFile, recordOf } from './dossier.ts';
import { hashFile } from './evidence-file.ts';
import { type EvidenceRecord, tombstoneId } from './evidence-record.ts';
import { checkFile, type EvidenceProblem, type VerifyResult } from './verify.ts';

/** Larger documents are not read: a dossier can come from anywhere. */
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
const SUM_LINE = /^([0-9a-f]{64}) [ *]((?:evidence\/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,200})$/;

/** The part of incident.json that is checked. */
const ListedEvidence = Type.Object({
  id: Type.String(),
  evidence: Type.Array(Type.Object({ id: Type.String(), sha256: Type.String() })),
});

/**
 * Checks an exported dossier without the database: every sum, every link of its chain, every file against its
 * record, and the incident's own list of evidence. Whatever is wrong with the folder, even
 * that there is none, is a problem in the result.
 */
export async function verifyDossier(directory: string): Promise<VerifyResult> {
  const problems: EvidenceProblem[] = [];
  problems.push(...(await checkSums(directory)));
  const chain = await readDocument(directory, 'chain.json', DossierChain, problems);
  const incident = await readDocument(directory, 'incident.json', ListedEvidence, problems);
  if (chain === undefined || incident === undefined) return { checked: 0, deleted: 0, problems, head: '' };
  problems.push(...checkLinks(chain), ...checkListed(chain, incident));
  problems.push(...(await checkStrangers(directory, chain)));
  const ids = new Set(chain.links.map(({ record }) => record?.id));
  let checked = 0;
  let deleted = 0;
  for (const link of chain.links) {
    const record = recordOf(link);
    if (record === undefined || record.kind === 'tombstone') continue;
    if (ids.has(tombstoneId(record.id))) deleted += 1;
    else {
      checked += 1;
      problems.push(...(await checkFile(record, dossierFile(directory, String(record.file)), link.number)));
    }
  }
  return { checked, deleted, problems, head: chain.links.at(-1)?.chain ?? chain.previous };
}

function checkLinks(chain: DossierChain): EvidenceProblem[] {
  const problems: EvidenceProblem[] = [];
  let before: Pick<DossierLink, 'chain' | 'number'> | undefined;
  for (const link of chain.links) {
    const about = { number: link.number, ...(link.record ? { evidenceId: link.record.id } : {}) };
    if (before !== undefined && link.number !== before.number + 1) {
      const message = `links between number ${before.number} and ${link.number} were removed`;
      problems.push({ ...about, code: 'removed-rows', message });
    } else if (link.chain !== chainLink(before?.chain ?? chain.previous, link.leaf)) {
      const message = `link ${link.number} or the one before it was changed: the chain does not hold`;
      problems.push({ ...about, code: 'changed-row', message });
    }
    if (link.record !== undefined && leafOf(link.record) !== link.leaf) {
      const message = `the record of link ${link.number} was changed`;
      problems.push({ ...about, code: 'changed-row', message });
    }
    if (link.record !== undefined && link.record.incidentId !== chain.incidentId) {
      problems.push(damaged(`link ${link.number} belongs to another incident`));
    }
    before = link;
  }
  return problems;
}

/** What the incident lists must be what the chain proves. */
function checkListed(chain: DossierChain, incident: Static<typeof ListedEvidence>): EvidenceProblem[] {
  if (incident.id !== chain.incidentId) {
    return [damaged(`incident.json is of ${incident.id}, chain.json of ${chain.incidentId}`)];
  }
  const records = new Map<string, EvidenceRecord>();
  for (const record of chain.links.map(recordOf)) {
    if (record !== undefined && record.kind !== 'tombstone') records.set(record.id, record);
  }
  return incident.evidence
    .filter(({ id, sha256 }) => records.get(id)?.sha256 !== sha256)
    .map(({ id }) => ({
      code: 'unlisted-evidence' as const,
      evidenceId: id,
      message: `incident.json lists evidence ${id}, which the chain does not prove with that hash`,
    }));
}

/** Files beside those of the records prove nothing and must not look as if they did. */
async function checkStrangers(directory: string, chain: DossierChain): Promise<EvidenceProblem[]> {
  const known = new Set<string>();
  for (const record of chain.links.map(recordOf)) {
    if (record !== undefined && record.kind !== 'tombstone') known.add(basename(String(record.file)));
  }
  const names = await readdir(join(directory, 'evidence')).catch(() => []);
  return names
    .filter((name) => !known.has(name))
    .map((name) => damaged(`evidence/${name} is not part of the dossier`));
}

async function checkSums(directory: string): Promise<EvidenceProblem[]> {
  const text = await readFile(join(directory, 'SHA256SUMS'), 'utf8').catch(() => undefined);
  if (text === undefined) return [damaged('SHA256SUMS is missing')];
  const problems: EvidenceProblem[] = [];
  const lines = text.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    const [, sum, name = ''] = SUM_LINE.exec(line) ?? [];
    if (sum === undefined) {
      problems.push(damaged(`SHA256SUMS has a line that is none: ${JSON.stringify(line.slice(0, 200))}`));
      continue;
    }
    // Files of evidence are checked against the chain, which says more than a sum that anybody can write.
    if (name.startsWith('evidence/')) continue;
    const found = await hashFile(join(directory, name));
    if (found?.sha256 === sum) continue;
    const problem = found === undefined ? 'missing' : 'not what it was when exported';
    problems.push(damaged(`${name} is ${problem}`));
  }
  return problems;
}

async function readDocument<T extends TSchema>(
  directory: string,
  name: string,
  schema: T,
  problems: EvidenceProblem[],
): Promise<Static<T> | undefined> {
  try {
    const found = await hashFile(join(directory, name));
    if (found === undefined) throw new Error('no such file');
    if (found.size_bytes > DOCUMENT_BYTES_MAX) throw new Error(`larger than ${DOCUMENT_BYTES_MAX} bytes`);
    const value: unknown = JSON.parse(await readFile(join(directory, name), 'utf8'));
    const [error] = Errors(schema, value);
    if (error !== undefined) throw new Error(`${error.instancePath || 'it'} ${error.message}`);
    return value as Static<T>;
  } catch (error) {
    problems.push(
      damaged(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`),
    );
    return undefined;
  }
}

function leafOf(record: unknown): string | undefined {
  try {
    return chainLeaf(record);
  } catch {
    return undefined;
  }
}

function damaged(message: string): EvidenceProblem {
  return { code: 'damaged-dossier', message };
}
