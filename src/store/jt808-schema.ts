/** JT/T 808 in `xuncheng.db`: whose terminal it is, what was given out to it, and packets that wait for others. */
export const JT808_SCHEMA = `
  CREATE TABLE jt808_terminals (
    phone TEXT PRIMARY KEY,
    device_id TEXT NOT NULL,
    profile TEXT,
    terminal_id TEXT
  ) WITHOUT ROWID;
  CREATE TABLE jt808_registrations (phone TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE jt808_packets (
    message TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (message, number)
  ) WITHOUT ROWID;
  -- Made here, for codes that follow from them.
  CREATE TABLE secret_keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
`;
