/** Who knocks and is not known, and stations that were admitted, in `xuncheng.db`. */
export const PENDING_SCHEMA = `
  CREATE TABLE pending_devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    protocol TEXT NOT NULL,
    identity TEXT NOT NULL,
    remote TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    details TEXT NOT NULL,
    UNIQUE (protocol, identity)
  );
  CREATE INDEX pending_devices_seen ON pending_devices (last_seen_ms, id);
  CREATE TABLE hj212_stations (
    mn TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    pw TEXT,
    particulate_unit TEXT NOT NULL
  ) WITHOUT ROWID;
`;
