import { closeSync, existsSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** How far the journal is known to have come, written down outside of the database. */
export interface MarkState {
  /** Newest entry that was on disk. */
  readonly seq: number;
  /** Entries up to this one were dropped because they were old. */
  readonly pruned: number;
  /** Places of the readers. */
  readonly cursors: Readonly<Record<string, number>>;
}

const SLOT_BYTES = 4096;
const HEADER_BYTES = 8;
const SYNC_INTERVAL_MS = 1000;

/**
 * A small file beside the database that says how far the journal had come. A log that was cut off looks like a
 * shorter one; against this file the cut shows. It is written after each commit and synced each second, so it
 * is never ahead of the database, and at most a second behind after the power failed. Two slots in turn, each
 * with its checksum: a torn write leaves the other one.
 */
export class JournalMark {
  readonly #fd: number;
  readonly #cursors: () => Readonly<Record<string, number>>;
  readonly #timer: NodeJS.Timeout;
  #state: MarkState;
  #written = 0;
  #dirty = false;

  constructor(path: string, first: MarkState, cursors: () => Readonly<Record<string, number>>) {
    this.#fd = openSync(path, existsSync(path) ? 'r+' : 'w+');
    this.#cursors = cursors;
    this.#state = first;
    // Both slots anew, or an old one with a higher count would win.
    this.#write();
    this.#write();
    this.#timer = setInterval(() => this.#sync(), SYNC_INTERVAL_MS).unref();
  }

  get state(): MarkState {
    return this.#state;
  }

  /** To be called once entries up to `seq` are on disk. */
  note(seq: number): void {
    this.#state = { ...this.#state, seq };
    try {
      this.#write();
    } catch {
      // The entries are on disk all the same. An older mark only ever hides a loss.
    }
  }

  /** To be called before entries up to `pruned` are dropped. */
  notePruned(pruned: number): void {
    if (pruned <= this.#state.pruned) return;
    this.#state = { ...this.#state, pruned };
    this.#write();
  }

  /** Writes the places of the readers a last time. */
  close(): void {
    clearInterval(this.#timer);
    this.#state = { ...this.#state, cursors: this.#cursors() };
    this.#write();
    closeSync(this.#fd);
  }

  #sync(): void {
    const cursors = this.#cursors();
    if (JSON.stringify(cursors) !== JSON.stringify(this.#state.cursors)) {
      this.#state = { ...this.#state, cursors };
      this.#write();
    }
    if (!this.#dirty) return;
    this.#dirty = false;
    // A file that cannot be synced makes the mark older than it could be, which only ever hides a loss.
    fdatasync(this.#fd, () => undefined);
  }

  #write(): void {
    this.#written += 1;
    const json = Buffer.from(JSON.stringify({ ...this.#state, written: this.#written }));
    const slot = Buffer.alloc(HEADER_BYTES + json.length);
    slot.writeUInt32BE(crc32(json), 0);
    slot.writeUInt32BE(json.length, 4);
    json.copy(slot, HEADER_BYTES);
    if (slot.length > SLOT_BYTES) throw new Error(`journal mark of ${slot.length} bytes`);
    writeSync(this.#fd, slot, 0, slot.length, (this.#written % 2) * SLOT_BYTES);
    this.#dirty = true;
  }
}

/** What the file says; undefined where there is none, `unreadable` where neither slot is whole. */
export function readMark(path: string): MarkState | 'unreadable' | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  let newest: (MarkState & { readonly written: number }) | undefined;
  for (const at of [0, SLOT_BYTES]) {
    const slot = readSlot(bytes.subarray(at, at + SLOT_BYTES));
    if (slot !== undefined && (newest === undefined || slot.seq > newest.seq || isLater(slot, newest)))
      newest = slot;
  }
  if (newest === undefined) return 'unreadable';
  const { seq, pruned, cursors } = newest;
  return { seq, pruned, cursors };
}

function isLater(
  one: MarkState & { readonly written: number },
  other: MarkState & { readonly written: number },
): boolean {
  return one.seq === other.seq && one.written > other.written;
}

function readSlot(slot: Buffer): (MarkState & { readonly written: number }) | undefined {
  if (slot.length < HEADER_BYTES) return undefined;
  const json = slot.subarray(HEADER_BYTES, HEADER_BYTES + slot.readUInt32BE(4));
  if (json.length === 0 || json.length !== slot.readUInt32BE(4) || crc32(json) !== slot.readUInt32BE(0)) {
    return undefined;
  }
  return JSON.parse(json.toString()) as MarkState & { written: number };
}
