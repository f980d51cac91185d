import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';

/** Bounds of the table of sessions. */
export interface SessionLimits {
  readonly sessions_max: number;
  readonly lifetime_ms: number;
}

/** A signed-in page: whose key opened it, until when. */
export interface Session {
  readonly name: string;
  readonly key: string;
  readonly expires_ms: number;
}

const ID = /^[A-Za-z0-9_-]{43}$/;

/**
 * Sessions of the page, in memory: a restart signs everybody out. Each keeps its API key, so that every request
 * asks the key store again and a revoked key ends its sessions at once. At the bound the oldest session goes.
 */
export class SessionTable {
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();

  constructor(limits: SessionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Opens a session for a key that was verified; the id is the cookie's value. */
  open(name: string, key: string): { readonly id: string; readonly session: Session } {
    for (const [id, { expires_ms }] of this.#sessions) {
      const full = this.#sessions.size >= this.#limits.sessions_max;
      if (!full && expires_ms > this.#clock()) break;
      this.#sessions.delete(id);
    }
    const id = randomBytes(32).toString('base64url');
    const session = { name, key, expires_ms: this.#clock() + this.#limits.lifetime_ms };
    this.#sessions.set(id, session);
    return { id, session };
  }

  get(id: string): Session | undefined {
    const session = ID.test(id) ? this.#sessions.get(id) : undefined;
    if (session === undefined) return undefined;
    if (session.expires_ms > this.#clock()) return session;
    this.#sessions.delete(id);
    return undefined;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }

  get size(): number {
    return this.#sessions.size;
  }
}
