import { setTimeout as sleep } from 'node:timers/promises';

import type { SimulatorLog } from '../simulator-log.ts';
import type { Mp4Video } from './mp4-file.ts';
import type { RtpClient } from './rtp-client.ts';
import { packSample, type RtpFrame, rtpTimestamp } from './rtp-packets.ts';

/** A sample of an endless repetition of the file; in a loop before the first one, the first sample alone, again and again. */
interface Cursor {
  readonly loop: number;
  readonly index: number;
}

/** Where in the file a camera's clock begins, and how many seconds of the file pass in one. */
export interface StreamClock {
  readonly offset_s?: number;
  readonly rate?: number;
  /**
   * Seconds from the server's start between which the camera is there; absent: always. Then the file is played once, and
   * before its beginning (a negative `offset_s`) its first picture stands still.
   */
  readonly window?: StreamWindow;
}

/** A stretch of a server's time, in seconds from its start. */
export interface StreamWindow {
  readonly from_s: number;
  readonly to_s: number;
}

/** Behind by more than this (a suspended machine), the stream jumps to now instead of sending a burst. */
const LAG_MS_MAX = 2_000;

/**
 * One mount: the file played for ever in real time, whoever watches. Its clock starts with the server and
 * runs without viewers too, so that several cameras of one scene agree; `offset_s` puts it out of phase.
 */
export class LiveStream {
  readonly video: Mp4Video;
  framesSent = 0;
  framesDropped = 0;
  private readonly offset_s: number;
  private readonly rate: number;
  private readonly window: StreamWindow | undefined;
  private readonly log: SimulatorLog;
  private readonly onEnd: () => void;
  private readonly epoch_ms = performance.now();
  private readonly viewers = new Set<RtpClient>();
  private pumping: AbortController | undefined;

  constructor(
    video: Mp4Video,
    { offset_s = 0, rate = 1, window }: StreamClock,
    log: SimulatorLog,
    onEnd: () => void,
  ) {
    this.video = video;
    this.offset_s = offset_s;
    this.rate = rate;
    this.window = window;
    this.log = log;
    this.onEnd = onEnd;
  }

  /** Whether the camera is there now. */
  get isOn(): boolean {
    if (this.window === undefined) return true;
    const now_s = (performance.now() - this.epoch_ms) / 1_000;
    const { from_s, to_s } = this.window;
    return now_s >= from_s && now_s < to_s && this.cursorAt(performance.now()).loop <= 0;
  }

  get clients(): number {
    return this.viewers.size;
  }

  /** Adds a viewer; its first frame is the next key frame, whose RTP timestamp is returned. */
  attach(client: RtpClient): number {
    this.viewers.add(client);
    if (this.pumping === undefined) {
      this.pumping = new AbortController();
      void this.pump(this.pumping.signal);
    }
    let cursor = this.cursorAt(performance.now());
    while (this.video.track.samples.sync[cursor.index] !== 1) cursor = this.after(cursor);
    return this.timestampOf(cursor);
  }

  /** Takes a viewer out; without viewers nothing is read or sent. */
  detach(client: RtpClient): void {
    this.viewers.delete(client);
    if (this.viewers.size === 0) this.stop();
  }

  /** Stops sending; every viewer is forgotten. */
  stop(): void {
    this.viewers.clear();
    this.pumping?.abort();
    this.pumping = undefined;
  }

