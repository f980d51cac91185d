import { InfluxDB, Point, type WriteApi } from '@influxdata/influxdb-client';
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

/**
 * Copies journal entries to InfluxDB as points: readings and positions as numbers by device, incidents as they
 * change. A batch is written whole or rejected; the journal reader that calls this keeps the place and
 * retries, and a point written twice is the same point (same measurement, tags and time).
 */
export class InfluxSink {
  readonly #api: WriteApi;

  constructor(target: InfluxTarget) {
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

  /** Writes a batch; rejects where the server did not take all of it. */
  async apply(records: readonly JournalRecord[]): Promise<void> {
    for (const record of records) {
      const point = toPoint(record);
      if (point !== undefined) this.#api.writePoint(point);
    }
    await this.#api.flush();
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
