import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

/** A file whose bytes are known before they are fetched. */
export interface Download {
  /** `https:`, or `http:` where the operator named a mirror himself. */
  readonly url: string;
  readonly sha256: string;
  readonly size_bytes: number;
  /** Where it goes; what an earlier try left there is gone on with. */
  readonly file: string;
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not, are followed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** Why a file could not be fetched, in words for a person. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

const REDIRECTS_MAX = 5;
const CONNECT_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 30_000;

/**
 * Fetches a file of known size and hash. Resolves once it is whole, right, and on disk (fsync). A transfer that breaks
 * off leaves what came, and the next one asks for the rest; anything but the file that was meant is removed. Rejects
 * with {@link DownloadError}.
 */
export async function download(task: Download): Promise<void> {
  const { file, size_bytes, env } = task;
  const agent = new EnvHttpProxyAgent({ ...proxiesOf(env), connect: { timeout: CONNECT_TIMEOUT_MS } });
  try {
    let have = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (have > size_bytes) {
      await rm(file);
      have = 0;
    }
    if (have < size_bytes) await fetchRest(task, agent, have);
    await verifyFile(task.file, task.sha256);
  } finally {
    await agent.close();
  }
}

/** Only what is set: an empty proxy is none. */
function proxiesOf(env: Download['env']): { httpProxy?: string; httpsProxy?: string; noProxy?: string } {
  const of = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? '';
  // Empty strings, so that the library does not look into the process's own environment.
  return { httpProxy: of('HTTP_PROXY'), httpsProxy: of('HTTPS_PROXY'), noProxy: of('NO_PROXY') };
}

async function fetchRest(task: Download, agent: Dispatcher, have: number): Promise<void> {
  const { file, size_bytes, onProgress } = task;
  const { statusCode, headers, body } = await ask(task, agent, have);
  const isRest = statusCode === 206 && String(headers['content-range']).startsWith(`bytes ${have}-`);
  if (statusCode !== 200 && !isRest) {
    body.destroy();
    if (have > 0) await rm(file, { force: true });
    throw new DownloadError(`${hostOf(task.url)} answers ${statusCode}`);
  }
  let bytes = isRest ? have : 0;
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, isRest ? 'a' : 'w');
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > size_bytes) throw new DownloadError(`more than the ${size_bytes} bytes that were expected`);
      await handle.write(chunk);
      onProgress(bytes);
    }
    await handle.sync();
  } catch (error) {
    if (!(error instanceof DownloadError)) throw brokenOff(error, bytes, size_bytes);
    await rm(file, { force: true });
    throw error;
  } finally {
    body.destroy();
    await handle?.close();
  }
  if (bytes < size_bytes) throw brokenOff(undefined, bytes, size_bytes);
}

/** Follows redirects itself: none may lead to an address that is not https. */
async function ask(task: Download, agent: Dispatcher, have: number): Promise<Dispatcher.ResponseData> {
  let url = task.url;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    const answer = await request(url, {
      dispatcher: agent,
      signal: task.signal,
      headersTimeout: SILENCE_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
    }).catch((error: unknown) => {
      throw unreachable(error, url);
    });
    // What is not read to its end is destroyed, and says so.
    answer.body.on('error', () => undefined);
    const { location } = answer.headers;
    if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string') return answer;
    answer.body.destroy();
    if (!URL.canParse(location, url)) throw new DownloadError(`${hostOf(url)} redirects to no address`);
    const next = new URL(location, url);
    if (next.protocol !== 'https:') {
      throw new DownloadError(`${hostOf(url)} redirects to an address that is not https: not followed`);
    }
    url = next.href;
  }
  throw new DownloadError(`${hostOf(task.url)} redirects more than ${REDIRECTS_MAX} times`);
}

/** Removes a file that is another one than was meant, and throws {@link DownloadError} then. */
export async function verifyFile(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual === sha256) return;
  await rm(file, { force: true });
  throw new DownloadError(`another file: its sha256 is ${actual}, expected ${sha256}; it was removed`);
}

function brokenOff(error: unknown, bytes: number, size_bytes: number): DownloadError {
  const code = codeOf(error);
  if (code === 'ENOSPC') return new DownloadError('the disk is full');
  const why = code === undefined ? '' : ` (${code})`;
  return new DownloadError(
    `broken off after ${bytes} of ${size_bytes} bytes${why}; run it again to go on from there`,
  );
}

function unreachable(error: unknown, url: string): DownloadError {
  return new DownloadError(`${hostOf(url)} cannot be reached (${codeOf(error) ?? 'no connection'})`);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return code;
  return error.name === 'AbortError' ? 'stopped' : codeOf(error.cause);
}

/** Addresses of downloads carry signatures; the host says enough. */
function hostOf(url: string): string {
  return new URL(url).host;
}
