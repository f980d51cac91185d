import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import type { LiveStream } from './live-stream.ts';
import { challenges, isAuthorized, type RtspCredentials } from './rtsp-auth.ts';
import { encodeResponse, type RtspInput, RtspReader, type RtspRequest } from './rtsp-message.ts';
import { RtspSession, TCP_BACKLOG_BYTES_MAX, tcpRoute, udpRoute } from './rtsp-session.ts';
import { describeTrack, TRACK_CONTROL } from './sdp.ts';
import { chooseTransport, type TransportRequest } from './transport.ts';
import type { UdpPorts } from './udp-ports.ts';

/** A camera of the server. */
export interface Mount {
  readonly path: string;
  readonly stream: LiveStream;
  readonly credentials?: RtspCredentials;
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly udp: UdpPorts;
  readonly session_timeout_s: number;
  findMount(path: string): Mount | undefined;
  /** Sessions that RTCP from this address keeps alive. */
  readonly udpSessions: Map<string, RtspSession>;
}

type Headers = [string, string][];
interface Answer {
  readonly status: number;
  readonly headers?: Headers;
  readonly body?: string;
}

const METHODS = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'GET_PARAMETER', 'TEARDOWN'];
/** Methods of RFC 2326 that a camera that only plays does not have. */
const UNSERVED = ['ANNOUNCE', 'RECORD', 'REDIRECT', 'SET_PARAMETER'];
const SESSIONS_MAX = 4;
const WRONG_PASSWORDS_MAX = 5;

