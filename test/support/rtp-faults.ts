/** An interleaved packet: even channels carry RTP, odd ones RTCP. Changed in place. */
export type ChangePacket = (channel: number, packet: Buffer) => void;

const DOLLAR = 0x24;
const RTP_HEADER_BYTES = 12;
const SENDER_REPORT = 200;

/**
 * Cuts what an RTSP server sends into interleaved packets (RFC 2326, 10.12), however it is chunked, and lets `change`
 * alter them; answers pass as they are.
 */
export function onPackets(change: ChangePacket): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] !== DOLLAR) {
        const next = bytes.indexOf(DOLLAR, at);
        at = next < 0 ? bytes.length : next;
        continue;
      }
      const end = at + 4 + (bytes.length - at < 4 ? 0 : bytes.readUInt16BE(at + 2));
      if (end > bytes.length || bytes.length - at < 4) break;
      change(bytes[at + 1] ?? 0, bytes.subarray(at + 4, end));
      at = end;
    }
    rest = Buffer.from(bytes.subarray(at));
    return bytes.subarray(0, at);
  };
}

/** Flips bits behind the headers of one RTP packet in `every`, as a bad line does; the same ones each time. */
export function flipBits(every: number): ChangePacket {
  let count = 0;
  let seed = 1;
  return (channel, packet) => {
    if (channel % 2 === 1 || packet.length <= RTP_HEADER_BYTES + 2) return;
    count += 1;
    if (count % every !== 0) return;
    for (let n = 0; n < 8; n += 1) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const at = RTP_HEADER_BYTES + (seed % (packet.length - RTP_HEADER_BYTES));
      packet[at] = (packet[at] ?? 0) ^ (1 << (seed >>> 29));
    }
  };
}

/** Moves a camera's clock by so many seconds, in its RTP time stamps (90 kHz) and in its sender reports. */
export function moveClock(seconds: () => number): ChangePacket {
  return (channel, packet) => {
    const ticks = seconds() * 90_000;
    if (channel % 2 === 0) packet.writeUInt32BE((packet.readUInt32BE(4) + ticks) >>> 0, 4);
    else if (packet[1] === SENDER_REPORT) {
      packet.writeUInt32BE((packet.readUInt32BE(8) + seconds()) >>> 0, 8);
      packet.writeUInt32BE((packet.readUInt32BE(16) + ticks) >>> 0, 16);
    }
  };
}
