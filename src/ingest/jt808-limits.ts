/** Bounds of the JT/T 808 listener; a frame's own bound is the standard's. */
export interface Jt808Limits {
  /** Further connections are closed at once and counted. */
  readonly connections_max: number;
  /** Without a whole frame for so long a connection is closed. */
  readonly idle_timeout_ms: number;
  /** A connection that has not authenticated itself by then is closed. */
  readonly auth_timeout_ms: number;
  /** Bytes of frames that are being stored, all connections together; above it nothing more is read. */
  readonly inflight_bytes_max: number;
  /** Frames of one connection that are being stored; above it, it is not read. */
  readonly inflight_frames_max: number;
  /** What may wait to be sent to a terminal that does not read; above it, it is disconnected. */
  readonly unread_bytes_max: number;
  /** Frames of a connection without authentication that are kept in the quarantine; further ones are counted. */
  readonly stranger_items_max: number;
  /** A message in packets that would be larger is refused with its first packet. */
  readonly assembled_bytes_max: number;
  /** Messages in packets of one terminal, and of all; at the bound the one that waits longest goes. */
  readonly assemblies_per_terminal_max: number;
  readonly assemblies_max: number;
  /** Bytes of packets that wait for others, of all terminals; above it the oldest message goes. */
  readonly packets_bytes_max: number;
  /** So long after the newest packet the missing ones are asked for, so many times. */
  readonly resend_after_ms: number;
  readonly resends_max: number;
  /** So long after its newest packet an incomplete message is given up. */
  readonly assembly_timeout_ms: number;
  /** A command waits so long for its answer; where 0x0001 has come first, so long for what was asked for. */
  readonly answer_timeout_ms: number;
  readonly result_timeout_ms: number;
  /** Commands of one terminal that wait for their answer. */
  readonly commands_waiting_max: number;
}

export const JT808_LIMITS: Jt808Limits = {
  connections_max: 20_000,
  idle_timeout_ms: 300_000,
  auth_timeout_ms: 60_000,
  inflight_bytes_max: 4 * 1024 * 1024,
  inflight_frames_max: 256,
  unread_bytes_max: 256 * 1024,
  stranger_items_max: 1000,
  assembled_bytes_max: 8 * 1024 * 1024,
  assemblies_per_terminal_max: 4,
  assemblies_max: 2000,
  packets_bytes_max: 256 * 1024 * 1024,
  resend_after_ms: 5000,
  resends_max: 5,
  assembly_timeout_ms: 3_600_000,
  answer_timeout_ms: 20_000,
  result_timeout_ms: 60_000,
  commands_waiting_max: 8,
};
