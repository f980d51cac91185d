/** A picture of a camera's stream as it came, in MPEG-TS, for those who look at it now. */
export interface LivePicture {
  readonly at_ms: number;
  readonly isKey: boolean;
  /** Ticks of 90 kHz. */
  readonly pts: number | undefined;
  readonly bytes: Uint8Array;
  /** Of a key picture: what a stream that begins with it has to begin with. */
  readonly tables?: Uint8Array;
  /** Of a key picture; undefined where it is neither H.264 nor H.265. */
  readonly codec?: 'h264' | 'h265';
}

/** How a viewer has to read what follows: `mp4` by MediaSource, `mpeg1` (MPEG-TS) by jsmpeg. */
export type LiveHead =
  | { readonly format: 'mp4'; readonly mime: string; readonly init: Uint8Array }
  | { readonly format: 'mpeg1' };

/** Some of the stream as a viewer gets it; a viewer may begin, or go on after a gap, with one that is `isKey`. */
export interface LivePart {
  readonly bytes: Uint8Array;
  readonly isKey: boolean;
}

/** Gets what an encoder makes; the head comes first, and once. */
export interface LiveSink {
  head(head: LiveHead): void;
  part(part: LivePart): void;
}

/** Makes of a camera's pictures what a browser can play. */
export interface LiveEncoder {
  /** Takes the next bytes of MPEG-TS; false where it is so far behind that they were left out. */
  write(bytes: Uint8Array): boolean;
  stop(): void;
  /** Resolves with the reason, in words, when its process is gone. */
  readonly ended: Promise<string>;
}
