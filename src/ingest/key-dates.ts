/** A key picture and when it came. */
export interface KeyPicture {
  readonly at_ms: number;
  readonly bytes: Buffer;
}

/** Key pictures held: a decoder that reorders keeps two or three frames back. */
const KEYS_MAX = 6;
/** So many frames in a row must lag further behind before one counts as lost. */
const WINDOW = 10;

/**
 * Tells which key picture a decoded key frame was. Time stamps do not tell it: the first picture of an RTSP stream has
 * none, and ffmpeg's decoder goes by guesses from there on. So they are counted: frames come in the order of their
 * pictures, each the same number of pictures late. A frame that the decoder did not give makes all later ones lag one
 * further behind, and that is noticed.
 */
export class KeyDates {
  readonly #keys: KeyPicture[] = [];
  #keyCount = 0;
  /** Pictures that have had their frame. */
  #frameCount = 0;
  #lags: number[] = [];
  #lag: number | undefined;

  /** A key picture has come, whole. */
  key(picture: KeyPicture): void {
    this.#keys.push(picture);
    this.#keyCount += 1;
    if (this.#keys.length > KEYS_MAX) this.#keys.shift();
  }

  /** A frame has come. */
  frame(): void {
    this.#lags.push(this.#keyCount - this.#frameCount);
    this.#frameCount += 1;
    if (this.#lags.length < WINDOW) return;
    // The picture that pushed the frame out of the decoder may be counted already or not: the least is what is sure.
    const lag = Math.min(...this.#lags);
    this.#lags = [];
    const lost = lag - (this.#lag ?? lag);
    this.#lag = lag - Math.max(0, lost);
    this.#frameCount += Math.max(0, lost);
  }

  /** The picture of the frame that came as the `back`-th from the last (1: the last); undefined while it is not known. */
  of(back: number): KeyPicture | undefined {
    const number = this.#frameCount - back;
    const oldest = this.#keyCount - this.#keys.length;
    // Of a frame without its picture, the oldest that it can have been.
    return this.#keys[Math.max(0, number - oldest)];
  }
}
