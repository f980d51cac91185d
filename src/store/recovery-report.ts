import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SalvagedTable } from './salvage-tables.ts';

/** What a start found damaged, what became of it, and what is lost. */
export interface RecoveryReport {
  /** ISO 8601. */
  readonly at: string;
  readonly file: string;
  /** In words. */
  readonly problems: readonly string[];
  /** Names of the files that were set aside in the data folder. */
  readonly kept: readonly string[];
  /** Journal entries that were acknowledged and are gone; `lost` names them, at most the first hundred ranges. */
  readonly entriesLost: number;
  readonly lost: readonly (readonly [first: number, last: number])[];
  /** Journal entries that were found outside of where the database itself would have found them. */
  readonly entriesSaved: number;
  /** Only where a new file was filled. */
  /** Incidents and cases that were written again from their events. */
  readonly rebuilt?: { readonly incidents: number; readonly cases: number };
  /** Files of evidence that no record names, and records whose file is gone. None is ever deleted for it. */
  readonly evidence?: { readonly filesWithoutRecord: number; readonly recordsWithoutFile: number };
  readonly tables?: Readonly<Record<string, SalvagedTable>>;
}

const FOLDER = 'recoveries';
const REPORTS_MAX = 100;

/** Keeps a report in the data folder, in place of an earlier one of the same time and file. */
export function writeReport(dataDir: string, report: RecoveryReport): void {
  const folder = join(dataDir, FOLDER);
  mkdirSync(folder, { recursive: true });
  const name = `${report.at.replaceAll(/[-:.]/g, '')}-${report.file}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(report, undefined, 2)}\n`);
}

/** The newest reports, newest first. One that cannot be read is left out. */
export function readReports(dataDir: string): RecoveryReport[] {
  const folder = join(dataDir, FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort().reverse().slice(0, REPORTS_MAX);
  return names.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecoveryReport];
    } catch {
      return [];
    }
  });
}
