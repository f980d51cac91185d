import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EvidenceItem } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import { evidencePath, fileSize, hashFile } from './evidence-file.ts';
import type { EvidenceLedger } from './evidence-ledger.ts';
import { type EvidenceRecord, evidenceId, toEvidenceItem } from './evidence-record.ts';

/** A clip that is to become evidence. */
export interface ClipExhibit {
  readonly incidentId: string;
  readonly deviceId: string;
  /** Times of arrival of its first and last picture. */
  readonly from_ms: number;
  readonly to_ms: number;
  /** What it shows, one clip of each for an incident. */
  readonly detail: string;
  readonly rule: { readonly id: string; readonly version: string };
  readonly model?: { readonly id: string; readonly sha256: string } | undefined;
  /** Writes the mp4 to a path. */
  readonly make: (path: string) => Promise<void>;
}

/**
 * Keeps a clip: file first, hashed and on disk, its record after. The same clip again gives the same item. Rejects
 * with what `make` or the system says, and leaves nothing behind then.
 */
export async function keepClip(
  ledger: EvidenceLedger,
  root: string,
  clip: ClipExhibit,
  captured_ms: number,
): Promise<EvidenceItem | undefined> {
  const { incidentId, deviceId, from_ms, to_ms, detail, rule, model } = clip;
  const id = evidenceId({ incidentId, kind: 'clip', deviceId, at_ms: from_ms, detail });
  const known = ledger.find(id);
  if (known !== undefined) return known.kind === 'tombstone' ? undefined : toEvidenceItem(known);
  const file = `${incidentId}/${id}.mp4`;
  const path = evidencePath(root, file);
  if (path === undefined) throw new Error(`evidence ${id} names a file outside its folder`);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await clip.make(temporary);
    await sync(temporary);
    await rename(temporary, path);
    await sync(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  const hash = await hashFile(path);
  if (hash === undefined || fileSize(path) === 0) throw new Error(`clip ${id} is empty`);
  const times = { at: isoTime(from_ms), to: isoTime(to_ms), capturedAt: isoTime(captured_ms) };
  const about = {
    kind: 'clip',
    id,
    incidentId,
    deviceId,
    mediaType: 'video/mp4',
    file,
    rule,
    model,
  } as const;
  const record: EvidenceRecord = ledger.append<EvidenceRecord>({ ...about, ...times, ...hash });
  return toEvidenceItem(record);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
