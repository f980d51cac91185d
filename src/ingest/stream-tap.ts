import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsScanner } from './ts-scanner.ts';

/** A picture of the stream as the camera sent it, in MPEG-TS. */
export interface TappedPicture {
  /** When its first bytes came. */
  readonly at_ms: number;
  readonly bytes: Buffer;
  readonly isKey: boolean;
  readonly pts: number | undefined;
  /** What a file that begins with it has to begin with. */
  readonly tables: Buffer;
}

/** A place to which an ffmpeg copies its stream. */
export interface StreamTap {
  /** Path of the Unix socket. */
  readonly path: string;
  /** Ends what is connected; a new ffmpeg may connect then. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

/** A 4K key frame of a generous camera has 2 MB. */
const PICTURE_BYTES_MAX = 16 * 1024 * 1024;
/** `sun_path` of a Unix socket, with its end. */
const PATH_BYTES_MAX = 107;

/**
 * Listens in a folder of its own, which nobody else may enter, and cuts what comes into pictures. What is no MPEG-TS
 * ends the connection, and with it the ffmpeg that wrote it. Rejects where the folder cannot be made.
 */
export async function openTap(
  clock: () => number,
  onPicture: (picture: TappedPicture) => void,
): Promise<StreamTap> {
  const dir = await mkdtemp(join(tmpdir(), 'xc-'));
  const path = join(dir, 's');
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    await rm(dir, { recursive: true, force: true });
    throw new Error(`the folder of temporary files has too long a name for a socket: ${tmpdir()}`);
  }
  let current: Socket | undefined;
  const server = createServer((socket) => {
    current?.destroy();
    current = socket;
    receive(socket, clock, onPicture);
  });
  await listen(server, path);
  return {
    path,
    reset: () => current?.destroy(),
    close: async () => {
      current?.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function receive(socket: Socket, clock: () => number, onPicture: (picture: TappedPicture) => void): void {
  const scanner = new TsScanner(PICTURE_BYTES_MAX, clock, (picture) => {
    const { tables } = scanner;
    if (tables !== undefined) onPicture({ ...picture, tables });
  });
  socket.on('error', () => undefined);
  socket.on('end', () => scanner.end());
  socket.on('data', (chunk: Buffer) => {
    try {
      scanner.push(chunk);
    } catch {
      socket.destroy();
    }
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
