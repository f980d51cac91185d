/** Bytes `first` to `last`, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const SINGLE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * Reads a `Range` header for a file of `size_bytes` (RFC 9110, 14.2). Undefined means the whole file: no range
 * given, several at once (which a server may ignore), or a unit that we do not know. `unsatisfiable` is 416.
 */
export function parseRange(
  header: string | undefined,
  size_bytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = SINGLE_RANGE.exec(header ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size_bytes);
    return length === 0 ? 'unsatisfiable' : { first: size_bytes - length, last: size_bytes - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= size_bytes) return 'unsatisfiable';
  return { first, last: to === '' ? size_bytes - 1 : Math.min(Number(to), size_bytes - 1) };
}
