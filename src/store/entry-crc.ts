import { crc32 } from 'node:zlib';

/** The columns of a journal entry as they are stored; `body` is its JSON text. */
export interface StoredEntry {
  readonly seq: number;
  readonly kind: string;
  readonly subject_id: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly body: string;
}

/**
 * CRC-32 of everything that an entry consists of, its number included: a changed bit, and a row that lies under
 * another number, both show. SQLite itself notices neither in the content of a row.
 */
export function entryCrc({ seq, kind, subject_id, at_ms, received_ms, body }: StoredEntry): number {
  return crc32(`${seq}\n${kind}\n${subject_id}\n${at_ms}\n${received_ms}\n${body}`);
}

/** An entry of the journal that is not as it was written. */
export class DamagedEntryError extends Error {
  override readonly name = 'DamagedEntryError';
  readonly seq: number;

  constructor(seq: number) {
    super(`journal entry ${seq} is damaged: its checksum does not match`);
    this.seq = seq;
  }
}

/** True for what only damage on the disk can cause. */
export function isDamage(error: unknown): error is Error {
  if (error instanceof DamagedEntryError) return true;
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(code);
}
