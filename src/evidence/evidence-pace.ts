/** What is kept of one incident so far from one device; ISO 8601 times. */
export interface EvidenceSpan {
  readonly items: number;
  readonly first: string | null;
  readonly last: string | null;
}

/**
 * A stall that stays all day is updated every minute, and evidence of an open case is never deleted: so the
 * updates of a long incident are kept at growing distances. Its beginning and its end are always kept.
 */
const EVIDENCE_PACE = {
  /** The next item comes after this share of the time covered so far ... */
  share: 0.25,
  /** ... but after this at the latest, so that a reopened case has a recent picture. */
  gap_max_ms: 30 * 60_000,
  /** Of one incident, device and kind; after so many only the end is kept. */
  items_max: 500,
} as const;

/** True where an update at `at_ms` is far enough from what is kept to be kept as well. */
export function isUpdateDue(span: EvidenceSpan, at_ms: number): boolean {
  if (span.first === null || span.last === null) return true;
  if (span.items >= EVIDENCE_PACE.items_max) return false;
  const last_ms = Date.parse(span.last);
  const covered_ms = last_ms - Date.parse(span.first);
  return at_ms - last_ms >= Math.min(EVIDENCE_PACE.gap_max_ms, covered_ms * EVIDENCE_PACE.share);
}
