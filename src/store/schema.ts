import { COVERAGE_SCHEMA } from './coverage-schema.ts';
import type { Migration } from './database.ts';
import { JT808_SCHEMA } from './jt808-schema.ts';
import { PENDING_SCHEMA } from './pending-schema.ts';

/** Schema of `xuncheng.db`: the journal and everything that changes with it in one transaction. */
export const MAIN_SCHEMA: readonly Migration[] = [
  `
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX journal_events ON journal (seq) WHERE kind IN ('incident', 'case');
  CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE rule_snapshots (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    state TEXT NOT NULL
  );

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    onset_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    opened_seq INTEGER NOT NULL,
    lon REAL NOT NULL,
    lat REAL NOT NULL,
    device_id TEXT,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX incidents_opened ON incidents (opened_seq);
  CREATE INDEX incidents_status ON incidents (status, opened_seq);

  CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    incident_id TEXT NOT NULL UNIQUE REFERENCES incidents (id),
    type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    lease_consumer TEXT,
    lease_until_ms INTEGER,
    fencing_token INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX cases_state ON cases (state, created_ms, id);
  CREATE TABLE case_transitions (
    case_id TEXT NOT NULL REFERENCES cases (id),
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (case_id, number)
  ) WITHOUT ROWID;

  CREATE TABLE evidence (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    incident_id TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    record TEXT NOT NULL,
    chain TEXT NOT NULL
  );
  CREATE INDEX evidence_incident ON evidence (incident_id);

  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    secret_hash TEXT,
    revoked INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    last_seen_ms INTEGER,
    online INTEGER,
    status TEXT
  ) WITHOUT ROWID;

  CREATE TABLE api_keys (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    revoked INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    device_id TEXT,
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_where TEXT,
    payload BLOB NOT NULL,
    payload_bytes INTEGER NOT NULL
  );
  `,
  `
  -- The unguessable part of a lease's token; gone with the lease.
  ALTER TABLE cases ADD COLUMN lease_nonce TEXT;
  CREATE INDEX cases_claimable ON cases (severity DESC, created_ms, id) WHERE state = 'candidate';
  CREATE INDEX cases_created ON cases (created_ms, id);
  `,
  JT808_SCHEMA,
  `
  -- Evidence that could not be had at once: clips, and what a full disk refused.
  CREATE TABLE later_evidence (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    planned_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX later_evidence_due ON later_evidence (due_ms);
  `,
  `
  -- See entry-crc.ts; entries that were written before have none.
  ALTER TABLE journal ADD COLUMN crc INTEGER;
  -- Holes in the journal that a recovery found and told.
  CREATE TABLE lost_entries (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
  `,
  `
  -- The state of the rules in pieces; rule_snapshots names the number that is whole.
  CREATE TABLE rule_snapshot_pieces (
    seq INTEGER NOT NULL,
    number INTEGER NOT NULL,
    piece TEXT NOT NULL,
    PRIMARY KEY (seq, number)
  ) WITHOUT ROWID;
  `,
  PENDING_SCHEMA,
  `
  CREATE TABLE device_vitals (device_id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
  `,
  COVERAGE_SCHEMA,
  `
  -- What each sense alone tells of an incident that several make together (incidents/fusion.ts).
  CREATE TABLE incident_parts (
    id TEXT PRIMARY KEY,
    incident_id TEXT NOT NULL,
    device_id TEXT,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX incident_parts_incident ON incident_parts (incident_id);
  CREATE INDEX incident_parts_device ON incident_parts (device_id);
  CREATE INDEX incidents_type_onset ON incidents (type, onset_ms);
  `,
  `
  -- Where a device stands that was admitted, as JSON; the configuration's word goes first.
  ALTER TABLE devices ADD COLUMN place TEXT;
  `,
  `
  -- Reports take the incidents of a period.
  CREATE INDEX incidents_onset ON incidents (onset_ms);
  `,
];

/** Schema of `series.db`: numbers by device and metric, rebuilt from the journal where lost. */
export const SERIES_SCHEMA: readonly Migration[] = [
  `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    metric TEXT NOT NULL,
    UNIQUE (device_id, metric)
  );
  CREATE TABLE points (
    series_id INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    value REAL NOT NULL,
    flag TEXT,
    PRIMARY KEY (series_id, at_ms)
  ) WITHOUT ROWID;
  CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  `,
  `
  -- Points lie in a file for each day from here on; those that are here stay until they are old.
  ALTER TABLE series ADD COLUMN latest_ms INTEGER;
  ALTER TABLE series ADD COLUMN latest REAL;
  `,
];
