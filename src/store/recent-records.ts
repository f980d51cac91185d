import type { JournalRecord } from './journal.ts';

const RECORDS_MAX = 4096;
const BYTES_MAX = 8 * 1024 * 1024;

/**
 * The newest records that were read, in order and without a gap: several readers follow the journal closely, and the
 * first of them reads and parses for all. They share the records, and so change none.
 */
export class RecentRecords {
  #records: JournalRecord[] = [];
  #bytes: number[] = [];
  #total_bytes = 0;

  /** Records after `seq`, at most `limit`; undefined where the next one is not here. */
  after(seq: number, limit: number): JournalRecord[] | undefined {
    const [first] = this.#records;
    if (first === undefined) return undefined;
    const from = seq + 1 - first.seq;
    if (from < 0 || from >= this.#records.length) return undefined;
    return this.#records.slice(from, from + limit);
  }

  /** Keeps records that were read, with the length of each one's text, where they are newer than what is here. */
  keep(records: readonly JournalRecord[], bytes: readonly number[]): void {
    const newest = this.#records.at(-1)?.seq;
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined || (newest !== undefined && last.seq <= newest)) return;
    if (last.seq - first.seq !== records.length - 1) return;
    const from = newest === undefined ? 0 : newest + 1 - first.seq;
    if (from < 0) this.#clear();
    for (let index = Math.max(0, from); index < records.length; index += 1) {
      this.#records.push(records[index] as JournalRecord);
      this.#bytes.push(bytes[index] ?? 0);
      this.#total_bytes += bytes[index] ?? 0;
    }
    this.#trim();
  }

  /** Drops the records up to `seq`, which are in the journal no more. */
  forget(seq: number): void {
    const [first] = this.#records;
    if (first === undefined || seq < first.seq) return;
    this.#drop(Math.min(this.#records.length, seq + 1 - first.seq));
  }

  #clear(): void {
    this.#records = [];
    this.#bytes = [];
    this.#total_bytes = 0;
  }

  /** Down to half of what may be here, so that it is not for every record. */
  #trim(): void {
    if (this.#records.length <= RECORDS_MAX && this.#total_bytes <= BYTES_MAX) return;
    let count = 0;
    let left_bytes = this.#total_bytes;
    while (
      this.#records.length - count > RECORDS_MAX / 2 ||
      (left_bytes > BYTES_MAX / 2 && count < this.#records.length)
    ) {
      left_bytes -= this.#bytes[count] ?? 0;
      count += 1;
    }
    this.#drop(count);
  }

  /** Drops that many of the oldest. */
  #drop(count: number): void {
    for (let index = 0; index < count; index += 1) this.#total_bytes -= this.#bytes[index] ?? 0;
    this.#records = this.#records.slice(count);
    this.#bytes = this.#bytes.slice(count);
  }
}
