import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isEventRecord, toCloudEvent } from '../domain/cloud-event.ts';
import type { Log } from '../runtime/log.ts';
import type { JournalRecord } from '../store/journal.ts';
import { EventFeed } from './event-feed.ts';
import type { ApiSettings, EventParts } from './parts.ts';
import { ApiProblem } from './problem.ts';

type Limits = Pick<ApiSettings, 'event_streams_max' | 'heartbeat_ms' | 'stream_stall_ms'>;

/** One client's wish for a stream. */
export interface StreamRequest {
  readonly response: ServerResponse;
  readonly headers: OutgoingHttpHeaders;
  /** Who asks; nobody may hold more than a quarter of all streams. */
  readonly owner: string;
  /** Journal sequence number after which to begin. */
  readonly after: number;
  /** Asked at every heartbeat: false ends the stream. */
  readonly stillValid: () => boolean;
}

/** Events read and written at once: what a slow client can hold in memory beyond its socket's buffer. */
const BATCH_MAX = 50;
const RECONNECT_MS = 3000;

/**
 * Server-sent events straight from the journal. Each stream pulls its next batch when the client has taken the
 * last, so nothing queues up for a slow one; who takes nothing for `stream_stall_ms` is cut and may resume.
 */
export class EventStreams {
  readonly #events: EventParts;
  readonly #feed: EventFeed;
  readonly #source: string;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #owners = new Map<ServerResponse, string>();
  readonly #pumps = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(parts: { events: EventParts; source: string; limits: Limits; log: Log }) {
    this.#events = parts.events;
    this.#feed = new EventFeed(parts.events);
    this.#source = parts.source;
    this.#limits = parts.limits;
    this.#log = parts.log;
  }

  start(): void {
    this.#feed.start();
  }

  /** Ends every stream; resolves when all are. */
  async stop(): Promise<void> {
    this.#closing.abort();
    this.#feed.stop();
    await Promise.all(this.#pumps);
  }

  /** Number of open streams. */
  get size(): number {
    return this.#owners.size;
  }

  /** Takes over the response; throws a problem where the bound is reached. */
  open(request: StreamRequest): void {
    const { response, headers, owner } = request;
    this.#checkRoom(owner);
    this.#owners.set(response, owner);
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.on('close', leave);
    response.on('error', leave);
    this.#closing.signal.addEventListener('abort', leave, { once: true });
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // The stream is the connection's last answer: at its end nothing idle is left behind.
      connection: 'close',
    });
    const pump = this.#pump(request, gone.signal)
      .catch((error: unknown) => this.#log.error({ err: error }, 'event stream failed'))
      .then(() => {
        this.#owners.delete(response);
        this.#pumps.delete(pump);
        this.#closing.signal.removeEventListener('abort', leave);
        response.end();
      });
    this.#pumps.add(pump);
  }

  #checkRoom(owner: string): void {
    const { event_streams_max } = this.#limits;
    if (this.#closing.signal.aborted) throw new ApiProblem('shutting-down');
    const own = [...this.#owners.values()].filter((other) => other === owner).length;
    const full = this.#owners.size >= event_streams_max;
    if (!full && own < Math.max(1, Math.ceil(event_streams_max / 4))) return;
    const detail = full ? `${this.#owners.size} are open` : `${own} are open under the key ${owner}`;
    throw new ApiProblem('too-many-streams', detail, { headers: { 'Retry-After': '10' } });
  }

  async #pump({ response, after, stillValid }: StreamRequest, signal: AbortSignal): Promise<void> {
    const { heartbeat_ms } = this.#limits;
    let cursor = after;
    let checked_ms = Date.now();
    // An id without data moves the client's Last-Event-ID: a reconnect before the first event misses nothing.
    let text = `retry: ${RECONNECT_MS}\nid: ${cursor}\n\n`;
    while (!signal.aborted) {
      if (text !== '' && !(await this.#write(response, text, signal))) return;
      if (Date.now() - checked_ms >= heartbeat_ms) {
        checked_ms = Date.now();
        if (!stillValid()) return;
      }
      const records = this.#events.readEvents(cursor, BATCH_MAX);
      const last = records.at(-1);
      if (last !== undefined) {
        cursor = last.seq;
        text = records.map((record) => this.#format(record)).join('');
        continue;
      }
      const idle_ms = Date.now();
      await this.#feed.next(heartbeat_ms, signal);
      text = Date.now() - idle_ms >= heartbeat_ms - 5 ? ': heartbeat\n\n' : '';
    }
  }

  #format(record: JournalRecord): string {
    if (!isEventRecord(record)) return '';
    const event = toCloudEvent(record, this.#source);
    return `id: ${record.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  /** True once the client took it; cuts a client that does not in time. */
  #write(response: ServerResponse, text: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || response.destroyed) return Promise.resolve(false);
    if (response.write(text)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (taken: boolean) => (): void => {
        clearTimeout(timer);
        response.off('drain', onDrain);
        signal.removeEventListener('abort', onAbort);
        if (!taken) response.destroy();
        resolve(taken);
      };
      const onDrain = finish(true);
      const onAbort = finish(false);
      const timer = setTimeout(onAbort, this.#limits.stream_stall_ms);
      response.on('drain', onDrain);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
