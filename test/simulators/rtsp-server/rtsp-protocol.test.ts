import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RtspServer, startRtspServer } from '../../../simulators/rtsp-server/rtsp-server.ts';
import { type Clips, encode, makeClips } from '../video-clips.ts';
import { type RawClient, rawClient, request, statusOf } from './raw-client.ts';

const log = { info: () => undefined, warn: () => undefined };
const TCP = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';

describe('the RTSP server, spoken to byte by byte', () => {
  let clips: Clips;
  let server: RtspServer;
  let url: string;

  beforeAll(async () => {
    clips = makeClips();
    server = await startRtspServer({
      host: '127.0.0.1',
      port: 0,
      log,
      session_timeout_s: 1,
      connections_max: 20,
      mounts: [
        { path: '/cam', file: clips.h264 },
        { path: '/closed', file: clips.h264, user: 'u', password: 'p' },
      ],
    });
    url = server.url('/cam');
  });

  afterAll(async () => {
    await server.stop();
    clips.remove();
  });

  async function answer(text: string): Promise<string> {
    const client = await rawClient(server.port);
    const response = await client.ask(text);
    client.socket.destroy();
    return response;
  }

  it.each([
    ['no request at all', 'hello\r\n\r\n', 400],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no CSeq', 'OPTIONS * RTSP/1.0\r\n\r\n', 400],
    ['a header that is none', 'OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n', 400],
    ['a head without end', `OPTIONS * RTSP/1.0\r\nX: ${'a'.repeat(9_000)}`, 413],
    ['a body beyond the bound', 'SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999\r\n\r\n', 413],
    ['a length that is none', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n', 400],
    ['RTSP 2.0', 'OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n', 505],
    ['a method that is none', request('JUMP', '*', 1), 501],
    ['recording', request('RECORD', '*', 1), 405],
    ['a demanded extension', request('OPTIONS', '*', 1, 'Require: magic'), 551],
  ])('refuses %s', async (_name, text, status) => {
    expect(statusOf(await answer(text))).toBe(status);
  });

  it('refuses what does not fit the state', async () => {
    expect(statusOf(await answer(request('DESCRIBE', server.url('/none'), 1)))).toBe(404);
    expect(statusOf(await answer(request('DESCRIBE', `${url}/%zz`, 1)))).toBe(400);
    expect(statusOf(await answer(request('PLAY', url, 1, 'Session: 1234')))).toBe(454);
    expect(statusOf(await answer(request('SETUP', `${url}/trackID=7`, 1, TCP)))).toBe(404);
    const multicast = 'Transport: RTP/AVP;multicast';
    expect(statusOf(await answer(request('SETUP', `${url}/trackID=0`, 1, multicast)))).toBe(461);
  });

  it('reads requests in whatever pieces they come', async () => {
    const client = await rawClient(server.port);
    for (const char of request('OPTIONS', '*', 7).slice(0, -1)) client.socket.write(char);
    expect(await client.ask('\n')).toMatch(
      /^RTSP\/1\.0 200 OK\r\nCSeq: 7\r\n[\s\S]*Public: OPTIONS, DESCRIBE/,
    );
    client.socket.destroy();
  });

  it('sets up, plays, pauses and tears down', async () => {
    const client = await rawClient(server.port);
    const sdp = await client.ask(request('DESCRIBE', url, 1));
    expect(sdp).toContain('a=rtpmap:96 H264/90000');
    expect(sdp).toMatch(/sprop-parameter-sets=[A-Za-z0-9+/=]+,[A-Za-z0-9+/=]+/);
    const setup = await client.ask(request('SETUP', `${url}/trackID=0`, 2, TCP));
    const session = `Session: ${/Session: (\w+);timeout=1/.exec(setup)?.[1]}`;
    expect(statusOf(await client.ask(request('PAUSE', url, 3, session)))).toBe(455);
    const play = await client.ask(request('PLAY', url, 4, session));
    const seq = Number(/seq=(\d+)/.exec(play)?.[1]);
    const rtptime = Number(/rtptime=(\d+)/.exec(play)?.[1]);
    await expect.poll(() => firstRtp(client.received()), { timeout: 3_000 }).toEqual({ seq, rtptime });
    expect(statusOf(await client.ask(request('PAUSE', url, 5, session)))).toBe(200);
    expect(server.stats().mounts[0]?.clients).toBe(0);
    expect(statusOf(await client.ask(request('TEARDOWN', url, 6, session)))).toBe(200);
    expect(statusOf(await client.ask(request('PLAY', url, 7, session)))).toBe(454);
    expect(server.stats().sessions).toBe(0);
    client.socket.destroy();
  });

  it('bounds the sessions of a connection', async () => {
    const client = await rawClient(server.port);
    const statuses: number[] = [];
    for (let cseq = 1; cseq <= 5; cseq += 1) {
      statuses.push(statusOf(await client.ask(request('SETUP', `${url}/trackID=0`, cseq, TCP))));
    }
    expect(statuses).toEqual([200, 200, 200, 200, 503]);
    client.socket.destroy();
  });

  it('bounds the connections', async () => {
    await expect.poll(() => server.stats().connections).toBe(0);
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(server.port)));
    const one = await rawClient(server.port);
    await one.closed;
    expect(server.stats().connectionsRefused).toBe(1);
    for (const { socket } of clients) socket.destroy();
  });

  it('asks for Basic or Digest, with or without qop, and closes on guessing', async () => {
    await expect.poll(() => server.stats().connections).toBe(0);
    const closed = server.url('/closed');
    const client = await rawClient(server.port);
    const challenge = await client.ask(request('DESCRIBE', closed, 1));
    expect(statusOf(challenge)).toBe(401);
    const [, realm = '', nonce = ''] = /Digest realm="([^"]+)", nonce="([^"]+)"/.exec(challenge) ?? [];
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const ha1 = md5(`u:${realm}:p`);
    const digest = (uri: string, response: string, more = ''): string =>
      `Authorization: Digest username="u", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"${more}`;
    const plain = md5(`${ha1}:${nonce}:${md5(`DESCRIBE:${closed}`)}`);
    expect(statusOf(await client.ask(request('DESCRIBE', closed, 2, digest(closed, plain))))).toBe(200);
    const qop = md5(`${ha1}:${nonce}:00000001:abc:auth:${md5(`DESCRIBE:${closed}`)}`);
    const more = ', qop=auth, nc=00000001, cnonce="abc"';
    expect(statusOf(await client.ask(request('DESCRIBE', closed, 3, digest(closed, qop, more))))).toBe(200);
    // A signature for another place is not good for this one.
    const other = md5(`${ha1}:${nonce}:${md5(`DESCRIBE:${url}`)}`);
    expect(statusOf(await client.ask(request('DESCRIBE', closed, 4, digest(url, other))))).toBe(401);
    const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;
    expect(statusOf(await client.ask(request('DESCRIBE', closed, 5, basic('u:p'))))).toBe(200);
    for (let cseq = 6; cseq < 11; cseq += 1)
      await client.ask(request('DESCRIBE', closed, cseq, basic('u:q')));
    await client.closed;
  });

  it('ends what is silent for longer than the timeout, and keeps what RTCP speaks for', async () => {
    const [idle, alive] = await Promise.all([rawClient(server.port), rawClient(server.port)]);
    const rtcp = createSocket('udp4');
    await new Promise<void>((resolve) => rtcp.bind(0, '127.0.0.1', resolve));
    const { port } = rtcp.address();
    await idle.ask(request('SETUP', `${url}/trackID=0`, 1, TCP));
    const udp = `Transport: RTP/AVP;unicast;client_port=${port - 1}-${port}`;
    const setup = await alive.ask(request('SETUP', `${url}/trackID=0`, 1, udp));
    const serverRtcp = Number(/server_port=\d+-(\d+)/.exec(setup)?.[1]);
    const timer = setInterval(() => rtcp.send(Buffer.alloc(8), serverRtcp, '127.0.0.1'), 300);
    await idle.closed;
    await sleep(1_500);
    expect(server.stats().sessions).toBe(1);
    clearInterval(timer);
    await alive.closed;
    rtcp.close();
  });
});

