import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const ATTEMPTS_MAX = 50;
/** Above this many bytes waiting in the sockets, packets for UDP clients are left out. */
const QUEUE_BYTES_MAX = 4 * 2 ** 20;

/** The server's pair of UDP ports, RTP on the even one and RTCP on the next (RFC 3550, 11). */
export interface UdpPorts {
  readonly rtpPort: number;
  isClogged(): boolean;
  sendRtp(packet: Buffer, host: string, port: number): void;
  sendRtcp(packet: Buffer, host: string, port: number): void;
  close(): Promise<void>;
}

/** Binds the pair on `host`; `onReport` hears of every RTCP packet that comes back. */
export async function openUdpPorts(host: string, onReport: (from: RemoteInfo) => void): Promise<UdpPorts> {
  const [rtp, rtcp] = await bindPair(host);
  rtcp.on('message', (_data, from) => onReport(from));
  const ignore = (): void => {
    // Port unreachable and the like: the viewer is gone, its session times out.
  };
  for (const socket of [rtp, rtcp]) socket.on('error', ignore);
  return {
    rtpPort: rtp.address().port,
    isClogged: () => rtp.getSendQueueSize() > QUEUE_BYTES_MAX,
    sendRtp: (packet, to, port) => rtp.send(packet, port, to, ignore),
    sendRtcp: (packet, to, port) => rtcp.send(packet, port, to, ignore),
    close: async () => {
      await Promise.all([rtp, rtcp].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}

async function bindPair(host: string): Promise<[Socket, Socket]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const rtp = await bind(host, 0);
    if (rtp === undefined) break;
    const { port } = rtp.address();
    const rtcp = port % 2 === 0 ? await bind(host, port + 1) : undefined;
    if (rtcp !== undefined) return [rtp, rtcp];
    rtp.close();
  }
  throw new Error(`no pair of free UDP ports on ${host}`);
}

function bind(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => resolve(undefined));
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
