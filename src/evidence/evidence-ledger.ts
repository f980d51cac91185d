import { isoTime } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { canonicalJson } from './canonical-json.ts';
import { CHAIN_START, chainLeaf, chainLink } from './chain.ts';
import type { EvidenceSpan } from './evidence-pace.ts';
import { type ChainRecord, type EvidenceRecord, tombstoneId } from './evidence-record.ts';

/** A link of the chain as it is stored. */
export interface LedgerRow {
  readonly number: number;
  readonly id: string;
  readonly incident_id: string;
  readonly file: string;
  readonly sha256: string;
  /** Canonical JSON of a ChainRecord. */
  readonly record: string;
  readonly chain: string;
}

const LIVE = `file <> '' AND NOT EXISTS
  (SELECT 1 FROM evidence AS tombstone WHERE tombstone.id = 'deleted-' || evidence.id)`;

/** The evidence table: append-only, hash-chained; what is deleted gets a tombstone behind it. */
export class EvidenceLedger {
  readonly #db: Database;
  readonly #find;
  readonly #last;
  readonly #insert;
  readonly #span;
  #totals: { items: number; bytes: number } | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#find = db.prepare<[string], LedgerRow>('SELECT * FROM evidence WHERE id = ?');
    this.#last = db.prepare<[], { chain: string }>('SELECT chain FROM evidence ORDER BY number DESC LIMIT 1');
    this.#insert = db.prepare<[string, string, string, string, string, string]>(
      'INSERT INTO evidence (id, incident_id, file, sha256, record, chain) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#span = db.prepare<[string, string, string], EvidenceSpan>(
      `SELECT count(*) AS items, min(record ->> 'at') AS first, max(record ->> 'at') AS last FROM evidence
       WHERE incident_id = ? AND record ->> 'kind' = ? AND record ->> 'deviceId' = ?`,
    );
  }

  /** The record of an item or tombstone. */
  find(id: string): ChainRecord | undefined {
    const row = this.#find.get(id);
    return row === undefined ? undefined : (JSON.parse(row.record) as ChainRecord);
  }

  /** True for an item whose file was deleted to make room. */
  isDeleted(id: string): boolean {
    return this.#find.get(tombstoneId(id)) !== undefined;
  }

  /** Appends a link durably. An id that is there already stays as it is, and its record comes back. */
  append<T extends ChainRecord>(record: T): T {
    const { kept, added } = this.#db.transaction(() => this.#link(record)).immediate();
    if (added && record.kind !== 'tombstone' && this.#totals !== undefined) {
      const { items, bytes } = this.#totals;
      this.#totals = { items: items + 1, bytes: bytes + record.size_bytes };
    }
    return kept as T;
  }

  /** Marks items as deleted, all or none. Their files may go only after this has returned. */
  bury(records: readonly EvidenceRecord[], deleted_ms: number, reason: string): void {
    this.#db
      .transaction(() => {
        const deletedAt = isoTime(deleted_ms);
        for (const { id, incidentId, sha256 } of records) {
          this.#link({
            kind: 'tombstone',
            id: tombstoneId(id),
            incidentId,
            of: id,
            sha256,
            deletedAt,
            reason,
          });
        }
      })
      .immediate();
    this.#totals = undefined;
  }

  /** The newest link: worth writing down elsewhere, since whoever has it can tell a rewritten chain. */
  head(): string {
    return this.#last.get()?.chain ?? CHAIN_START;
  }

  /** Number and bytes of the items whose files are kept. */
  totals(): { readonly items: number; readonly bytes: number } {
    this.#totals ??= this.#db
      .prepare<[], { items: number; bytes: number }>(
        `SELECT count(*) AS items, coalesce(sum(json_extract(record, '$.size_bytes')), 0) AS bytes
         FROM evidence WHERE ${LIVE}`,
      )
      .get() ?? { items: 0, bytes: 0 };
    return this.#totals;
  }

  /** Incidents that have files, the one with the oldest evidence first. */
  liveIncidents(): string[] {
    return this.#db
      .prepare<[], { incident_id: string }>(
        `SELECT incident_id FROM evidence WHERE ${LIVE} GROUP BY incident_id ORDER BY min(number)`,
      )
      .all()
      .map(({ incident_id }) => incident_id);
  }

  /** The items of an incident whose files are kept. */
  liveItems(incidentId: string): EvidenceRecord[] {
    return this.#db
      .prepare<[string], { record: string }>(
        `SELECT record FROM evidence WHERE incident_id = ? AND ${LIVE} ORDER BY number`,
      )
      .all(incidentId)
      .map(({ record }) => JSON.parse(record) as EvidenceRecord);
  }

  /** Names of all files that are kept. */
  liveFiles(): string[] {
    return this.#db.prepare<[], string>(`SELECT file FROM evidence WHERE ${LIVE}`).pluck().all();
  }

  /** What the chain has of an incident, from one device and of one kind, deleted or not. */
  span(incidentId: string, kind: EvidenceRecord['kind'], deviceId: string): EvidenceSpan {
    return this.#span.get(incidentId, kind, deviceId) ?? { items: 0, first: null, last: null };
  }

  /** Items with a tombstone. */
  buriedItems(): EvidenceRecord[] {
    return this.#db
      .prepare<[], { record: string }>(`SELECT record FROM evidence WHERE file <> '' AND NOT (${LIVE})`)
      .all()
      .map(({ record }) => JSON.parse(record) as EvidenceRecord);
  }

  #link(record: ChainRecord): { kept: ChainRecord; added: boolean } {
    const known = this.find(record.id);
    if (known !== undefined) return { kept: known, added: false };
    const file = record.kind === 'tombstone' ? '' : record.file;
    const chain = chainLink(this.head(), chainLeaf(record));
    this.#insert.run(record.id, record.incidentId, file, record.sha256, canonicalJson(record), chain);
    return { kept: record, added: true };
  }
}
