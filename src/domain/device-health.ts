/** What a device's health is told from. */
export interface HealthFacts {
  readonly revoked: boolean;
  /** Arrival of its newest message. */
  readonly lastSeen_ms?: number | undefined;
  /** Its own word, or that of its last will, and when that came. */
  readonly word?: { readonly online: boolean; readonly received_ms: number } | undefined;
  /** How often it should say something, where that is known. */
  readonly interval_ms?: number | undefined;
}

export const DEVICE_HEALTH = ['online', 'late', 'offline', 'never-seen', 'revoked'] as const;
export type DeviceHealth = (typeof DEVICE_HEALTH)[number];

/** When a device counts as offline: silent for so long, and for so many of its intervals. */
export interface OfflineBounds {
  readonly after_ms: number;
  readonly intervals: number;
}

/** A message or two may be lost on the way; four in a row are not. */
const LATE_INTERVALS = 2.5;
/** However often it speaks: networks pause so long. */
const LATE_MIN_MS = 30_000;
/** Of devices that no rule misses. */
export const OFFLINE_DEFAULT: OfflineBounds = { after_ms: 90_000, intervals: 5 };
/** A device that breaks away and is back within this was never offline. */
const WORD_DEBOUNCE_MS = 30_000;

/**
 * Online, late, offline at `now_ms`. Where nobody knows how often a device speaks it is late after `unknown_ms`, and
 * offline after twice that. Its word that it is offline counts once it has stood for a while and nothing came since.
 */
export function healthOf(
  facts: HealthFacts,
  now_ms: number,
  unknown_ms: number,
  offline: OfflineBounds = OFFLINE_DEFAULT,
): DeviceHealth {
  const { revoked, lastSeen_ms, word, interval_ms } = facts;
  if (revoked) return 'revoked';
  const saysOffline = word !== undefined && !word.online && word.received_ms >= (lastSeen_ms ?? 0);
  if (saysOffline && now_ms - word.received_ms >= WORD_DEBOUNCE_MS) return 'offline';
  if (lastSeen_ms === undefined) return saysOffline ? 'late' : 'never-seen';
  const silence_ms = now_ms - lastSeen_ms;
  const late_ms =
    interval_ms === undefined ? unknown_ms : Math.max(LATE_MIN_MS, LATE_INTERVALS * interval_ms);
  const offline_ms =
    interval_ms === undefined
      ? 2 * unknown_ms
      : Math.max(offline.after_ms, offline.intervals * interval_ms, LATE_MIN_MS);
  if (silence_ms > offline_ms) return 'offline';
  return saysOffline || silence_ms > late_ms ? 'late' : 'online';
}
