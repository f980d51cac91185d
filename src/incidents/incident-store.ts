import type { Incident } from '../domain/incident.ts';
import type { Database } from '../store/database.ts';

/** What incidents are looked for by; `from_ms` and `to_ms` bound when they lasted. */
export interface IncidentFilter {
  readonly type?: string;
  readonly status?: 'open' | 'ended';
  readonly from_ms?: number;
  readonly to_ms?: number;
  /** West, south, east, north in WGS-84 degrees. */
  readonly bbox?: readonly [number, number, number, number];
  readonly device?: string;
  /** The `next` of the page before. */
  readonly after?: number;
  readonly limit: number;
}

/** A page, newest incident first; `next` is absent on the last one. */
export interface IncidentPage {
  readonly items: readonly Incident[];
  readonly next?: number;
}

interface Row {
  readonly opened_seq: number;
  readonly body: string;
}

/** The incidents in SQLite. Each has a number by the order of opening, which pages hold on to. */
export class IncidentStore {
  readonly #db: Database;
  readonly #get;
  readonly #insert;
  readonly #update;

  constructor(db: Database) {
    this.#db = db;
    this.#get = db.prepare<[string], Pick<Row, 'body'>>('SELECT body FROM incidents WHERE id = ?');
    this.#insert = db.prepare(
      `INSERT INTO incidents (id, type, status, onset_ms, last_seen_ms, opened_seq, lon, lat, device_id, body)
       VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(opened_seq), 0) + 1 FROM incidents), ?, ?, ?, ?)`,
    );
    this.#update = db.prepare(
      'UPDATE incidents SET status = ?, onset_ms = ?, last_seen_ms = ?, lon = ?, lat = ?, body = ? WHERE id = ?',
    );
  }

  get(id: string): Incident | undefined {
    const row = this.#get.get(id);
    return row === undefined ? undefined : (JSON.parse(row.body) as Incident);
  }

  /** Writes a new incident or a new version; to be called within the transaction that journals it. */
  put(incident: Incident): void {
    const { id, type, status, onsetAt, lastSeenAt, place } = incident;
    const body = JSON.stringify(incident);
    const lastSeen_ms = Date.parse(lastSeenAt);
    const onset_ms = Date.parse(onsetAt);
    const { changes } = this.#update.run(status, onset_ms, lastSeen_ms, place.lon, place.lat, body, id);
    if (changes > 0) return;
    const device = incident.subject?.deviceId ?? incident.sources[0]?.deviceId ?? null;
    this.#insert.run(id, type, status, onset_ms, lastSeen_ms, place.lon, place.lat, device, body);
  }

  /** Newest first; a page stays the same while later ones are opened. */
  list(filter: IncidentFilter): IncidentPage {
    const { where, values } = conditions(filter);
    const rows = this.#db
      .prepare<unknown[], Row>(
        `SELECT opened_seq, body FROM incidents ${where} ORDER BY opened_seq DESC LIMIT ?`,
      )
      .all(...values, filter.limit + 1);
    const items = rows.slice(0, filter.limit).map(({ body }) => JSON.parse(body) as Incident);
    const last = rows[filter.limit - 1];
    return rows.length > filter.limit && last !== undefined ? { items, next: last.opened_seq } : { items };
  }

  /** Incidents of a type that began within a time, oldest first; at most `limit`. */
  begunWithin(type: string, from_ms: number, to_ms: number, limit: number): Incident[] {
    return this.#db
      .prepare<[string, number, number, number], Pick<Row, 'body'>>(
        'SELECT body FROM incidents WHERE type = ? AND onset_ms BETWEEN ? AND ? ORDER BY onset_ms, id LIMIT ?',
      )
      .all(type, from_ms, to_ms, limit)
      .map(({ body }) => JSON.parse(body) as Incident);
  }

  /** Number of open incidents by type. */
  openCounts(): Record<string, number> {
    const rows = this.#db
      .prepare<[], { type: string; count: number }>(
        "SELECT type, count(*) AS count FROM incidents WHERE status = 'open' GROUP BY type ORDER BY type",
      )
      .all();
    return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
  }

  /** Every open incident, oldest first. */
  open(): Incident[] {
    return this.#db
      .prepare<[], Pick<Row, 'body'>>("SELECT body FROM incidents WHERE status = 'open' ORDER BY opened_seq")
      .all()
      .map(({ body }) => JSON.parse(body) as Incident);
  }
}

function conditions(filter: IncidentFilter): { where: string; values: (string | number)[] } {
  const terms: string[] = [];
  const values: (string | number)[] = [];
  const add = (term: string, ...given: (string | number)[]): void => {
    terms.push(term);
    values.push(...given);
  };
  if (filter.type !== undefined) add('type = ?', filter.type);
  if (filter.status !== undefined) add('status = ?', filter.status);
  if (filter.from_ms !== undefined) add('last_seen_ms >= ?', filter.from_ms);
  if (filter.to_ms !== undefined) add('onset_ms < ?', filter.to_ms);
  if (filter.device !== undefined) {
    const isPart = 'id IN (SELECT incident_id FROM incident_parts WHERE device_id = ?)';
    add(`(device_id = ? OR ${isPart})`, filter.device, filter.device);
  }
  if (filter.after !== undefined) add('opened_seq < ?', filter.after);
  if (filter.bbox !== undefined) {
    const [west, south, east, north] = filter.bbox;
    add('lat BETWEEN ? AND ?', south, north);
    // A box over the antimeridian has its west east of its east.
    add(west <= east ? 'lon BETWEEN ? AND ?' : '(lon >= ? OR lon <= ?)', west, east);
  }
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}