/** One TCP connection of a client: answers its requests and owns its sessions. */
export class RtspConnection {
  private readonly socket: Socket;
  private readonly host: ConnectionHost;
  private readonly reader = new RtspReader();
  private readonly nonce = randomBytes(16).toString('hex');
  private readonly sessions = new Map<string, RtspSession>();
  private readonly channels = new Map<number, RtspSession>();
  private wrongPasswords = 0;
  private heard_ms = performance.now();

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket;
    this.host = host;
  }

  start(): void {
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => {
      for (const input of this.reader.push(chunk)) this.take(input);
    });
  }

  /** Ends every session; the socket is destroyed. */
  stop(): void {
    for (const session of [...this.sessions.values()]) this.endSession(session);
    this.socket.destroy();
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** True where the connection watches this stream. */
  watches(path: string): boolean {
    return [...this.sessions.values()].some((session) => session.path === path);
  }

  /** Ends what has been silent for longer than the timeout; gives true where the connection is to go. */
  expire(now_ms: number): boolean {
    // Five seconds of grace: clients send their keep-alive shortly before the timeout that they were told.
    const oldest_ms =
      now_ms - (this.host.session_timeout_s + Math.min(5, this.host.session_timeout_s)) * 1_000;
    for (const session of [...this.sessions.values()]) {
      if (session.heard_ms >= oldest_ms) continue;
      this.endSession(session);
      if (this.sessions.size === 0) return true;
    }
    return this.sessions.size === 0 && this.heard_ms < oldest_ms;
  }

  private take(input: RtspInput): void {
    if (this.socket.destroyed) return;
    this.heard_ms = performance.now();
    if (input.kind === 'bad') {
      this.socket.end(encodeResponse(input.status, undefined, [['Connection', 'close']]));
    } else if (input.kind === 'interleaved') {
      const session = this.channels.get(input.channel & ~1);
      if (session !== undefined) session.heard_ms = this.heard_ms;
    } else {
      this.reply(input);
    }
  }

  private reply(request: RtspRequest): void {
    const cseq = request.headers.get('cseq');
    const answer = cseq === undefined || !/^\d{1,10}$/.test(cseq) ? { status: 400 } : this.answer(request);
    const { status, headers = [], body }: Answer = answer;
    this.socket.write(encodeResponse(status, cseq, headers, body));
    const floods = this.socket.writableLength > 2 * TCP_BACKLOG_BYTES_MAX;
    if (this.wrongPasswords > WRONG_PASSWORDS_MAX || floods) this.socket.destroySoon();
  }

  private answer(request: RtspRequest): Answer {
    if (request.version !== 'RTSP/1.0') return { status: 505 };
    const required = request.headers.get('require');
    if (required !== undefined) return { status: 551, headers: [['Unsupported', required]] };
    if (UNSERVED.includes(request.method)) return { status: 405, headers: [['Allow', METHODS.join(', ')]] };
    if (!METHODS.includes(request.method)) return { status: 501 };
    const session = this.sessions.get((request.headers.get('session') ?? '').split(';')[0]?.trim() ?? '');
    if (session !== undefined) session.heard_ms = this.heard_ms;
    if (request.method === 'OPTIONS') return { status: 200, headers: [['Public', METHODS.join(', ')]] };
    const target = parseTarget(request.uri);
    if (target === undefined) return { status: 400 };
    const mount = this.host.findMount(target.path);
    if (mount === undefined) return { status: 404 };
    if (!this.isAllowed(request, mount)) return { status: 401, headers: challenges(this.nonce) };
    if (request.method === 'DESCRIBE') return describe(request, mount, this.socket.localFamily === 'IPv6');
    if (request.method === 'SETUP') return this.setup(request, mount, target.control, session);
    if (request.method === 'GET_PARAMETER' && !request.headers.has('session')) return { status: 200 };
    if (session === undefined || session.path !== mount.path) return { status: 454 };
    return this.control(request, session);
  }

  private isAllowed(request: RtspRequest, mount: Mount): boolean {
    if (mount.credentials === undefined) return true;
    const header = request.headers.get('authorization');
    const { method, uri } = request;
    const allowed = isAuthorized(header, mount.credentials, { method, uri, nonce: this.nonce });
    if (!allowed && header !== undefined) this.wrongPasswords += 1;
    return allowed;
  }

  private setup(
    request: RtspRequest,
    mount: Mount,
    control: string,
    existing: RtspSession | undefined,
  ): Answer {
    if (control !== '' && control !== TRACK_CONTROL) return { status: 404 };
    // The one track is set up once; changing the transport of a session is not served (RFC 2326, 10.4).
    if (existing !== undefined) return { status: 455 };
    if (request.headers.has('session')) return { status: 454 };
    if (this.sessions.size >= SESSIONS_MAX) return { status: 503 };
    const transport = chooseTransport(request.headers.get('transport') ?? '');
    if (transport === undefined) return { status: 461 };
    const id = randomBytes(8).toString('hex');
    const made =
      transport.kind === 'tcp' ? this.overTcp(id, mount, transport) : this.overUdp(id, mount, transport);
    this.sessions.set(id, made.session);
    const ssrc = made.session.client.ssrc.toString(16).padStart(8, '0').toUpperCase();
    return {
      status: 200,
      headers: [['Transport', `${made.transport};ssrc=${ssrc}`], this.sessionHeader(made.session)],
    };
  }

  private overTcp(
    id: string,
    mount: Mount,
    asked: Extract<TransportRequest, { kind: 'tcp' }>,
  ): { session: RtspSession; transport: string } {
    let channel = (asked.channel ?? 0) & ~1;
    while (this.channels.has(channel)) channel = (channel + 2) % 256;
    const session = new RtspSession(id, mount.path, mount.stream, tcpRoute(this.socket, channel));
    this.channels.set(channel, session);
    return { session, transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}` };
  }

  private overUdp(
    id: string,
    mount: Mount,
    asked: Extract<TransportRequest, { kind: 'udp' }>,
  ): { session: RtspSession; transport: string } {
    const { udp } = this.host;
    const address = this.socket.remoteAddress ?? '';
    const route = udpRoute(udp, address, asked.rtpPort, asked.rtcpPort);
    const session = new RtspSession(id, mount.path, mount.stream, route);
    this.host.udpSessions.set(`${address} ${asked.rtcpPort}`, session);
    const ports = `client_port=${asked.rtpPort}-${asked.rtcpPort};server_port=${udp.rtpPort}-${udp.rtpPort + 1}`;
    return { session, transport: `RTP/AVP;unicast;${ports}` };
  }

  private control(request: RtspRequest, session: RtspSession): Answer {
    const headers: Headers = [this.sessionHeader(session)];
    if (request.method === 'PLAY') return this.play(request, session, headers);
    if (request.method === 'PAUSE') {
      if (!session.playing) return { status: 455, headers: [['Allow', 'PLAY, TEARDOWN']] };
      session.pause();
    } else if (request.method === 'TEARDOWN') {
      this.endSession(session);
    }
    return { status: 200, headers };
  }

  private play(request: RtspRequest, session: RtspSession, headers: Headers): Answer {
    if (session.playing) return { status: 200, headers };
    const timestamp = session.play();
    const track = new URL(request.uri);
    const base = `${track.protocol}//${track.host}${session.path}/${TRACK_CONTROL}`;
    headers.push(['RTP-Info', `url=${base};seq=${session.client.seq};rtptime=${timestamp}`]);
    return { status: 200, headers };
  }

  private sessionHeader(session: RtspSession): [string, string] {
    return ['Session', `${session.id};timeout=${this.host.session_timeout_s}`];
  }

  private endSession(session: RtspSession): void {
    session.pause();
    this.sessions.delete(session.id);
    for (const [channel, owner] of this.channels) if (owner === session) this.channels.delete(channel);
    for (const [key, owner] of this.host.udpSessions)
      if (owner === session) this.host.udpSessions.delete(key);
  }
}

function describe(request: RtspRequest, mount: Mount, ipv6: boolean): Answer {
  const uri = new URL(request.uri);
  const headers: Headers = [
    ['Content-Type', 'application/sdp'],
    ['Content-Base', `${uri.protocol}//${uri.host}${mount.path}/`],
  ];
  return { status: 200, headers, body: describeTrack(mount.stream.video.track, mount.path.slice(1), ipv6) };
}

/** Mount and track named by a request URI; the query is not looked at. */
function parseTarget(uri: string): { path: string; control: string } | undefined {
  if (!/^rtsps?:\/\//i.test(uri) || !URL.canParse(uri)) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(new URL(uri).pathname);
  } catch {
    return undefined;
  }
  const [, base = '', control = ''] = /^(.*?)\/?(trackID=[^/]*)?\/?$/.exec(path) ?? [];
  return { path: base === '' ? '/' : base, control };
}
