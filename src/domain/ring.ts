/** How much of one camera's stream is kept on disk. */
export interface RingLimits {
  /** Pictures older than this go. */
  readonly ring_ms: number;
  readonly bytes_max: number;
  /** A new segment begins with the first key picture after so long. */
  readonly segment_ms: number;
  /** Of what suspicions hold beyond the ring. */
  readonly held_bytes_max: number;
}