describe('a client that stops reading', () => {
  it('costs bounded memory, resumes at a key frame, and disturbs nobody', { timeout: 40_000 }, async () => {
    const clips = makeClips();
    const heavy = join(clips.dir, 'heavy.mp4');
    // Lossless noise: some eight megabytes a second, so that every buffer on the way fills soon.
    encode(
      heavy,
      't=1',
      '-vf',
      'noise=alls=100:allf=t',
      '-c:v',
      'libx264',
      '-qp',
      '0',
      '-preset',
      'ultrafast',
      '-g',
      '5',
    );
    const server = await startRtspServer({
      host: '127.0.0.1',
      port: 0,
      log,
      mounts: [
        { path: '/heavy', file: heavy },
        { path: '/light', file: clips.h264 },
      ],
    });
    const slow = await playing(server, '/heavy');
    const other = await playing(server, '/light');
    slow.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    await expect.poll(() => server.stats().mounts[0]?.framesDropped, { timeout: 20_000 }).toBeGreaterThan(30);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 2 ** 20);
    const received = other.received().length;
    slow.socket.resume();
    const gaps = () => rtpFrames(slow.received()).filter(({ step }) => step > 3_600);
    await expect.poll(() => gaps().length, { timeout: 15_000, interval: 500 }).toBeGreaterThan(0);
    for (const { nalType } of gaps()) expect(nalType).toBe(7);
    expect(other.received().length).toBeGreaterThan(received);
    expect(server.stats().mounts[1]?.framesDropped).toBe(0);
    // What was left out is whole frames, before sequence numbers were given.
    const seqs = rtpFrames(slow.received()).map(({ seq }) => seq);
    expect(seqs.findIndex((seq, index) => index > 0 && seq !== (((seqs[index - 1] ?? 0) + 1) & 0xffff))).toBe(
      -1,
    );
    slow.socket.destroy();
    other.socket.destroy();
    await server.stop();
    clips.remove();
  });
});

