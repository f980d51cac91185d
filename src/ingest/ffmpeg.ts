import { type ChildProcess, execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import createCommand, { type FfmpegCommand } from 'fluent-ffmpeg';
import { findProgram } from '../runtime/find-program.ts';

/** The ffmpeg to use, and how this version spells the options that changed their names. */
export interface FfmpegTools {
  readonly path: string;
  /** `-vsync` until 5.0. */
  readonly frameModeOption: '-fps_mode' | '-vsync';
  /** Microseconds without socket data; `-stimeout` until 4.4, where `-timeout` meant to listen. */
  readonly rtspTimeoutOption: '-timeout' | '-stimeout';
}

/** How an ffmpeg ended, in words that are not yet redacted. */
export interface FfmpegEnd {
  readonly reason: string;
  /** What it said last, where it said anything. */
  readonly lastLine: string;
}

/** A running ffmpeg. `ended` resolves once the process is gone. */
export interface FfmpegRun {
  /** Resolves once the stream is open, whether or not a frame ever comes; never for one that is not opened. */
  readonly opened: Promise<void>;
  /** Kills at once (SIGKILL): a decoder that hangs on a socket ignores gentler signals. */
  readonly kill: () => void;
  readonly pid: () => number | undefined;
  readonly ended: Promise<FfmpegEnd>;
}

/** What to read from and how. */
export interface FrameSource {
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** Left out, key frames alone are decoded; else every frame, and one in so many milliseconds handed out. */
  readonly every_ms?: number;
  /** A socket silent for so long ends ffmpeg even if nobody is left to kill it. */
  readonly timeout_ms: number;
}

const HELP_BYTES_MAX = 16 * 1024 * 1024;
const STDERR_LINES_MAX = 20;
const LINE_CHARS_MAX = 500;
const LEVEL = /^\[(panic|fatal|error|warning|info)\] /;
const FAULT_LEVELS: readonly (string | undefined)[] = ['panic', 'fatal', 'error'];
/** Written when the stream is open, before a frame was decoded. */
const OPENED = 'Input #0';
/** Lines that only say that something failed; what failed stands before them. */
const EMPTY_TALK = /^(Conversion failed!|Error opening input file |Last message repeated |Exiting )/;

/** Finds ffmpeg (`FFMPEG_PATH`, else the PATH). Rejects where there is none that runs. */
export async function findFfmpeg(env: Readonly<Record<string, string | undefined>>): Promise<FfmpegTools> {
  const path = await programOf(env);
  const run = promisify(execFile);
  const options = { maxBuffer: HELP_BYTES_MAX, timeout: 20_000 };
  try {
    const long = await run(path, ['-hide_banner', '-h', 'long'], options);
    const rtsp = await run(path, ['-hide_banner', '-h', 'demuxer=rtsp'], options);
    return { path, ...optionNames(long.stdout, rtsp.stdout) };
  } catch (error) {
    throw new Error(`${path} does not run`, { cause: error });
  }
}

/** Reads the names of changed options from ffmpeg's own help texts. */
export function optionNames(longHelp: string, rtspHelp: string): Omit<FfmpegTools, 'path'> {
  return {
    frameModeOption: longHelp.includes('-fps_mode') ? '-fps_mode' : '-vsync',
    rtspTimeoutOption: rtspHelp.includes('-stimeout') ? '-stimeout' : '-timeout',
  };
}

/**
 * Decodes a source's key frames (or all, see {@link FrameSource}) as binary PPM pictures into `sink`, until
 * killed or the source ends. RTSP goes out with a protocol whitelist, so that no answer of a camera can send
 * ffmpeg elsewhere; a file is played in real time for ever. One decoder thread: with frame threads each picture
 * would come several key frames late. (An encoder that reorders frames still makes ffmpeg hold each picture
 * until one or more further key frames have come.)
 */
export function decodeFrames(tools: FfmpegTools, source: FrameSource, sink: Writable): FfmpegRun {
  const isFile = source.url.startsWith('file:');
  const command = createCommand({ stdoutLines: STDERR_LINES_MAX })
    .setFfmpegPath(tools.path)
    .input(source.url)
    .inputOptions(['-hide_banner', '-v', 'level+info', '-nostats', '-nostdin', '-threads', '1'])
    .inputOptions(source.every_ms === undefined ? ['-skip_frame', 'nokey'] : [])
    .inputOptions(
      isFile
        ? ['-protocol_whitelist', 'file', '-re', '-stream_loop', '-1']
        : [
            ...['-protocol_whitelist', 'rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto'],
            ...['-rtsp_transport', source.transport, '-allowed_media_types', 'video'],
            ...[tools.rtspTimeoutOption, String(source.timeout_ms * 1000)],
            // Size and codec stand in the SDP or in the first key frame; the default probes on for five seconds.
            ...['-analyzeduration', '1000000', '-fpsprobesize', '0'],
          ],
    )
    .outputOptions([
      '-filter_threads',
      '1',
      '-map',
      '0:v:0',
      ...thinning(source.every_ms),
      tools.frameModeOption,
      'passthrough',
      '-c:v',
      'ppm',
      '-f',
      'image2pipe',
    ])
    .output(sink, { end: true });
  return supervise(command, sink);
}

/** Thinned out before the pixels are converted; a clock that jumps back does not end the pictures. */
function thinning(every_ms: number | undefined): string[] {
  if (every_ms === undefined) return [];
  const every_s = String(every_ms / 1000);
  const next = `isnan(prev_selected_t)+gte(t-prev_selected_t\\,${every_s})+lt(t\\,prev_selected_t)`;
  return ['-vf', `select=${next}`];
}

/** Runs a command that writes into `sink`, and tells how it ended. */
export function supervise(command: FfmpegCommand, sink: Writable): FfmpegRun {
  let child: ChildProcess | undefined;
  let killed = false;
  let lastLine = '';
  let sinkFault = '';
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  sink.once('error', (error) => {
    sinkFault = error.message;
  });
  const ended = new Promise<FfmpegEnd>((resolve) => {
    const finish = (reason: string): void => resolve({ reason: sinkFault || reason, lastLine });
    command.on('start', () => {
      // fluent-ffmpeg gives its child under this name, without a type.
      child = (command as unknown as { ffmpegProc: ChildProcess }).ffmpegProc;
      child.once('exit', () => {
        // Nobody reads on for a sink that has failed, and unread bytes would keep the pipe from closing.
        if (sink.destroyed) child?.stdout?.destroy();
      });
      child.once('close', (code, signal) => {
        if (code === 0) finish('the stream ended');
        else if (signal !== null) finish(`ffmpeg was killed (${signal})`);
        else finish(lastLine || `ffmpeg ended with code ${code}`);
      });
      if (killed) child.kill('SIGKILL');
    });
    command.on('stderr', (line: string) => {
      const { level, text } = readLine(line);
      if (text.startsWith(OPENED)) open();
      if (FAULT_LEVELS.includes(level)) lastLine = text || lastLine;
    });
    // Once the child runs, its own end is waited for: only then is it really gone.
    command.on('end', () => child ?? finish('the stream ended'));
    command.on('error', (error: Error) => child ?? finish(error.message));
  });
  command.run();
  const kill = (): void => {
    killed = true;
    child?.kill('SIGKILL');
  };
  return { opened, kill, pid: () => child?.pid, ended };
}

/** A line of ffmpeg's without its level and the address of its part; `text` is empty where it says nothing. */
function readLine(line: string): { level: string | undefined; text: string } {
  const said = line.replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] )+/, '');
  const level = LEVEL.exec(said)?.[1];
  const text = said.replace(LEVEL, '').trim();
  return { level, text: EMPTY_TALK.test(text) ? '' : text.slice(0, LINE_CHARS_MAX) };
}

async function programOf(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const named = env.FFMPEG_PATH;
  if (!named) {
    const found = findProgram('ffmpeg', env.PATH);
    if (found === undefined) throw new Error('ffmpeg is not in the PATH; install it or set FFMPEG_PATH');
    return found;
  }
  const path = resolve(named);
  await access(path, constants.X_OK).catch(() => {
    throw new Error(`FFMPEG_PATH: ${named} is no program`);
  });
  return path;
}
