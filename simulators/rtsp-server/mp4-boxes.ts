/** Why a file cannot be served: it is no mp4, is damaged, or holds a codec that is not served. */
export class Mp4Error extends Error {
  override readonly name = 'Mp4Error';
}

/** One ISO base media box: four-character type, and where its content lies in the buffer. */
export interface Box {
  readonly type: string;
  readonly body: number;
  readonly end: number;
}

/** The boxes between `from` and `to` (ISO/IEC 14496-12, 4.2); sizes that overrun are an error. */
export function listBoxes(buffer: Buffer, from: number, to: number): Box[] {
  const found: Box[] = [];
  let at = from;
  while (at + 8 <= to) {
    const size = buffer.readUInt32BE(at);
    const type = buffer.toString('latin1', at + 4, at + 8);
    const long = size === 1;
    if (long && at + 16 > to) throw new Mp4Error(`box '${type}' at byte ${at} is cut off`);
    const length = size === 0 ? to - at : long ? Number(buffer.readBigUInt64BE(at + 8)) : size;
    const header = long ? 16 : 8;
    if (length < header || at + length > to)
      throw new Mp4Error(`box '${type}' at byte ${at} overruns its parent`);
    found.push({ type, body: at + header, end: at + length });
    at += length;
  }
  return found;
}

/** The first box found by walking down `path`, or undefined. */
export function findBox(buffer: Buffer, parent: Box, path: readonly string[]): Box | undefined {
  let box: Box | undefined = parent;
  for (const type of path) {
    if (box === undefined) return undefined;
    box = listBoxes(buffer, box.body, box.end).find((child) => child.type === type);
  }
  return box;
}

/** As `findBox`, where the box must be there. */
export function needBox(buffer: Buffer, parent: Box, path: readonly string[]): Box {
  const box = findBox(buffer, parent, path);
  if (box === undefined) throw new Mp4Error(`no '${path.join('/')}' box inside '${parent.type}'`);
  return box;
}

/** The rows of a full box that is a counted table; refuses counts that the box cannot hold. */
export function tableRows(
  buffer: Buffer,
  box: Box,
  rowBytes: number,
  skip = 4,
): { readonly count: number; readonly at: number } {
  const countAt = box.body + skip;
  if (countAt + 4 > box.end) throw new Mp4Error(`box '${box.type}' is cut off`);
  const count = buffer.readUInt32BE(countAt);
  const at = countAt + 4;
  if (at + count * rowBytes > box.end)
    throw new Mp4Error(`box '${box.type}' claims ${count} rows, more than it holds`);
  return { count, at };
}
