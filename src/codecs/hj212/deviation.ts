/**
 * What stations do otherwise than the standard says, and is accepted all the same; each is counted, so that a
 * city can see what it bought. A wrong CRC or length is not among them.
 */
export const HJ212_DEVIATIONS = [
  /** A frame that does not end with CR LF. */
  'line-end',
  /** A data segment of more than 1,024 bytes. */
  'long-segment',
  /** `DATATIME`, `A34001-RTD`, `La-Rtd`, `FLAG`. */
  'name-case',
  /** `LA-Rtd-Rtd`. */
  'suffix-twice',
  /** `;&&` at the end, or `;;`. */
  'empty-item',
  /** `a34002-Rtd=`: counts as absent. */
  'empty-value',
  /** A request number that is not 17 digits, such as one with `CST`. */
  'qn-form',
  'qn-missing',
  'flag-missing',
  /** `Flag` inside CP instead of before it. */
  'flag-in-cp',
  /** `PNUM=0002`. */
  'padded-number',
  /** A DataTime that is not 14 digits. */
  'time-form',
  /** No DataTime: the time of the request number is taken. */
  'time-missing',
  /** `longitude=…;latitude=…` among the factors. */
  'position-in-cp',
  /** A data flag that the standard does not have; it counts as faulty. */
  'unknown-flag',
  /** A value that is no number, or that no working sensor gives: kept as text, no metric is made of it. */
  'implausible-value',
] as const;
export type Hj212Deviation = (typeof HJ212_DEVIATIONS)[number];
