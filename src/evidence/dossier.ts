import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import type { Incident } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { CHAIN_START, chainLeaf } from './chain.ts';
import { evidencePath, hashFile } from './evidence-file.ts';
import type { LedgerRow } from './evidence-ledger.ts';
import { type ChainRecord, isSafeName, tombstoneId } from './evidence-record.ts';

/** Format of `chain.json`; a reader refuses what it does not know. */
const DOSSIER_FORMAT = 'xuncheng-dossier/1';

const HASH = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** One link in a dossier. Links of other incidents are there by their leaf alone. */
export const DossierLink = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  leaf: HASH,
  chain: HASH,
  /** A ChainRecord; whatever else it has is covered by the leaf. */
  record: Type.Optional(
    Type.Object({ kind: Type.String(), id: Type.String(), incidentId: Type.String(), sha256: HASH }),
  ),
});
export type DossierLink = Static<typeof DossierLink>;

/** `chain.json`: everything needed to check the folder without the database. */
export const DossierChain = Type.Object({
  format: Type.Literal(DOSSIER_FORMAT),
  incidentId: Type.String(),
  exportedAt: Type.String(),
  /** The link before the first one given. */
  previous: HASH,
  links: Type.Array(DossierLink),
});
export type DossierChain = Static<typeof DossierChain>;

/** The record of one of the incident's own links. */
export function recordOf(link: DossierLink): ChainRecord | undefined {
  return link.record as ChainRecord | undefined;
}

export interface DossierOptions {
  readonly db: Database;
  readonly root: string;
  readonly incident: Incident;
  /** The case with its history, put beside the incident as `case.json`. */
  readonly case?: unknown;
  /** Is made; an existing folder is refused. */
  readonly directory: string;
  readonly now_ms: number;
}

/**
 * Writes an electronic dossier (电子案卷) of one incident: incident.json, case.json, the files of evidence
 * under `evidence/`, the chain from the first item to the last, and SHA256SUMS for `sha256sum -c`. The folder
 * appears whole or not at all. Returns how many files of evidence it holds; rejects where the folder exists
 * or cannot be written.
 */
export async function exportDossier(options: DossierOptions): Promise<{ readonly files: number }> {
  const { db, root, incident, directory, now_ms } = options;
  if (!isSafeName(incident.id)) throw new Error(`not an incident id: ${JSON.stringify(incident.id)}`);
  const chain = chainExtract(db, incident.id, now_ms);
  const partial = join(dirname(directory), `.${basename(directory)}.partial`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'evidence'), { recursive: true });
  try {
    await writeJson(join(partial, 'incident.json'), incident);
    if (options.case !== undefined) await writeJson(join(partial, 'case.json'), options.case);
    await writeJson(join(partial, 'chain.json'), chain);
    const files = await copyEvidence(chain, root, partial);
    await writeSums(partial);
    // Fails on a folder that is there and not empty, so nothing is overwritten.
    await rename(partial, directory);
    return { files };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Where a dossier keeps the file of a record; undefined where the record names no such file. */
export function dossierFile(directory: string, file: string): string | undefined {
  return evidencePath(directory, file) === undefined
    ? undefined
    : join(directory, 'evidence', basename(file));
}

function chainExtract(db: Database, incidentId: string, now_ms: number): DossierChain {
  const range = db
    .prepare<[string], { first: number | null; last: number | null }>(
      'SELECT min(number) AS first, max(number) AS last FROM evidence WHERE incident_id = ?',
    )
    .get(incidentId);
  const first = range?.first ?? 1;
  const rows = db
    .prepare<[number, number], LedgerRow>(
      'SELECT * FROM evidence WHERE number BETWEEN ? AND ? ORDER BY number',
    )
    .all(first, range?.last ?? 0);
  const previous = db
    .prepare<[number], { chain: string }>(
      'SELECT chain FROM evidence WHERE number < ? ORDER BY number DESC LIMIT 1',
    )
    .get(first);
  const links = rows.map(({ number, chain, record: text, incident_id }): DossierLink => {
    const record = JSON.parse(text) as ChainRecord;
    const link = { number, leaf: chainLeaf(record), chain };
    return incident_id === incidentId ? { ...link, record } : link;
  });
  const exportedAt = isoTime(now_ms);
  return { format: DOSSIER_FORMAT, incidentId, exportedAt, previous: previous?.chain ?? CHAIN_START, links };
}

async function copyEvidence(chain: DossierChain, root: string, partial: string): Promise<number> {
  const ids = new Set(chain.links.map(({ record }) => record?.id));
  let files = 0;
  for (const record of chain.links.map(recordOf)) {
    if (record === undefined || record.kind === 'tombstone' || ids.has(tombstoneId(record.id))) continue;
    const from = evidencePath(root, record.file);
    const to = dossierFile(partial, record.file);
    if (from === undefined || to === undefined || (await hashFile(from)) === undefined) continue;
    await copyFile(from, to);
    files += 1;
  }
  return files;
}

async function writeSums(folder: string): Promise<void> {
  const names = [
    ...(await readdir(folder)).filter((name) => name.endsWith('.json')),
    ...(await readdir(join(folder, 'evidence'))).map((name) => `evidence/${name}`),
  ].sort();
  const lines: string[] = [];
  for (const name of names) {
    const hash = await hashFile(join(folder, name));
    if (hash !== undefined) lines.push(`${hash.sha256}  ${name}\n`);
  }
  await writeFile(join(folder, 'SHA256SUMS'), lines.join(''));
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
