/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_S = 2_208_988_800;
const CNAME = Buffer.from('xuncheng-simulator', 'latin1');

/** What a sender report says: how much was sent, and which RTP time belongs to which wall-clock time. */
export interface SenderReport {
  readonly ssrc: number;
  readonly at_ms: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** A compound RTCP packet of sender report and CNAME (RFC 3550, 6.4.1 and 6.5.1). */
export function encodeSenderReport(report: SenderReport): Buffer {
  const itemBytes = 4 + 2 + CNAME.length + 1;
  const sdesWords = Math.ceil(itemBytes / 4);
  const packet = Buffer.alloc(28 + 4 + sdesWords * 4);
  const seconds = Math.floor(report.at_ms / 1_000);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(200, 1);
  packet.writeUInt16BE(6, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE((seconds + NTP_EPOCH_S) % 2 ** 32, 8);
  packet.writeUInt32BE(Math.floor(((report.at_ms - seconds * 1_000) / 1_000) * 2 ** 32), 12);
  packet.writeUInt32BE(report.timestamp, 16);
  packet.writeUInt32BE(report.packets % 2 ** 32, 20);
  packet.writeUInt32BE(report.octets % 2 ** 32, 24);
  packet.writeUInt8(0x81, 28);
  packet.writeUInt8(202, 29);
  packet.writeUInt16BE(sdesWords, 30);
  packet.writeUInt32BE(report.ssrc, 32);
  packet.writeUInt8(1, 36);
  packet.writeUInt8(CNAME.length, 37);
  CNAME.copy(packet, 38);
  return packet;
}
