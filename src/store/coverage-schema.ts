/** When cameras did not watch, in `xuncheng.db`. */
export const COVERAGE_SCHEMA = `
  CREATE TABLE coverage_cameras (camera_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE coverage_gaps (
    camera_id TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    cause TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (camera_id, from_ms)
  ) WITHOUT ROWID;
  CREATE INDEX coverage_gaps_ended ON coverage_gaps (to_ms);
  -- From when on all gaps are there: older ones had to go.
  CREATE TABLE coverage_reach (id INTEGER PRIMARY KEY CHECK (id = 1), from_ms INTEGER NOT NULL);
`;
