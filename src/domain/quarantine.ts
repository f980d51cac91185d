import type { DecodeError } from './decoded.ts';

/** Bytes that were refused, with the reason, as the quarantine keeps them. */
export interface QuarantineItem {
  readonly received_ms: number;
  /** Which door it came through: `mqtt`, `http`, `jt808`... */
  readonly source: string;
  /** The device that was authenticated, where one was; never what the bytes claim. */
  readonly deviceId?: string;
  /** Topic or path as the sender gave it. */
  readonly channel: string;
  readonly error: DecodeError;
  readonly payload: Uint8Array;
  /** Size of what was sent, where `payload` is only its beginning. */
  readonly payload_bytes?: number;
}
