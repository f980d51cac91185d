import type { Incident } from '../domain/incident.ts';
import type { Database } from '../store/database.ts';

interface Row {
  readonly id: string;
  readonly body: string;
}

/**
 * What each sense alone tells of the incidents that several make together. Kept only of those: any other incident is
 * its one part. A part's id is the one that the incident would have by itself.
 */
export class IncidentParts {
  readonly #owner;
  readonly #list;
  readonly #put;

  constructor(db: Database) {
    this.#owner = db.prepare<[string], { incident_id: string }>(
      'SELECT incident_id FROM incident_parts WHERE id = ?',
    );
    this.#list = db.prepare<[string], Row>(
      'SELECT id, body FROM incident_parts WHERE incident_id = ? ORDER BY id',
    );
    this.#put = db.prepare(
      `INSERT INTO incident_parts (id, incident_id, device_id, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
    );
  }

  /** The incident that a part was joined to; undefined where it is no part. */
  ownerOf(partId: string): string | undefined {
    return this.#owner.get(partId)?.incident_id;
  }

  /** By id; empty where the incident has one sense alone. */
  of(incidentId: string): Incident[] {
    return this.#list.all(incidentId).map(({ body }) => JSON.parse(body) as Incident);
  }

  /** To be called within the transaction that writes the incident. */
  put(incidentId: string, part: Incident): void {
    this.#put.run(part.id, incidentId, part.sources[0]?.deviceId ?? null, JSON.stringify(part));
  }
}
