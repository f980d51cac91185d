import type { Socket } from 'node:net';

import type { LiveStream } from './live-stream.ts';
import { RtpClient, type RtpRoute } from './rtp-client.ts';
import type { UdpPorts } from './udp-ports.ts';

/** What a viewer set up: one track of one mount over one transport (RFC 2326, 3.4). */
export class RtspSession {
  readonly id: string;
  readonly path: string;
  readonly client: RtpClient;
  /** When the client was last heard of, on the monotonic clock. */
  heard_ms: number = performance.now();
  private readonly stream: LiveStream;
  private isPlaying = false;

  constructor(id: string, path: string, stream: LiveStream, route: RtpRoute) {
    this.id = id;
    this.path = path;
    this.stream = stream;
    this.client = new RtpClient(route);
  }

  get playing(): boolean {
    return this.isPlaying;
  }

  /** Begins at the next key frame; returns its RTP timestamp. */
  play(): number {
    this.isPlaying = true;
    return this.stream.attach(this.client);
  }

  /** Stops sending; harmless when already stopped. */
  pause(): void {
    if (this.isPlaying) this.stream.detach(this.client);
    this.isPlaying = false;
  }
}

/** Bytes waiting for a TCP client above which frames are dropped up to a key frame. */
export const TCP_BACKLOG_BYTES_MAX = 2 * 2 ** 20;

/** Packets interleaved on the RTSP connection, RTP on `channel` and RTCP on the next (RFC 2326, 10.12). */
export function tcpRoute(socket: Socket, channel: number): RtpRoute {
  const framed = (packet: Buffer, on: number): Buffer[] => {
    const header = Buffer.from([0x24, on, 0, 0]);
    header.writeUInt16BE(packet.length, 2);
    return [header, packet];
  };
  return {
    isClogged: () => socket.writableLength > TCP_BACKLOG_BYTES_MAX,
    // One write a frame: many small writes would cost a system call each.
    sendRtp: (packets) => {
      if (!socket.destroyed)
        socket.write(Buffer.concat(packets.flatMap((packet) => framed(packet, channel))));
    },
    sendRtcp: (packet) => {
      if (!socket.destroyed) socket.write(Buffer.concat(framed(packet, channel + 1)));
    },
  };
}

/** Packets to a viewer's own UDP ports. */
export function udpRoute(ports: UdpPorts, host: string, rtpPort: number, rtcpPort: number): RtpRoute {
  return {
    isClogged: () => ports.isClogged(),
    sendRtp: (packets) => {
      for (const packet of packets) ports.sendRtp(packet, host, rtpPort);
    },
    sendRtcp: (packet) => ports.sendRtcp(packet, host, rtcpPort),
  };
}
