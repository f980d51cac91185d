import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Role, roleAllows } from '../domain/role.ts';
import { type Access, accessOf } from './api-app.ts';
import { isSameOrigin, readCredential } from './credentials.ts';
import type { DeviceParts, KeyParts } from './parts.ts';
import { ApiProblem } from './problem.ts';
import type { Session, SessionTable } from './sessions.ts';

/** Who sends a request: the holder of an API key (also through a session), or a device. */
export type Principal =
  | { readonly kind: 'key'; readonly name: string; readonly role: Role }
  | { readonly kind: 'device'; readonly id: string };

/** Counts failed attempts by address; `left` is how many more it has, `retry_s` when it may try again. */
export interface AttemptLimiter {
  left(request: FastifyRequest): Promise<{ readonly left: number; readonly retry_s: number }>;
  failed(request: FastifyRequest): Promise<void>;
}

interface Dependencies {
  readonly keys: KeyParts;
  readonly devices: Pick<DeviceParts, 'verify'>;
  readonly sessions: SessionTable;
  readonly limiter: AttemptLimiter;
}

/** Credentials that are remembered as accepted, so that a neighbour's failures do not lock them out. */
const ACCEPTED_MAX = 10_000;
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Finds out who sends a request and whether the route is open to them. */
export class Authenticator {
  readonly #parts: Dependencies;
  readonly #principals = new WeakMap<FastifyRequest, Principal>();
  /** Digests of accepted credentials, oldest first. */
  readonly #accepted = new Set<string>();

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  /** The `onRequest` hook: lets pass, or throws 401, 403 or 429. */
  async check(request: FastifyRequest): Promise<void> {
    const access = accessOf(request.routeOptions.config);
    if (access === undefined || access === 'open') return;
    const principal = await this.#identify(request, access);
    if (!isAllowed(principal, access)) {
      const who = principal.kind === 'key' ? `the role ${principal.role}` : 'a device';
      throw new ApiProblem('forbidden', `${who} may not do this; it needs ${neededRole(access)}`);
    }
    this.#principals.set(request, principal);
  }

  /** Who sends this request; only for routes that are not open. */
  principal(request: FastifyRequest): Principal {
    const principal = this.#principals.get(request);
    if (principal === undefined) throw new Error('the route is open: nobody is known');
    return principal;
  }

  /** Asks again, for a connection that stays: false once the key is revoked or the session over. */
  stillValid(request: FastifyRequest): boolean {
    const credential = readCredential(request.headers);
    if (credential?.kind === 'bearer') return this.#parts.keys.verify(credential.key) !== undefined;
    return credential?.kind === 'cookie' && this.#session(credential.sessionId) !== undefined;
  }

  /** Opens a session for an API key, under the same limit of failed attempts. */
  async signIn(request: FastifyRequest, key: string) {
    const holder = await this.#attempt(request, key, async () => this.#parts.keys.verify(key));
    if (holder === undefined) throw unauthenticated('this API key is not known', 'viewer');
    return { holder, ...this.#parts.sessions.open(holder.name, key) };
  }

  /** Ends the session that the request's cookie names, if any. */
  signOut(request: FastifyRequest): void {
    const credential = readCredential(request.headers);
    if (credential?.kind === 'cookie') this.#parts.sessions.end(credential.sessionId);
  }

  async #identify(request: FastifyRequest, access: Access): Promise<Principal> {
    const credential = readCredential(request.headers);
    if (credential === undefined) throw unauthenticated('no credentials given', access);
    if (credential.kind === 'cookie') {
      const holder = this.#session(credential.sessionId);
      if (holder === undefined) throw unauthenticated('the session is over; sign in again', access);
      if (!SAFE_METHODS.includes(request.method) && !isSameOrigin(request.headers)) {
        throw new ApiProblem('cross-site');
      }
      return { kind: 'key', name: holder.name, role: holder.role };
    }
    if (credential.kind === 'bearer') {
      const { key } = credential;
      const holder = await this.#attempt(request, key, async () => this.#parts.keys.verify(key));
      if (holder === undefined) throw unauthenticated('this API key is not known', access);
      return { kind: 'key', name: holder.name, role: holder.role };
    }
    if (access !== 'telemetry') throw unauthenticated('an API key is needed', access);
    const { id, secret } = credential;
    const device = await this.#attempt(request, `${id}:${secret}`, () =>
      this.#parts.devices.verify(id, secret),
    );
    if (device === undefined) throw unauthenticated('this device id and secret are not known', access);
    return { kind: 'device', id: device.id };
  }

  /** Verifies within the limit of failed attempts; what was accepted before is not held up by it. */
  async #attempt<T>(
    request: FastifyRequest,
    credential: string,
    verify: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const digest = createHash('sha256').update(credential).digest('base64');
    if (!this.#accepted.has(digest)) {
      const { left, retry_s } = await this.#parts.limiter.left(request);
      if (left === 0) {
        throw new ApiProblem('too-many-attempts', `try again in ${retry_s} s`, {
          headers: { 'Retry-After': String(retry_s) },
        });
      }
    }
    const found = await verify().catch(refuseBusy);
    if (found === undefined) {
      this.#accepted.delete(digest);
      await this.#parts.limiter.failed(request);
      return undefined;
    }
    this.#remember(digest);
    return found;
  }

  #remember(digest: string): void {
    if (this.#accepted.has(digest)) return;
    const [oldest] = this.#accepted;
    if (this.#accepted.size >= ACCEPTED_MAX && oldest !== undefined) this.#accepted.delete(oldest);
    this.#accepted.add(digest);
  }

  #session(sessionId: string): ReturnType<KeyParts['verify']> {
    const session: Session | undefined = this.#parts.sessions.get(sessionId);
    const holder = session && this.#parts.keys.verify(session.key);
    if (session !== undefined && holder === undefined) this.#parts.sessions.end(sessionId);
    return holder;
  }
}

/** The registry refuses to queue without bound; the sender had better come again. */
function refuseBusy(error: unknown): never {
  if (error instanceof Error && error.name === 'BusyError') {
    throw new ApiProblem('busy', error.message, { headers: { 'Retry-After': '10' } });
  }
  throw error;
}

function neededRole(access: Access): Role {
  return access === 'telemetry' || access === 'open' ? 'integrator' : access;
}

function isAllowed(principal: Principal, access: Access): boolean {
  if (principal.kind === 'device') return access === 'telemetry';
  return roleAllows(principal.role, neededRole(access));
}

function unauthenticated(detail: string, access: Access): ApiProblem {
  const challenge = 'Bearer realm="xuncheng"';
  return new ApiProblem('unauthenticated', detail, {
    headers: {
      'WWW-Authenticate': access === 'telemetry' ? `${challenge}, Basic realm="xuncheng"` : challenge,
    },
  });
}
