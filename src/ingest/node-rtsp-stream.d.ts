/** The part of node-rtsp-stream 0.0.9 that is used; the package has no types. */
declare module 'node-rtsp-stream' {
  import type { ChildProcess } from 'node:child_process';
  import { EventEmitter } from 'node:events';

  interface VideoStreamOptions {
    readonly name: string;
    /** What ffmpeg reads, after `-i`. */
    readonly streamUrl: string;
    readonly ffmpegPath: string;
    /** Output options; one without a value has an empty text. */
    readonly ffmpegOptions: Readonly<Record<string, string | number>>;
  }

  /** Emits `camdata` with MPEG-TS. Its constructor starts ffmpeg, and a server on all interfaces. */
  class VideoStream extends EventEmitter {
    constructor(options: VideoStreamOptions);
    /** The ffmpeg. */
    readonly stream: ChildProcess;
    /** Emits what ffmpeg writes: `mpeg1data`, `ffmpegStderr`. */
    readonly mpeg1Muxer: EventEmitter;
    /** Starts the server. */
    pipeStreamToSocketServer(): void;
  }

  export = VideoStream;
}