async function playing(server: RtspServer, path: string): Promise<RawClient> {
  const client = await rawClient(server.port);
  const setup = await client.ask(request('SETUP', `${server.url(path)}/trackID=0`, 1, TCP));
  const session = `Session: ${/Session: (\w+)/.exec(setup)?.[1]}`;
  await client.ask(request('PLAY', server.url(path), 2, session));
  return client;
}

/** Every interleaved RTP packet after the responses; `step` is the time since the packet before. */
function rtpFrames(bytes: Buffer): { seq: number; step: number; nalType: number }[] {
  const found: { seq: number; step: number; nalType: number }[] = [];
  let at = bytes.indexOf('\r\n\r\n', bytes.indexOf('RTP-Info')) + 4;
  let before: number | undefined;
  while (at + 4 <= bytes.length) {
    expect(bytes[at]).toBe(0x24);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) break;
    if (bytes[at + 1] === 0) {
      const timestamp = bytes.readUInt32BE(at + 8);
      const step = (timestamp - (before ?? timestamp)) >>> 0;
      found.push({ seq: bytes.readUInt16BE(at + 6), step, nalType: (bytes[at + 16] ?? 0) & 0x1f });
      before = timestamp;
    }
    at = end;
  }
  return found;
}

/** Sequence number and time of the first interleaved RTP packet. */
function firstRtp(bytes: Buffer): { seq: number; rtptime: number } | undefined {
  const at = bytes.indexOf(Buffer.from([0x24, 0]));
  if (at < 0 || bytes.length < at + 16) return undefined;
  return { seq: bytes.readUInt16BE(at + 6), rtptime: bytes.readUInt32BE(at + 8) };
}
