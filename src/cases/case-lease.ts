import { isoTime } from '../domain/time.ts';
import { CASE_LIMITS } from './case-limits.ts';
import type { CaseRow } from './case-table.ts';

/** Why a step was refused; the caller turns the code into its own protocol's answer. */
export interface TransitionRefused {
  readonly ok: false;
  readonly code: 'not-found' | 'stale-token' | 'leased' | 'bad-state';
  readonly message: string;
}

interface Refusal {
  readonly entries: readonly [];
  readonly result: TransitionRefused;
}

/** Undefined where whoever shows `token` (or none) may act on the case at `now_ms`. */
export function checkLease(row: CaseRow, token: string | undefined, now_ms: number): Refusal | undefined {
  const leased = row.lease_until_ms !== null && row.lease_until_ms > now_ms;
  if (token === undefined) {
    return leased
      ? refusal('leased', `the case is leased to ${row.lease_consumer} until ${isoTime(row.lease_until_ms)}`)
      : undefined;
  }
  if (leased && row.lease_nonce !== null && token === tokenText(row.fencing_token, row.lease_nonce)) {
    return undefined;
  }
  return refusal(
    'stale-token',
    leased
      ? 'the token is not that of the present lease: the case went to another'
      : 'the lease of this token has ended: claim the case anew',
  );
}

/** A refusal as the outcome of a transaction that writes nothing. */
export function refusal(code: TransitionRefused['code'], message: string): Refusal {
  return { entries: [], result: { ok: false, code, message } };
}

/** A lease's token: the fencing number, then what cannot be guessed. */
export function tokenText(fencing_token: number, nonce: string): string {
  return `${fencing_token}.${nonce}`;
}

/** A lease's length in seconds, cut to its bounds. */
export function leaseSeconds(asked_s: number | undefined): number {
  return clamp(asked_s ?? CASE_LIMITS.lease_s_default, CASE_LIMITS.lease_s_min, CASE_LIMITS.lease_s_max);
}

/** A whole number cut to its bounds; throws RangeError for what is not finite. */
export function clamp(value: number, min: number, max: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`not a finite number: ${value}`);
  return Math.min(max, Math.max(min, Math.trunc(value)));
}
