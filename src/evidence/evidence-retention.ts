import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../runtime/log.ts';
import { evidencePath } from './evidence-file.ts';
import type { EvidenceLedger } from './evidence-ledger.ts';
import type { EvidenceRecord } from './evidence-record.ts';

/** What a sweep did. `over_bytes` is what is above the quota still, all of it evidence of open cases. */
export interface SweepResult {
  readonly incidents: number;
  readonly files: number;
  readonly freed_bytes: number;
  readonly over_bytes: number;
}

interface SweepOptions {
  readonly ledger: EvidenceLedger;
  readonly root: string;
  readonly quota_bytes: number;
  readonly isTerminal: (incidentId: string) => boolean;
  readonly now_ms: number;
  readonly log: Log;
  /** Removes files that have a tombstone already: a crash came between the two. */
  readonly finishEarlier: boolean;
}

/**
 * Deletes evidence of settled incidents, the oldest first, until the rest fits the quota. The tombstones are
 * committed before the files go: after a crash in between a file too many is there, never one missing without
 * a reason. It works from the ledger alone and so touches nothing that the ledger does not know.
 */
export async function sweepEvidence(options: SweepOptions): Promise<SweepResult> {
  const { ledger, quota_bytes, log } = options;
  if (options.finishEarlier) for (const record of ledger.buriedItems()) await removeFile(record, options);
  let incidents = 0;
  let files = 0;
  let freed_bytes = 0;
  if (ledger.totals().bytes > quota_bytes) {
    for (const incidentId of ledger.liveIncidents()) {
      if (ledger.totals().bytes <= quota_bytes) break;
      if (!options.isTerminal(incidentId)) continue;
      const records = ledger.liveItems(incidentId);
      ledger.bury(records, options.now_ms, `evidence quota of ${quota_bytes} bytes; case settled`);
      for (const record of records) await removeFile(record, options);
      incidents += 1;
      files += records.length;
      freed_bytes += records.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    }
  }
  const over_bytes = Math.max(0, ledger.totals().bytes - quota_bytes);
  if (files > 0)
    log.info({ incidents, files, freed_bytes }, 'evidence of settled cases deleted to make room');
  if (over_bytes > 0) {
    log.warn(
      { over_bytes, quota_bytes },
      'evidence is above its quota: the rest belongs to open cases and stays',
    );
  }
  return { incidents, files, freed_bytes, over_bytes };
}

async function removeFile(record: EvidenceRecord, { root, log }: SweepOptions): Promise<void> {
  const path = evidencePath(root, record.file);
  if (path === undefined) {
    log.error(
      { id: record.id, file: record.file },
      'evidence record names a file outside its folder: left alone',
    );
    return;
  }
  try {
    await rm(path, { force: true });
    // Fails while the folder holds more, which is as it should be.
    await rmdir(dirname(path)).catch(() => undefined);
  } catch (error) {
    log.error({ err: error, id: record.id }, 'cannot delete an evidence file; its tombstone stays');
  }
}