  private async pump(signal: AbortSignal): Promise<void> {
    try {
      let cursor = this.cursorAt(performance.now());
      while (!signal.aborted) {
        const wait_ms = this.due_ms(cursor) - performance.now();
        if (wait_ms > 1) await sleep(wait_ms, undefined, { signal });
        if (wait_ms < -LAG_MS_MAX) {
          cursor = this.cursorAt(performance.now());
          continue;
        }
        if (this.isOver(cursor)) return this.end();
        const frame = await this.frameAt(cursor);
        if (signal.aborted) return;
        this.send(frame);
        cursor = this.after(cursor);
      }
    } catch (error) {
      if (signal.aborted) return;
      // The file went away or was cut while it was being served: its viewers are sent off, others go on.
      this.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'camera stopped');
      this.end();
    }
  }

  /** Sends the viewers off. */
  private end(): void {
    this.stop();
    this.onEnd();
  }

  private isOver(cursor: Cursor): boolean {
    if (this.window === undefined) return false;
    return cursor.loop > 0 || this.due_ms(cursor) >= this.epoch_ms + this.window.to_s * 1_000;
  }

  private send(frame: RtpFrame): void {
    const now_ms = performance.now();
    const { timescale_hz } = this.video.track;
    const now_s = (this.position_s(now_ms) + this.lead_s) / this.rate;
    const nowTimestamp = rtpTimestamp(now_s * timescale_hz, timescale_hz);
    const wall_ms = Date.now();
    for (const client of this.viewers) {
      if (!client.deliver(frame)) this.framesDropped += 1;
      client.report(now_ms, wall_ms, nowTimestamp);
    }
    this.framesSent += 1;
  }

  private async frameAt(cursor: Cursor): Promise<RtpFrame> {
    const { track } = this.video;
    const sample = this.video.readSample(cursor.index);
    const key = track.samples.sync[cursor.index] === 1;
    const payloads = packSample(track, sample instanceof Buffer ? sample : await sample, key);
    return { payloads, timestamp: this.timestampOf(cursor), key };
  }

  private timestampOf({ loop, index }: Cursor): number {
    const { samples, timescale_hz } = this.video.track;
    const ticks = this.ticksBefore(loop) + (samples.dts[index] ?? 0) + (samples.cts[index] ?? 0);
    return rtpTimestamp(Math.max(0, ticks + this.lead_s * timescale_hz) / this.rate, timescale_hz);
  }

  /** So much of the file's time lies before its beginning: RTP's times begin there, for they cannot be negative. */
  private get lead_s(): number {
    return this.window === undefined ? 0 : Math.max(0, -this.offset_s);
  }

  /** Where a loop begins; one before the first is as long as a sample. */
  private ticksBefore(loop: number): number {
    const { samples } = this.video.track;
    return loop * (loop < 0 ? this.still_ticks : samples.duration_ticks);
  }

  private get still_ticks(): number {
    const { duration_ticks, count } = this.video.track.samples;
    return duration_ticks / count;
  }

  private position_s(now_ms: number): number {
    return ((now_ms - this.epoch_ms) / 1_000) * this.rate + this.offset_s;
  }

  private due_ms({ loop, index }: Cursor): number {
    const { samples, timescale_hz } = this.video.track;
    const ticks = this.ticksBefore(loop) + (samples.dts[index] ?? 0);
    return this.epoch_ms + ((ticks / timescale_hz - this.offset_s) * 1_000) / this.rate;
  }

  /** The first sample that is not yet due. */
  private cursorAt(now_ms: number): Cursor {
    const { samples, timescale_hz } = this.video.track;
    const ticks = this.position_s(now_ms) * timescale_hz;
    if (ticks < 0 && this.window !== undefined) {
      return { loop: Math.ceil(ticks / this.still_ticks) || 0, index: 0 };
    }
    const loop = Math.floor(ticks / samples.duration_ticks);
    const rest = ticks - loop * samples.duration_ticks;
    let low = 0;
    let high = samples.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((samples.dts[middle] ?? 0) < rest) low = middle + 1;
      else high = middle;
    }
    return low < samples.count ? { loop, index: low } : { loop: loop + 1, index: 0 };
  }

  private after({ loop, index }: Cursor): Cursor {
    return loop >= 0 && index + 1 < this.video.track.samples.count
      ? { loop, index: index + 1 }
      : { loop: loop + 1, index: 0 };
  }
}
