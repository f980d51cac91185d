import type { LiveEncoder, LiveHead, LivePart, LivePicture, LiveSink } from '../domain/live.ts';
import { haveTimesJumped } from '../domain/picture-times.ts';
import { type BackoffLimits, backoff_ms } from '../runtime/backoff.ts';
import type { LiveViewer } from './live-viewer.ts';

/** What a {@link LiveChannel} needs. */
export interface LiveChannelOptions {
  /** Begins with this picture; undefined where no more can be encoded now. */
  readonly open: (picture: LivePicture, sink: LiveSink) => LiveEncoder | undefined;
  /** Told how an encoder ended that nobody had stopped. */
  readonly onFault: (reason: string) => void;
}

/** Parts since the last key picture, for those who come later; beyond it they wait for the next key picture. */
const RECENT_BYTES_MAX = 8 * 1024 * 1024;
/** An encoder that is given pictures and gives none for so long hangs. */
const SILENCE_MS = 30_000;
const NEXT_KEY = 'the next key picture';
const REOPEN: BackoffLimits = { first_ms: 1000, max_ms: 30_000 };

/** One camera while somebody looks at it: one encoder, however many look. */
export class LiveChannel {
  readonly #options: LiveChannelOptions;
  readonly #viewers = new Set<LiveViewer>();
  #encoder: LiveEncoder | undefined;
  #head: LiveHead | undefined;
  #recent: LivePart[] = [];
  #recent_bytes = 0;
  #isRecentWhole = false;
  #last: LivePicture | undefined;
  #isFull = false;
  #silentSince_ms: number | undefined;
  #failures = 0;
  #openAfter_ms = 0;
  #waitingFor: string | undefined = NEXT_KEY;

  constructor(options: LiveChannelOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  join(viewer: LiveViewer): void {
    this.#viewers.add(viewer);
    if (this.#head === undefined) {
      viewer.wait(this.#waitingFor ?? NEXT_KEY);
      return;
    }
    viewer.start(this.#head);
    if (this.#isRecentWhole) for (const part of this.#recent) viewer.give(part);
  }

  leave(viewer: LiveViewer): void {
    this.#viewers.delete(viewer);
  }

  /** Takes the next picture; those before the first key picture are left out. */
  picture(picture: LivePicture): void {
    const { isKey, bytes, tables } = picture;
    const last = this.#last;
    this.#last = picture;
    if (last !== undefined && haveTimesJumped(last, picture)) this.cut();
    // Not by the pictures' clock, which a rehearsal runs faster.
    const now_ms = performance.now();
    if (this.#encoder === undefined && isKey && now_ms >= this.#openAfter_ms) this.#open(picture);
    const encoder = this.#encoder;
    if (encoder === undefined || (this.#isFull && !isKey)) return;
    this.#isFull = !encoder.write(tables === undefined ? bytes : Buffer.concat([tables, bytes]));
    this.#silentSince_ms ??= now_ms;
    if (now_ms - this.#silentSince_ms > SILENCE_MS) encoder.stop();
  }

  /** The camera's stream is broken off: what comes next begins anew. */
  cut(): void {
    const encoder = this.#encoder;
    this.#forget();
    encoder?.stop();
    this.#wait('the camera to be back');
  }

  /** Ends the encoder; those who still look are told why. Resolves when its process is gone. */
  async close(reason: string): Promise<void> {
    for (const viewer of this.#viewers) viewer.close(reason);
    this.#viewers.clear();
    const encoder = this.#encoder;
    this.#forget();
    encoder?.stop();
    await encoder?.ended;
  }

  #open(picture: LivePicture): void {
    // What an encoder says that has been replaced meanwhile is of no interest; it may say something at once.
    let encoder: LiveEncoder | undefined;
    let early: LiveHead | undefined;
    encoder = this.#options.open(picture, {
      head: (head) => {
        if (encoder === undefined) early = head;
        else if (this.#encoder === encoder) this.#start(head);
      },
      part: (part) => {
        if (encoder !== undefined && this.#encoder === encoder) this.#give(part);
      },
    });
    if (encoder === undefined) {
      this.#wait('another camera to be left: no more can be encoded at once');
      return;
    }
    this.#encoder = encoder;
    this.#isFull = false;
    if (early !== undefined) this.#start(early);
    void encoder.ended.then((reason) => {
      if (this.#encoder !== encoder) return;
      this.#forget();
      this.#openAfter_ms = performance.now() + backoff_ms(this.#failures, REOPEN, Math.random);
      this.#failures += 1;
      this.#options.onFault(reason);
      this.#wait('the stream to be opened again');
    });
  }

  #start(head: LiveHead): void {
    this.#head = head;
    this.#waitingFor = undefined;
    for (const viewer of this.#viewers) viewer.start(head);
  }

  #give(part: LivePart): void {
    this.#silentSince_ms = undefined;
    this.#failures = 0;
    if (part.isKey) {
      this.#recent = [];
      this.#recent_bytes = 0;
      this.#isRecentWhole = true;
    }
    this.#recent_bytes += part.bytes.length;
    if (this.#recent_bytes > RECENT_BYTES_MAX) {
      this.#isRecentWhole = false;
      this.#recent = [];
    }
    if (this.#isRecentWhole) this.#recent.push(part);
    for (const viewer of this.#viewers) viewer.give(part);
  }

  #forget(): void {
    this.#encoder = undefined;
    this.#head = undefined;
    this.#recent = [];
    this.#recent_bytes = 0;
    this.#isRecentWhole = false;
    this.#silentSince_ms = undefined;
  }

  #wait(reason: string): void {
    if (this.#waitingFor === reason) return;
    this.#waitingFor = reason;
    for (const viewer of this.#viewers) viewer.wait(reason);
  }
}
