import { type Box, Mp4Error, needBox } from './mp4-boxes.ts';

/** How a track's samples are cut into NAL units, and the parameter sets that a decoder needs first. */
export interface CodecConfig {
  readonly codec: 'h264' | 'h265';
  /** Bytes of the length in front of each NAL unit of a sample: 1, 2 or 4. */
  readonly nalLengthBytes: number;
  /** In decoding order: (VPS,) SPS, PPS. */
  readonly parameterSets: readonly Buffer[];
}

/** Bytes of a visual sample entry before its child boxes (ISO/IEC 14496-12, 12.1.3). */
const VISUAL_ENTRY_BYTES = 78;
const H265_SETS = [32, 33, 34];

/** Reads `avcC` or `hvcC` of a sample entry. Other codecs are refused by name. */
export function readCodecConfig(buffer: Buffer, entry: Box): CodecConfig {
  if (entry.type !== 'avc1' && entry.type !== 'avc3' && entry.type !== 'hvc1' && entry.type !== 'hev1') {
    throw new Mp4Error(`codec '${entry.type}' is not served; H.264 (avc1, avc3) and H.265 (hvc1, hev1) are`);
  }
  const children: Box = { type: entry.type, body: entry.body + VISUAL_ENTRY_BYTES, end: entry.end };
  const h264 = entry.type.startsWith('avc');
  const box = needBox(buffer, children, [h264 ? 'avcC' : 'hvcC']);
  const record = buffer.subarray(box.body, box.end);
  try {
    const config = h264 ? readAvcC(record) : readHvcC(record);
    if (config.parameterSets.length < (h264 ? 2 : 3))
      throw new Mp4Error(`'${box.type}' holds no parameter sets`);
    return config;
  } catch (error) {
    if (error instanceof RangeError) throw new Mp4Error(`box '${box.type}' is cut off`);
    throw error;
  }
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.3.3.1. */
function readAvcC(record: Buffer): CodecConfig {
  const parameterSets: Buffer[] = [];
  let at = 6;
  const take = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const length = record.readUInt16BE(at);
      parameterSets.push(slice(record, at + 2, length));
      at += 2 + length;
    }
  };
  take(record.readUInt8(5) & 0x1f);
  at += 1;
  take(record.readUInt8(at - 1));
  return { codec: 'h264', nalLengthBytes: (record.readUInt8(4) & 3) + 1, parameterSets };
}

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1. */
function readHvcC(record: Buffer): CodecConfig {
  const sets: { type: number; nal: Buffer }[] = [];
  let at = 23;
  for (let array = record.readUInt8(22); array > 0; array -= 1) {
    const type = record.readUInt8(at) & 0x3f;
    let left = record.readUInt16BE(at + 1);
    at += 3;
    for (; left > 0; left -= 1) {
      const length = record.readUInt16BE(at);
      // SEI may be listed too; only parameter sets are announced and repeated.
      if (H265_SETS.includes(type)) sets.push({ type, nal: slice(record, at + 2, length) });
      at += 2 + length;
    }
  }
  const parameterSets = sets.sort((a, b) => a.type - b.type).map(({ nal }) => nal);
  return { codec: 'h265', nalLengthBytes: (record.readUInt8(21) & 3) + 1, parameterSets };
}

function slice(record: Buffer, at: number, length: number): Buffer {
  if (length === 0 || at + length > record.length) throw new RangeError('parameter set overruns its record');
  return Buffer.from(record.subarray(at, at + length));
}
