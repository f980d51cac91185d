/** A value of a record; blobs come as buffers. */
export type SqliteValue = number | string | Buffer | null;

/** A row of a leaf page of a table with row ids. */
export interface LeafRow {
  readonly rowid: number;
  readonly values: readonly SqliteValue[];
}

const TABLE_LEAF = 0x0d;
/** More columns than this, or larger records, are noise that looks like a page. */
const COLUMNS_MAX = 64;
const PAYLOAD_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Reads the rows of a table leaf page (SQLite file format, sections 1.6 and 2.1), leaving out those that make no
 * sense: it is made for pages of which something may be broken. `pageOf` gives overflow pages. Other pages
 * have no rows.
 */
export function leafRows(
  page: Buffer,
  headerAt: number,
  pageOf: (number: number) => Buffer | undefined,
): LeafRow[] {
  if (page[headerAt] !== TABLE_LEAF) return [];
  const count = page.readUInt16BE(headerAt + 3);
  const rows: LeafRow[] = [];
  for (let cell = 0; cell < count; cell += 1) {
    const pointerAt = headerAt + 8 + cell * 2;
    if (pointerAt + 2 > page.length) break;
    try {
      const row = readCell(page, page.readUInt16BE(pointerAt), pageOf);
      if (row !== undefined) rows.push(row);
    } catch (error) {
      // A length that points out of the page.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return rows;
}

function readCell(
  page: Buffer,
  at: number,
  pageOf: (number: number) => Buffer | undefined,
): LeafRow | undefined {
  const size = varint(page, at);
  const rowid = varint(page, size.next);
  if (size.value > PAYLOAD_BYTES_MAX || size.value <= 0) return undefined;
  const payload = readPayload(page, rowid.next, size.value, pageOf);
  const values = payload === undefined ? undefined : readRecord(payload);
  return values === undefined ? undefined : { rowid: rowid.value, values };
}

/** The part in the page, and the rest from the chain of overflow pages. */
function readPayload(
  page: Buffer,
  at: number,
  length: number,
  pageOf: (number: number) => Buffer | undefined,
): Buffer | undefined {
  const usable = page.length;
  if (length <= usable - 35) {
    return at + length <= page.length ? page.subarray(at, at + length) : undefined;
  }
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const local = fitting <= usable - 35 ? fitting : least;
  if (at + local + 4 > page.length) return undefined;
  const parts = [page.subarray(at, at + local)];
  let missing = length - local;
  let next = page.readUInt32BE(at + local);
  while (missing > 0) {
    const overflow = pageOf(next);
    if (overflow === undefined) return undefined;
    const part = overflow.subarray(4, 4 + Math.min(missing, usable - 4));
    parts.push(part);
    missing -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function readRecord(payload: Buffer): SqliteValue[] | undefined {
  const header = varint(payload, 0);
  if (header.value > payload.length) return undefined;
  const values: SqliteValue[] = [];
  let at = header.next;
  let bodyAt = header.value;
  while (at < header.value) {
    const type = varint(payload, at);
    at = type.next;
    const length = lengthOf(type.value);
    if (length === undefined || bodyAt + length > payload.length || values.length >= COLUMNS_MAX)
      return undefined;
    values.push(readValue(type.value, payload.subarray(bodyAt, bodyAt + length)));
    bodyAt += length;
  }
  return values;
}

const FIXED_BYTES: readonly (number | undefined)[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number | undefined {
  return type >= 12 ? Math.floor((type - 12) / 2) : FIXED_BYTES[type];
}

function readValue(type: number, bytes: Buffer): SqliteValue {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  if (type < 6) return bytes.readIntBE(0, bytes.length);
  return type % 2 === 1 ? bytes.toString('utf8') : Buffer.from(bytes);
}

/** A big-endian number of one to nine bytes. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = bytes.readUInt8(at + i);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return { value: value * 256 + bytes.readUInt8(at + 8), next: at + 9 };
}
