import { setPriority } from 'node:os';
import VideoStream from 'node-rtsp-stream';
import type { LiveEncoder, LiveSink } from '../domain/live.ts';
import type { FfmpegTools } from './ffmpeg.ts';
import { TsScanner } from './ts-scanner.ts';

/** Bytes that wait for ffmpeg; a machine that cannot encode in time leaves out what is beyond. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const PICTURE_BYTES_MAX = 4 * 1024 * 1024;
const WIDTH_PX_MAX = 960;
const RATE_FPS = 25;
const LINE_CHARS_MAX = 500;

/** How a camera is encoded for those who look at it. */
export interface LiveMpeg1Options {
  /** Scheduling priority of ffmpeg, 0 to 19. */
  readonly nice: number;
  /** Left, top, width and height (shares of the picture) of what is blacked out. */
  readonly hidden: readonly (readonly [number, number, number, number])[];
}

/** The package's stream without its server, which would let everybody look, and without its talk on our console. */
class QuietStream extends VideoStream {
  override pipeStreamToSocketServer(): void {
    this.mpeg1Muxer.removeAllListeners('ffmpegStderr');
    // Only complains on the console; how it ended is known from `close`.
    this.stream.removeAllListeners('exit');
  }
}

/**
 * Encodes a camera's pictures (MPEG-TS of whatever codec) as MPEG-1 by node-rtsp-stream, for browsers that cannot play
 * them or may not show all of them. ffmpeg reads them from its standard input: the camera's address is not even known here.
 */
export function openLiveMpeg1(
  tools: FfmpegTools,
  { nice, hidden }: LiveMpeg1Options,
  sink: LiveSink,
): LiveEncoder {
  const stream = new QuietStream({
    name: 'live',
    streamUrl: 'pipe:0',
    ffmpegPath: tools.path,
    ffmpegOptions: {
      ...{
        '-v': 'error',
        '-nostats': '',
        '-an': '',
        '-vf': [`scale=w=min(iw\\,${WIDTH_PX_MAX}):h=-2`, ...hidden.map(blackBox)].join(','),
        '-r': RATE_FPS,
      },
      ...{ '-b:v': '2M', '-maxrate': '3M', '-bufsize': '2M', '-g': RATE_FPS, '-bf': 0 },
      ...{ '-muxdelay': 0, '-muxpreload': 0, '-flush_packets': 1 },
    },
  });
  const { stream: child, mpeg1Muxer } = stream;
  const { stdin } = child;
  let lastLine = '';
  lower(child.pid, nice);
  mpeg1Muxer.on('ffmpegStderr', (bytes: Buffer) => {
    lastLine = bytes.toString('utf8').trim().split('\n').at(-1)?.slice(0, LINE_CHARS_MAX) || lastLine;
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const scanner = new TsScanner(PICTURE_BYTES_MAX, Date.now, ({ bytes, isKey }) => {
    const { tables } = scanner;
    if (tables === undefined) return;
    sink.part({ bytes: isKey ? Buffer.concat([tables, bytes]) : bytes, isKey });
  });
  sink.head({ format: 'mpeg1' });
  stream.on('camdata', (chunk: Buffer) => {
    try {
      scanner.push(chunk);
    } catch {
      kill();
    }
  });
  // It may end while something is still being written to it.
  stdin?.on('error', () => undefined);
  return {
    write: (bytes) => {
      if (stdin === null || stdin.writableLength + bytes.length > WAITING_BYTES_MAX) return false;
      if (stdin.writable) stdin.write(bytes);
      return true;
    },
    stop: kill,
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(lastLine || `ffmpeg ended with ${signal ?? code}`));
      child.once('error', (error) => resolve(error.message));
    }),
  };
}

/** A viewer must not starve what the gateway is for. */
function lower(pid: number | undefined, nice: number): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, nice);
  } catch {
    // It has ended already, or the system does not let us.
  }
}

/** A filter of ffmpeg, which rounds down: two pixels more cover the last column too. Numbers of ours alone, so nothing is to be quoted. */
function blackBox(box: readonly [number, number, number, number]): string {
  const [left, top, width, height] = box.map((share) => share.toFixed(4));
  return `drawbox=x=iw*${left}:y=ih*${top}:w=iw*${width}+2:h=ih*${height}+2:color=black:t=fill`;
}
