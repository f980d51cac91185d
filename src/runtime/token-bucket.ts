/** A rate with a burst of one second's worth: tokens come back evenly, and are taken as work is done. */
export class TokenBucket {
  readonly #per_s: number;
  readonly #now_ms: () => number;
  #tokens: number;
  #at_ms: number;

  constructor(per_s: number, now_ms: () => number = () => performance.now()) {
    this.#per_s = per_s;
    this.#now_ms = now_ms;
    this.#tokens = per_s;
    this.#at_ms = now_ms();
  }

  /** Whole tokens that are there now. */
  get available(): number {
    const now_ms = this.#now_ms();
    const back = ((now_ms - this.#at_ms) / 1000) * this.#per_s;
    this.#tokens = Math.min(this.#per_s, this.#tokens + back);
    this.#at_ms = now_ms;
    return Math.floor(this.#tokens);
  }

  /** Takes tokens, which must be available. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** How long to wait for the next token, or for a share of a second's worth where that is more than one. */
  get wait_ms(): number {
    const wanted = Math.max(1, this.#per_s / 20);
    return Math.max(1, Math.ceil(((wanted - this.#tokens) / this.#per_s) * 1000));
  }
}
