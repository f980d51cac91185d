import { connect, type Socket } from 'node:net';

/** A bare RTSP client: sends what it is told, gives back what comes. */
export interface RawClient {
  readonly socket: Socket;
  /** Sends text and waits for the end of the next response's head (and body). */
  ask(text: string): Promise<string>;
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>;
  received(): Buffer;
}

/** Connects to a server on loopback. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let taken = 0;
  let wake: (() => void) | undefined;
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    wake?.();
  });
  const received = (): Buffer => {
    const bytes = Buffer.concat(chunks);
    chunks.splice(0, chunks.length, bytes);
    return bytes;
  };
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const response = (): string | undefined => {
    const bytes = received();
    const start = bytes.indexOf('RTSP/1.0', taken);
    const end = start < 0 ? -1 : bytes.indexOf('\r\n\r\n', start);
    if (end < 0) return undefined;
    const head = bytes.toString('latin1', start, end + 4);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (bytes.length < end + 4 + length) return undefined;
    taken = end + 4 + length;
    return bytes.toString('latin1', start, taken);
  };
  return {
    socket,
    closed,
    received,
    ask: async (text) => {
      socket.write(text);
      for (;;) {
        const found = response();
        if (found !== undefined) return found;
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`no response to ${text.slice(0, 80)}`)), 5_000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}

/** A request with headers. */
export function request(method: string, uri: string, cseq: number, ...headers: string[]): string {
  return `${[`${method} ${uri} RTSP/1.0`, `CSeq: ${cseq}`, ...headers].join('\r\n')}\r\n\r\n`;
}

/** The status of a response. */
export function statusOf(response: string): number {
  return Number(/^RTSP\/1\.0 (\d{3})/.exec(response)?.[1]);
}
