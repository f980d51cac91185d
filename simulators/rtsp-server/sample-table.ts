import { type Box, findBox, Mp4Error, needBox, tableRows } from './mp4-boxes.ts';

/** Where every sample of a track lies and when it is due, in ticks of the track's time scale. */
export interface SampleTable {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  /** Decoding time from the track's start. */
  readonly dts: Float64Array;
  /** Presentation minus decoding time; all 0 where there are no B frames. */
  readonly cts: Int32Array;
  /** 1 where decoding can begin. */
  readonly sync: Uint8Array;
  /** Sum of all sample durations: the length of one loop. */
  readonly duration_ticks: number;
}

/** Five million samples are 55 hours at 25 frames a second. */
const SAMPLES_MAX = 5_000_000;

/** Expands the tables of an `stbl` box (ISO/IEC 14496-12, 8.6 and 8.7). */
export function readSampleTable(buffer: Buffer, stbl: Box): SampleTable {
  const sizes = readSizes(buffer, needBox(buffer, stbl, ['stsz']));
  const count = sizes.length;
  if (count === 0) throw new Mp4Error('the video track has no samples (fragmented files are not served)');
  const { dts, duration_ticks } = readDecodingTimes(buffer, needBox(buffer, stbl, ['stts']), count);
  const ctts = findBox(buffer, stbl, ['ctts']);
  const stss = findBox(buffer, stbl, ['stss']);
  return {
    count,
    sizes,
    offsets: readOffsets(buffer, stbl, sizes),
    dts,
    cts: ctts === undefined ? new Int32Array(count) : readCompositionOffsets(buffer, ctts, count),
    sync: stss === undefined ? new Uint8Array(count).fill(1) : readSyncSamples(buffer, stss, count),
    duration_ticks,
  };
}

function readSizes(buffer: Buffer, stsz: Box): Uint32Array {
  if (stsz.body + 12 > stsz.end) throw new Mp4Error("box 'stsz' is cut off");
  const same = buffer.readUInt32BE(stsz.body + 4);
  const { count, at } = tableRows(buffer, stsz, same === 0 ? 4 : 0, 8);
  if (count > SAMPLES_MAX)
    throw new Mp4Error(`${count} samples, more than the ${SAMPLES_MAX} that are served`);
  const sizes = new Uint32Array(count).fill(same);
  if (same === 0)
    for (let index = 0; index < count; index += 1) sizes[index] = buffer.readUInt32BE(at + index * 4);
  return sizes;
}

function readDecodingTimes(
  buffer: Buffer,
  stts: Box,
  count: number,
): { dts: Float64Array; duration_ticks: number } {
  const dts = new Float64Array(count);
  const rows = tableRows(buffer, stts, 8);
  let sample = 0;
  let time = 0;
  for (let row = 0; row < rows.count; row += 1) {
    const delta = buffer.readUInt32BE(rows.at + row * 8 + 4);
    for (let left = buffer.readUInt32BE(rows.at + row * 8); left > 0 && sample < count; left -= 1) {
      dts[sample] = time;
      time += delta;
      sample += 1;
    }
  }
  if (sample < count) throw new Mp4Error(`'stts' times ${sample} of ${count} samples`);
  if (time === 0) throw new Mp4Error('the video track has no duration');
  return { dts, duration_ticks: time };
}

function readCompositionOffsets(buffer: Buffer, ctts: Box, count: number): Int32Array {
  const cts = new Int32Array(count);
  const rows = tableRows(buffer, ctts, 8);
  let sample = 0;
  for (let row = 0; row < rows.count; row += 1) {
    // Signed in version 1; version 0 values beyond 2^31 do not occur in sane files.
    const offset = buffer.readInt32BE(rows.at + row * 8 + 4);
    for (let left = buffer.readUInt32BE(rows.at + row * 8); left > 0 && sample < count; left -= 1) {
      cts[sample] = offset;
      sample += 1;
    }
  }
  return cts;
}

function readSyncSamples(buffer: Buffer, stss: Box, count: number): Uint8Array {
  const sync = new Uint8Array(count);
  const rows = tableRows(buffer, stss, 4);
  for (let row = 0; row < rows.count; row += 1) {
    const sample = buffer.readUInt32BE(rows.at + row * 4) - 1;
    if (sample >= 0 && sample < count) sync[sample] = 1;
  }
  if (!sync.includes(1)) throw new Mp4Error('the video track has no key frame');
  return sync;
}

function readOffsets(buffer: Buffer, stbl: Box, sizes: Uint32Array): Float64Array {
  const co64 = findBox(buffer, stbl, ['co64']);
  const chunkBox = co64 ?? needBox(buffer, stbl, ['stco']);
  const chunks = tableRows(buffer, chunkBox, co64 === undefined ? 4 : 8);
  const stsc = tableRows(buffer, needBox(buffer, stbl, ['stsc']), 12);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  let run = 0;
  for (let chunk = 1; chunk <= chunks.count && sample < sizes.length; chunk += 1) {
    while (run + 1 < stsc.count && buffer.readUInt32BE(stsc.at + (run + 1) * 12) <= chunk) run += 1;
    const perChunk = stsc.count === 0 ? 0 : buffer.readUInt32BE(stsc.at + run * 12 + 4);
    const row = chunk - 1;
    let offset =
      co64 === undefined
        ? buffer.readUInt32BE(chunks.at + row * 4)
        : Number(buffer.readBigUInt64BE(chunks.at + row * 8));
    for (let left = perChunk; left > 0 && sample < sizes.length; left -= 1) {
      offsets[sample] = offset;
      offset += sizes[sample] ?? 0;
      sample += 1;
    }
  }
  if (sample < sizes.length)
    throw new Mp4Error(`the chunk tables place ${sample} of ${sizes.length} samples`);
  return offsets;
}
