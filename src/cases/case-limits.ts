/** Bounds of the queue; what is asked beyond them is cut to them. */
export const CASE_LIMITS = {
  claim_max: 100,
  lease_s_min: 5,
  lease_s_max: 3600,
  lease_s_default: 300,
  page_max: 500,
  note_chars_max: 2000,
  name_chars_max: 128,
} as const;
