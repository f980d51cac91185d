import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';

/**
 * Cost of scrypt (RFC 7914): about 10 ms and 4 MB. Secrets are made here from 192 random bits, so the cost
 * need not make up for a person's weak choice, and a fleet that reconnects after a restart must get through.
 */
const COST = { N: 4096, r: 8, p: 1 };
const HASH_BYTES = 32;
/** Further threads of the pool are left to files and DNS. */
const RUNNING_MAX = 2;
/** Some ten seconds of work; who comes later is better told to come again. */
const WAITING_MAX = 2000;

/** `scrypt$<N>$<r>$<p>$<salt>$<hash>`, the last two in base64url. */
export function hashSecret(secret: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(secret, salt, HASH_BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Thrown when too many secrets wait to be verified. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** Verifies secrets off the event loop, a few at a time. */
export class ScryptQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** True where `secret` has this hash; compared in constant time. Rejects with `BusyError` when overloaded. */
  async matches(secret: string, stored: string): Promise<boolean> {
    const [scheme, N, r, p, salt, hash] = stored.split('$');
    if (scheme !== 'scrypt' || salt === undefined || hash === undefined) return false;
    const expected = Buffer.from(hash, 'base64url');
    await this.#enter();
    try {
      const options = { N: Number(N), r: Number(r), p: Number(p) };
      const actual = await derive(secret, Buffer.from(salt, 'base64url'), expected.length, options);
      return timingSafeEqual(actual, expected);
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) throw new BusyError('too many secrets wait to be verified');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

function derive(
  secret: string,
  salt: Buffer,
  bytes: number,
  options: { N: number; r: number; p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
