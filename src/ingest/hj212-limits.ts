/** Bounds of the HJ 212 listener; at each, what happens is said. */
export interface Hj212Limits {
  /** Further connections are closed at once and counted. */
  readonly connections_max: number;
  /** Without a byte for so long a connection is closed; stations that send once an hour are heard before. */
  readonly idle_timeout_ms: number;
  /** A connection on which no station has shown itself by its MN and PW by then is closed. */
  readonly first_frame_timeout_ms: number;
  /** A frame that has begun and gets no more bytes for so long is quarantined; the session goes on. */
  readonly frame_timeout_ms: number;
  /** Refused pieces (damaged, unknown, wrong PW) without a good one between them; then it is closed. */
  readonly refusals_in_row_max: number;
  /** Stations on one connection (several behind one modem); frames of further ones are refused. */
  readonly stations_per_connection_max: number;
  /** What may wait to be sent to a station that does not read; above it, it is disconnected. */
  readonly unread_bytes_max: number;
  /** Bytes being stored, all connections together; above it, nothing more is read. */
  readonly inflight_bytes_max: number;
  /** Commands to one station that wait for their answers. */
  readonly commands_waiting_max: number;
  /** Wait for 9011, then the request is sent again, so many times (HJ 212-2017, 6.4.1); then for the result. */
  readonly answer_timeout_ms: number;
  readonly attempts_max: number;
  readonly result_timeout_ms: number;
}

export const HJ212_LIMITS: Hj212Limits = {
  connections_max: 5000,
  idle_timeout_ms: 3_900_000,
  first_frame_timeout_ms: 120_000,
  frame_timeout_ms: 30_000,
  refusals_in_row_max: 1000,
  stations_per_connection_max: 64,
  unread_bytes_max: 64 * 1024,
  inflight_bytes_max: 4 * 1024 * 1024,
  commands_waiting_max: 8,
  answer_timeout_ms: 10_000,
  attempts_max: 3,
  result_timeout_ms: 10_000,
};
