import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Log } from './log.ts';

/** Paths of a server's certificate chain and key (PEM), and of what judges the certificates of clients. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  /** Authorities whose certificates clients may show; absent means that none are asked for. */
  readonly clientCa?: string;
  /** Certificates of those authorities that were revoked. */
  readonly clientCrl?: string;
}

/** Contents of the files, in the names that Node's TLS takes. */
export interface TlsSecrets {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly crl?: Buffer;
}

const RELOAD_INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const EXPIRY_WARNING_MS = 14 * DAY_MS;

/** Reads and tries the files. Throws, naming the file where it can, when they do not make a server. */
export function readTlsFiles({ cert, key, clientCa, clientCrl }: TlsPaths): TlsSecrets {
  const secrets = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa) }),
    ...(clientCrl === undefined ? {} : { crl: readFileSync(clientCrl) }),
  };
  try {
    createSecureContext(secrets);
  } catch (error) {
    throw new Error(`${cert} and ${key}: ${(error as Error).message}`);
  }
  return secrets;
}

/**
 * A server's certificate that is replaced while it serves: the files are read again every ten seconds, and
 * whoever listens is told of a new pair. A pair that does not work is logged, once, and the old one stays.
 */
export class TlsFiles {
  readonly #paths: TlsPaths;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #current: TlsSecrets;
  #fault: string | undefined;

  /** Throws where the files are no good: a server cannot start without. */
  constructor(paths: TlsPaths, log: Log, interval_ms = RELOAD_INTERVAL_MS) {
    this.#paths = paths;
    this.#log = log;
    this.#current = readTlsFiles(paths);
    this.#warnOfExpiry();
    this.#timer = setInterval(() => this.reload(), interval_ms).unref();
  }

  /** What to serve with now. */
  get current(): TlsSecrets {
    return this.#current;
  }

  /** Whether clients may show a certificate. */
  get asksClients(): boolean {
    return this.#paths.clientCa !== undefined;
  }

  /** Calls `listener` when there is a new pair; returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the files now. */
  reload(): void {
    let secrets: TlsSecrets;
    try {
      secrets = readTlsFiles(this.#paths);
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#fault) this.#log.error({ reason: message }, 'new certificate not taken');
      this.#fault = message;
      return;
    }
    this.#fault = undefined;
    if (digestOf(secrets) === digestOf(this.#current)) return;
    this.#current = secrets;
    this.#log.info({ validTo: new X509Certificate(secrets.cert).validTo }, 'certificate replaced');
    this.#warnOfExpiry();
    for (const listener of this.#listeners) listener();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #warnOfExpiry(): void {
    const { validTo } = new X509Certificate(this.#current.cert);
    if (Date.parse(validTo) - Date.now() < EXPIRY_WARNING_MS) {
      this.#log.warn({ validTo }, 'certificate ends soon, or has');
    }
  }
}

function digestOf({ cert, key, ca, crl }: TlsSecrets): string {
  const hash = createHash('sha256');
  for (const part of [cert, key, ca, crl]) hash.update(String(part?.length ?? -1)).update(part ?? '');
  return hash.digest('hex');
}
