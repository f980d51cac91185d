import { randomInt } from 'node:crypto';

import { encodeSenderReport } from './rtcp.ts';
import { type RtpFrame, rtpBytes, writeRtp } from './rtp-packets.ts';

/** Where a client's packets go: interleaved on its connection, or to its UDP ports. */
export interface RtpRoute {
  /** True while the way out is clogged; frames are then left out up to a key frame. */
  isClogged(): boolean;
  sendRtp(packets: readonly Buffer[]): void;
  sendRtcp(packet: Buffer): void;
}

const REPORT_INTERVAL_MS = 5_000;

/** One viewer of a stream: its own SSRC and sequence numbers, and its place at key frames. */
export class RtpClient {
  readonly ssrc: number = randomInt(1, 2 ** 32);
  /** Sequence number of the next packet. */
  seq: number = randomInt(0, 2 ** 15);
  private readonly route: RtpRoute;
  private waitsForKey = true;
  private packets = 0;
  private octets = 0;
  private reported_ms = Number.NEGATIVE_INFINITY;

  constructor(route: RtpRoute) {
    this.route = route;
  }

  /**
   * Sends a frame, or leaves it out: before the first key frame, and from a clog on to the next key frame.
   * Gives false where a frame was dropped that the viewer should have had.
   */
  deliver(frame: RtpFrame): boolean {
    if (this.waitsForKey && !frame.key) {
      return this.packets === 0;
    }
    this.waitsForKey = this.route.isClogged();
    if (this.waitsForKey) return false;
    const last = frame.payloads.length - 1;
    const packets = frame.payloads.map((payload, index) => {
      const packet = Buffer.allocUnsafe(rtpBytes(payload));
      const { timestamp } = frame;
      writeRtp(packet, 0, { payload, seq: this.seq, timestamp, ssrc: this.ssrc, marker: index === last });
      this.seq = (this.seq + 1) & 0xffff;
      this.octets += payload.length;
      return packet;
    });
    this.packets += packets.length;
    this.route.sendRtp(packets);
    return true;
  }

  /** Sends a sender report when one is due. `timestamp` is the media time at wall-clock time `at_ms`. */
  report(now_ms: number, at_ms: number, timestamp: number): void {
    if (this.packets === 0 || now_ms - this.reported_ms < REPORT_INTERVAL_MS || this.route.isClogged())
      return;
    this.reported_ms = now_ms;
    const { ssrc, packets, octets } = this;
    this.route.sendRtcp(encodeSenderReport({ ssrc, at_ms, timestamp, packets, octets }));
  }
}
