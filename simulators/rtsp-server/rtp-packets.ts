import type { VideoTrack } from './mp4-file.ts';

/** Payload bytes of one RTP packet at most: fits an Ethernet frame with IP, UDP and RTP headers. */
export const RTP_PAYLOAD_BYTES_MAX = 1_400;
/** The dynamic payload type announced in the SDP. */
export const RTP_PAYLOAD_TYPE = 96;
const RTP_HEADER_BYTES = 12;
const RTP_CLOCK_HZ = 90_000;

/** One access unit cut into RTP payloads; every client adds its own headers. */
export interface RtpFrame {
  readonly payloads: readonly Buffer[];
  /** 90 kHz, modulo 2^32. */
  readonly timestamp: number;
  readonly key: boolean;
}

/** Cuts a length-prefixed sample into NAL units; a length that overruns ends the sample there. */
export function splitNals(sample: Buffer, nalLengthBytes: number): Buffer[] {
  const nals: Buffer[] = [];
  let at = 0;
  while (at + nalLengthBytes <= sample.length) {
    const length = sample.readUIntBE(at, nalLengthBytes);
    at += nalLengthBytes;
    if (at + length > sample.length) break;
    if (length > 0) nals.push(sample.subarray(at, at + length));
    at += length;
  }
  return nals;
}

/**
 * The RTP payloads of one sample: single NAL units, and FU-A (RFC 6184, 5.8) or FU (RFC 7798, 4.4.3)
 * where a unit is too long. Key frames begin with the parameter sets, so that a client can join there.
 */
export function packSample(track: VideoTrack, sample: Buffer, key: boolean): Buffer[] {
  const nals = splitNals(sample, track.nalLengthBytes);
  const payloads: Buffer[] = [];
  const h264 = track.codec === 'h264';
  const inBand = nals.some((nal) => isParameterSet(nal, h264));
  for (const nal of key && !inBand ? [...track.parameterSets, ...nals] : nals) {
    if (nal.length <= RTP_PAYLOAD_BYTES_MAX) payloads.push(nal);
    else if (h264) fragmentH264(nal, payloads);
    else fragmentH265(nal, payloads);
  }
  return payloads;
}

/** A complete RTP packet (RFC 3550, 5.1) written at `at` of `target`; gives the bytes written. */
export function writeRtp(
  target: Buffer,
  at: number,
  packet: { payload: Buffer; seq: number; timestamp: number; ssrc: number; marker: boolean },
): number {
  target.writeUInt8(0x80, at);
  target.writeUInt8((packet.marker ? 0x80 : 0) | RTP_PAYLOAD_TYPE, at + 1);
  target.writeUInt16BE(packet.seq & 0xffff, at + 2);
  target.writeUInt32BE(packet.timestamp, at + 4);
  target.writeUInt32BE(packet.ssrc, at + 8);
  packet.payload.copy(target, at + RTP_HEADER_BYTES);
  return RTP_HEADER_BYTES + packet.payload.length;
}

/** Bytes of an RTP packet around this payload. */
export function rtpBytes(payload: Buffer): number {
  return RTP_HEADER_BYTES + payload.length;
}

/** Ticks of any time scale as an RTP timestamp, exact however long the stream has run. */
export function rtpTimestamp(ticks: number, timescale_hz: number): number {
  const seconds = Math.floor(ticks / timescale_hz);
  const rest = ticks - seconds * timescale_hz;
  return (((seconds * RTP_CLOCK_HZ) % 2 ** 32) + Math.floor((rest * RTP_CLOCK_HZ) / timescale_hz)) % 2 ** 32;
}

function isParameterSet(nal: Buffer, h264: boolean): boolean {
  const first = nal[0] ?? 0;
  return h264 ? (first & 0x1f) === 7 : ((first >> 1) & 0x3f) === 33;
}

function fragmentH264(nal: Buffer, payloads: Buffer[]): void {
  const header = nal[0] ?? 0;
  fragment(nal, 1, payloads, (start, end) => [
    (header & 0xe0) | 28,
    (start ? 0x80 : 0) | (end ? 0x40 : 0) | (header & 0x1f),
  ]);
}

function fragmentH265(nal: Buffer, payloads: Buffer[]): void {
  const first = nal[0] ?? 0;
  const second = nal[1] ?? 0;
  fragment(nal, 2, payloads, (start, end) => [
    (first & 0x81) | (49 << 1),
    second,
    (start ? 0x80 : 0) | (end ? 0x40 : 0) | ((first >> 1) & 0x3f),
  ]);
}

function fragment(
  nal: Buffer,
  headerBytes: number,
  payloads: Buffer[],
  prefix: (start: boolean, end: boolean) => number[],
): void {
  const step = RTP_PAYLOAD_BYTES_MAX - headerBytes - 1;
  for (let at = headerBytes; at < nal.length; at += step) {
    const end = at + step >= nal.length;
    payloads.push(Buffer.concat([Buffer.from(prefix(at === headerBytes, end)), nal.subarray(at, at + step)]));
  }
}
