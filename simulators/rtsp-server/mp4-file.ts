import { type FileHandle, open } from 'node:fs/promises';

import { type CodecConfig, readCodecConfig } from './codec-config.ts';
import { type Box, findBox, listBoxes, Mp4Error, needBox } from './mp4-boxes.ts';
import { readSampleTable, type SampleTable } from './sample-table.ts';

/** What an mp4's first H.264 or H.265 track says of itself. */
export interface VideoTrack extends CodecConfig {
  readonly timescale_hz: number;
  readonly width_px: number;
  readonly height_px: number;
  readonly samples: SampleTable;
}

/** An opened mp4: one reader, shared by every mount and client of the file. */
export interface Mp4Video {
  readonly track: VideoTrack;
  /** Bytes of sample `index`; at once where the file is kept in memory. */
  readSample(index: number): Buffer | Promise<Buffer>;
  close(): Promise<void>;
}

const MOOV_BYTES_MAX = 64 * 2 ** 20;
const TOP_LEVEL_BOXES_MAX = 10_000;
/** Files up to this size are read once and kept: with two hundred mounts the disk then has nothing to do. */
const IN_MEMORY_BYTES_MAX = 64 * 2 ** 20;

/** Opens an mp4 and reads its index. Every `Mp4Error` begins with the path. */
export async function openMp4(path: string): Promise<Mp4Video> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    if (!isFile) throw new Mp4Error('not a file');
    const track = parseMoov(await readMoov(file, size));
    checkExtent(track.samples, size);
    return size <= IN_MEMORY_BYTES_MAX ? await inMemory(track, file, size) : onDisk(track, file);
  } catch (error) {
    await file?.close();
    if (error instanceof Mp4Error) throw new Mp4Error(`${path}: ${error.message}`);
    if (error instanceof RangeError) throw new Mp4Error(`${path}: damaged mp4 (${error.message})`);
    if (error instanceof Error && 'code' in error)
      throw new Mp4Error(`${path}: cannot be read (${String(error.code)})`);
    throw error;
  }
}

/** Finds the first video track that can be served in the content of a `moov` box. */
export function parseMoov(moov: Buffer): VideoTrack {
  const root: Box = { type: 'moov', body: 0, end: moov.length };
  let refusal: Mp4Error | undefined;
  for (const trak of listBoxes(moov, 0, moov.length).filter(({ type }) => type === 'trak')) {
    const hdlr = findBox(moov, trak, ['mdia', 'hdlr']);
    if (hdlr === undefined || moov.toString('latin1', hdlr.body + 8, hdlr.body + 12) !== 'vide') continue;
    try {
      return parseTrack(moov, trak);
    } catch (error) {
      if (!(error instanceof Mp4Error)) throw error;
      refusal ??= error;
    }
  }
  if (findBox(moov, root, ['mvex']) !== undefined) throw new Mp4Error('fragmented mp4 files are not served');
  throw refusal ?? new Mp4Error('no video track');
}

function parseTrack(moov: Buffer, trak: Box): VideoTrack {
  const mdhd = needBox(moov, trak, ['mdia', 'mdhd']);
  const timescale_hz = moov.readUInt32BE(mdhd.body + (moov.readUInt8(mdhd.body) === 1 ? 20 : 12));
  if (timescale_hz === 0) throw new Mp4Error('the video track has a time scale of 0');
  const stbl = needBox(moov, trak, ['mdia', 'minf', 'stbl']);
  const stsd = needBox(moov, stbl, ['stsd']);
  const entry = listBoxes(moov, stsd.body + 8, stsd.end)[0];
  if (entry === undefined) throw new Mp4Error("box 'stsd' is empty");
  const config = readCodecConfig(moov, entry);
  return {
    ...config,
    timescale_hz,
    width_px: moov.readUInt16BE(entry.body + 24),
    height_px: moov.readUInt16BE(entry.body + 26),
    samples: readSampleTable(moov, stbl),
  };
}

async function readMoov(file: FileHandle, size: number): Promise<Buffer> {
  const header = Buffer.alloc(16);
  let at = 0;
  for (let box = 0; box < TOP_LEVEL_BOXES_MAX && at + 8 <= size; box += 1) {
    const { bytesRead } = await file.read(header, 0, 16, at);
    const type = header.toString('latin1', 4, 8);
    if (bytesRead < 8 || !/^[\x20-\x7e\xa9]{4}$/.test(type)) break;
    const short = header.readUInt32BE(0);
    const length = short === 0 ? size - at : short === 1 ? Number(header.readBigUInt64BE(8)) : short;
    const headerBytes = short === 1 ? 16 : 8;
    if (
      length < headerBytes ||
      (box === 0 && !['ftyp', 'moov', 'free', 'wide', 'mdat', 'skip'].includes(type))
    )
      break;
    if (type === 'moov') {
      if (at + length > size) throw new Mp4Error('the index (moov) is cut off');
      if (length > MOOV_BYTES_MAX)
        throw new Mp4Error(`the index (moov) is larger than ${MOOV_BYTES_MAX} bytes`);
      return readExactly(file, at + headerBytes, length - headerBytes);
    }
    at += length;
  }
  throw new Mp4Error(at === 0 ? 'not an mp4 file' : 'no index (moov) found; the recording may be unfinished');
}

function checkExtent(samples: SampleTable, size: number): void {
  for (let index = 0; index < samples.count; index += 1) {
    if ((samples.offsets[index] ?? 0) + (samples.sizes[index] ?? 0) > size) {
      throw new Mp4Error(`sample ${index} lies beyond the end of the file; it is cut off`);
    }
  }
}

async function inMemory(track: VideoTrack, file: FileHandle, size: number): Promise<Mp4Video> {
  const bytes = await readExactly(file, 0, size);
  await file.close();
  const { offsets, sizes } = track.samples;
  return {
    track,
    readSample: (index) => {
      const offset = offsets[index] ?? 0;
      return bytes.subarray(offset, offset + (sizes[index] ?? 0));
    },
    close: () => Promise.resolve(),
  };
}

function onDisk(track: VideoTrack, file: FileHandle): Mp4Video {
  const { offsets, sizes } = track.samples;
  return {
    track,
    readSample: (index) => readExactly(file, offsets[index] ?? 0, sizes[index] ?? 0),
    close: () => file.close(),
  };
}

async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0)
      throw new Mp4Error(`ends at byte ${offset + done}; ${length - done} more were expected`);
    done += bytesRead;
  }
  return bytes;
}
