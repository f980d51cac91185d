import type { Publication } from './schedule.ts';

/** What a link tells its owner. */
export type LinkEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** On its way; told again where it is sent again. */
  | { readonly kind: 'sent'; readonly messages: number }
  | { readonly kind: 'acknowledged'; readonly messages: number }
  | { readonly kind: 'dropped'; readonly messages: number };

/** One device's connection, whatever it speaks: a bounded queue, and nothing forgotten before its acknowledgement. */
export interface Link {
  /** Messages not yet acknowledged. */
  readonly waiting: number;
  /** Connects; `at_ms` is the simulated time. */
  start(at_ms: number): void;
  /** Loses the connection without a word. */
  cut(): void;
  /** Queues a message and sends as much as may be in flight. */
  publish(publication: Publication): void;
  /** Says goodbye, where the protocol has a word for it, and ends; at most `patience_ms`. */
  stop(at_ms: number, patience_ms: number): Promise<void>;
}
