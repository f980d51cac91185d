import { type ChildProcess, execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { FfmpegCommand } from 'fluent-ffmpeg';
import { findProgram } from '../runtime/find-program.ts';

/** The ffmpeg to use, and how this version spells the options that changed their names. */
export interface FfmpegTools {
  readonly path: string;
  /** `-vsync` until 5.0. */
  readonly frameModeOption: '-fps_mode' | '-vsync';
  /** Microseconds without socket data; `-stimeout` until 4.4, where `-timeout` meant to listen. */
  readonly rtspTimeoutOption: '-timeout' | '-stimeout';
  /**
   * From 5.0 on: an address can be handed over in a list on the standard input, where no process list shows it, and
   * a stream can be copied with time stamps of our own.
   */
  readonly takesLists: boolean;
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

const HELP_BYTES_MAX = 16 * 1024 * 1024;
/** Lines of an ffmpeg's messages that are held. */
export const STDERR_LINES_MAX = 20;
const LINE_CHARS_MAX = 500;
/** Who says more in a second is out of order; what it says would fill the memory, or keep everybody listening. */
const STDERR_BYTES_MAX = 1024 * 1024;
const TALK_MS = 1000;
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
    const version = await run(path, ['-hide_banner', '-version'], options);
    return { path, ...optionNames(long.stdout, rtsp.stdout), takesLists: takesLists(version.stdout) };
  } catch (error) {
    throw new Error(`${path} does not run`, { cause: error });
  }
}

/** Reads the names of changed options from ffmpeg's own help texts. */
export function optionNames(longHelp: string, rtspHelp: string): Omit<FfmpegTools, 'path' | 'takesLists'> {
  return {
    frameModeOption: longHelp.includes('-fps_mode') ? '-fps_mode' : '-vsync',
    rtspTimeoutOption: rtspHelp.includes('-stimeout') ? '-stimeout' : '-timeout',
  };
}

/** Reads from ffmpeg's version text whether its libavformat is that of 5.0 or newer. */
export function takesLists(version: string): boolean {
  return Number(/^libavformat +(\d+)\./m.exec(version)?.[1] ?? 0) >= 59;
}

/** Runs a command that writes into `sink`, and tells how it ended. */
export function supervise(command: FfmpegCommand, sink: Writable): FfmpegRun {
  let child: ChildProcess | undefined;
  let killed = false;
  let lastLine = '';
  let sinkFault = '';
  let talkFault = '';
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  sink.once('error', (error) => {
    sinkFault = error.message;
  });
  const ended = new Promise<FfmpegEnd>((resolve) => {
    const finish = (reason: string): void => resolve({ reason: talkFault || sinkFault || reason, lastLine });
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
      limitTalk(child, () => {
        talkFault = 'ffmpeg says too much';
        child?.kill('SIGKILL');
      });
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

/** Listens no more to one that talks without end: its lines are gathered elsewhere, however long they are. */
function limitTalk({ stderr }: ChildProcess, onFault: () => void): void {
  let bytes = 0;
  let since_ms = performance.now();
  stderr?.on('data', (chunk: Buffer) => {
    const now_ms = performance.now();
    if (now_ms - since_ms >= TALK_MS) {
      since_ms = now_ms;
      bytes = 0;
    }
    bytes += chunk.length;
    if (bytes <= STDERR_BYTES_MAX) return;
    stderr.destroy();
    onFault();
  });
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
