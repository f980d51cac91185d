import { HttpError, InfluxDB, Point, type WriteApi } from '@influxdata/influxdb-client';
import type { JournalRecord } from './journal.ts';

/** Where to write: InfluxDB 2, or a server with its write API. */
export interface InfluxTarget {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

/** More lines than any batch has, so that nothing but our own flush sends and every failure reaches the reader. */
const NEVER_BY_ITSELF = 1_000_000;
/** A server answers so where it is the data that it will not take (a field of another type, say), today or ever. */
const REFUSED = [400, 413, 422];

/**
 * Copies journal entries to InfluxDB as points: readings and positions as numbers by device, incidents as they
 * change. A batch is written whole or rejected; the journal reader that calls this keeps the place and
 * retries, and a point written twice is the same point (same measurement, tags and time).
 */
export class InfluxSink {
  readonly #api: WriteApi;
  readonly #onRefused: (record: JournalRecord, reason: string) => void;
  #refused = 0;
  #skipped = 0;
  #seq: number | undefined;

  /** `onRefused` is told of each entry that the server will never take: it is left out. */
  constructor(
    target: InfluxTarget,
    onRefused: (record: JournalRecord, reason: string) => void = () => undefined,
  ) {
    this.#onRefused = onRefused;
    this.#api = new InfluxDB({ url: target.url, token: target.token, timeout: 20_000 }).getWriteApi(
      target.org,
      target.bucket,
      'ms',
      {
        batchSize: NEVER_BY_ITSELF,
        flushInterval: 0,
        maxRetries: 0,
        // Hands the failure to flush() instead of the client's own console line.
        writeFailed: (error) => Promise.reject(error),
      },
    );
  }

  /** Entries left out since the start, since the server refused them. */
  get refused(): number {
    return this.#refused;
  }

  /** Entries that the journal had given up before this server could have them. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Notes where a reader goes on: at `records`, after `seq`. Numbers that are missing in between were pruned, for the
   * server was away for too long. Gives how many, each time they are met first.
   */
  goesOn(seq: number, records: readonly JournalRecord[]): number {
    const after = Math.max(seq, this.#seq ?? 0);
    const [first] = records;
    const missing = first === undefined ? 0 : Math.max(0, first.seq - after - 1);
    if (first !== undefined) this.#seq = first.seq - 1;
    this.#skipped += missing;
    return missing;
  }

  /**
   * Writes a batch; rejects where the server is away. Where it refuses the data, the batch is halved until the
   * entry at fault is alone and can be left out: one bad entry must not hold up all others for ever.
   */
  async apply(records: readonly JournalRecord[]): Promise<void> {
    for (const record of records) {
      const point = toPoint(record);
      if (point !== undefined) this.#api.writePoint(point);
    }
    try {
      await this.#api.flush();
    } catch (error) {
      if (!(error instanceof HttpError) || !REFUSED.includes(error.statusCode)) throw error;
      const [first] = records;
      if (first === undefined) return;
      if (records.length === 1) {
        this.#refused += 1;
        this.#onRefused(first, error.message);
        return;
      }
      const half = Math.ceil(records.length / 2);
      await this.apply(records.slice(0, half));
      await this.apply(records.slice(half));
    }
  }

  /** Forgets what was not flushed; the reader still has it. */
  async stop(): Promise<void> {
    await this.#api.close().catch(() => undefined);
  }
}

function toPoint({ body, at_ms }: JournalRecord): Point | undefined {
  if (body.kind === 'reading') {
    const point = new Point(body.deviceKind)
      .tag('device', body.deviceId)
      .tag('flag', body.flag ?? 'N')
      .timestamp(at_ms);
    for (const [metric, value] of Object.entries(body.metrics)) point.floatField(metric, value);
    return point;
  }
  if (body.kind === 'position') {
    const point = new Point('position')
      .tag('device', body.deviceId)
      .floatField('lon', body.lon)
      .floatField('lat', body.lat)
      .timestamp(at_ms);
    if (body.speed_kmh !== undefined) point.floatField('speed_kmh', body.speed_kmh);
    if (body.heading_deg !== undefined) point.floatField('heading_deg', body.heading_deg);
    if (body.lift !== undefined) point.booleanField('lift', body.lift);
    return point;
  }
  if (body.kind === 'incident') {
    const { id, type, status, severity, confidence, place, version } = body.incident;
    return new Point('incident')
      .tag('type', type)
      .tag('action', body.action)
      .tag('id', id)
      .stringField('status', status)
      .intField('severity', severity)
      .intField('version', version)
      .floatField('confidence', confidence)
      .floatField('lon', place.lon)
      .floatField('lat', place.lat)
      .timestamp(at_ms);
  }
  return undefined;
}
