/** Readings before this instant (2000-01-01) are a device whose clock was never set. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
/** 2100-01-01: later is a unit mistake (microseconds) rather than a time. */
const LATEST_MS = Date.UTC(2100, 0, 1);
const ISO_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * Reads the `at` of a payload: ISO 8601 with offset, or epoch milliseconds. Undefined where it is neither,
 * or lies outside the years 2000 to 2099.
 */
export function parseAt_ms(value: unknown): number | undefined {
  let at_ms: number;
  if (typeof value === 'number') at_ms = Math.round(value);
  else if (typeof value === 'string' && ISO_WITH_OFFSET.test(value)) at_ms = Date.parse(value);
  else return undefined;
  return Number.isFinite(at_ms) && at_ms >= EARLIEST_MS && at_ms < LATEST_MS ? at_ms : undefined;
}

/** Epoch milliseconds as ISO 8601 in UTC. */
export function isoTime(at_ms: number): string {
  return new Date(at_ms).toISOString();
}
