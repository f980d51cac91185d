import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VideoTrack } from '../../../simulators/rtsp-server/mp4-file.ts';
import { encodeSenderReport } from '../../../simulators/rtsp-server/rtcp.ts';
import {
  packSample,
  RTP_PAYLOAD_BYTES_MAX,
  rtpTimestamp,
  splitNals,
} from '../../../simulators/rtsp-server/rtp-packets.ts';

const SETS = {
  h264: [
    [0x67, 1],
    [0x68, 2],
  ],
  h265: [
    [0x40, 1, 9],
    [0x42, 1, 9],
    [0x44, 1, 9],
  ],
};

function track(codec: 'h264' | 'h265'): VideoTrack {
  const samples = {
    count: 1,
    offsets: new Float64Array(1),
    sizes: new Uint32Array(1),
    dts: new Float64Array(1),
    cts: new Int32Array(1),
    sync: new Uint8Array(1),
    duration_ticks: 1,
  };
  const parameterSets = SETS[codec].map((bytes) => Buffer.from(bytes));
  return { codec, nalLengthBytes: 4, parameterSets, timescale_hz: 25, width_px: 1, height_px: 1, samples };
}

function sampleOf(nals: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return [length, nal];
    }),
  );
}

/** Puts payloads together again as a receiver does (RFC 6184 5.8, RFC 7798 4.4.3). */
function unpack(codec: 'h264' | 'h265', payloads: readonly Buffer[]): Buffer[] {
  const nals: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const payload of payloads) {
    const [first = 0, second = 0, third = 0] = payload;
    const fu = codec === 'h264' ? (first & 0x1f) === 28 : ((first >> 1) & 0x3f) === 49;
    if (!fu) {
      nals.push(payload);
      continue;
    }
    const flags = codec === 'h264' ? second : third;
    if ((flags & 0x80) !== 0) {
      const header =
        codec === 'h264'
          ? [(first & 0xe0) | (flags & 0x1f)]
          : [(first & 0x81) | ((flags & 0x3f) << 1), second];
      parts = [Buffer.from(header)];
    }
    parts.push(payload.subarray(codec === 'h264' ? 2 : 3));
    if ((flags & 0x40) !== 0) nals.push(Buffer.concat(parts));
  }
  return nals;
}

describe('RTP payloads', () => {
  it.each(['h264', 'h265'] as const)('give back every NAL unit of %s, whatever its length', (codec) => {
    const header = codec === 'h264' ? [0x65] : [0x26, 1];
    const nal = fc
      .integer({ min: 1, max: 5_000 })
      .map((length) => Buffer.from([...header, ...Buffer.alloc(length, length)]));
    fc.assert(
      fc.property(fc.array(nal, { minLength: 1, maxLength: 4 }), fc.boolean(), (nals, key) => {
        const payloads = packSample(track(codec), sampleOf(nals), key);
        expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(RTP_PAYLOAD_BYTES_MAX);
        const wanted = key ? [...track(codec).parameterSets, ...nals] : nals;
        const given = unpack(codec, payloads);
        // Comparing as text: deep equality of large buffers takes seconds.
        expect(given.map((part) => part.toString('base64'))).toEqual(
          wanted.map((part) => part.toString('base64')),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('do not repeat parameter sets that a key frame brings itself', () => {
    const inBand = [Buffer.from([0x67, 7]), Buffer.from([0x68, 8]), Buffer.from([0x65, 1])];
    expect(packSample(track('h264'), sampleOf(inBand), true)).toEqual(inBand);
  });

  it('cut a damaged sample short instead of reading beyond it', () => {
    expect(splitNals(Buffer.from([0, 0, 0, 2, 0x65, 1, 0, 0, 0, 9, 1]), 4)).toEqual([Buffer.from([0x65, 1])]);
  });

  it('carry exact times after weeks, modulo 2^32', () => {
    const weeks_s = 40 * 7 * 86_400;
    expect(rtpTimestamp(weeks_s * 12_800 + 512, 12_800)).toBe((weeks_s * 90_000 + 3_600) % 2 ** 32);
  });
});

it('encodes a sender report as RFC 3550 6.4.1 lays it out', () => {
  const at_ms = Date.UTC(2026, 0, 1) + 500;
  const packet = encodeSenderReport({ ssrc: 0x11223344, at_ms, timestamp: 99, packets: 3, octets: 70 });
  expect(packet.length % 4).toBe(0);
  expect(packet.subarray(0, 8).toString('hex')).toBe('80c8000611223344');
  expect(packet.readUInt32BE(8)).toBe(Math.floor(at_ms / 1_000) + 2_208_988_800);
  expect(packet.readUInt32BE(12)).toBe(2 ** 31);
  expect([packet.readUInt32BE(16), packet.readUInt32BE(20), packet.readUInt32BE(24)]).toEqual([99, 3, 70]);
  expect(packet.readUInt16BE(30)).toBe((packet.length - 32) / 4);
});
