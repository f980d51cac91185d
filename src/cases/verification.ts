import { EVIDENCE_MISSING, type Incident } from '../domain/incident.ts';

/** After a case was reported handled, sightings within this time still belong to the clearing work itself. */
const HANDLED_GRACE_MS = 60_000;

/** What the gateway saw of a place whose case was reported handled (DESIGN idea 9). */
export type Verdict =
  | { readonly kind: 'verified'; readonly note: string }
  | { readonly kind: 'still-there'; readonly note: string }
  | { readonly kind: 'could-not-verify'; readonly note: string };

/**
 * Judges an incident against the time at which its case was reported handled; undefined while nothing can be
 * said yet. An incident whose end nobody could see (a sense was missing then) is not verified: not seeing is
 * not the same as nothing there.
 */
export function judgeHandled(incident: Incident, handled_ms: number): Verdict | undefined {
  if (incident.status === 'ended') {
    const reason = whyUnseen(incident);
    return reason === undefined
      ? { kind: 'verified', note: `seen to be over since ${incident.endedAt ?? incident.lastSeenAt}` }
      : { kind: 'could-not-verify', note: `could not verify: ${reason}` };
  }
  if (Date.parse(incident.lastSeenAt) <= handled_ms + HANDLED_GRACE_MS) return undefined;
  return { kind: 'still-there', note: `still there: last seen ${incident.lastSeenAt}` };
}

function whyUnseen(incident: Incident): string | undefined {
  const lastSeen_ms = Date.parse(incident.lastSeenAt);
  const ended_ms = Date.parse(incident.endedAt ?? incident.lastSeenAt);
  const gap = incident.missing.find(
    ({ reason, from, to }) =>
      !reason.startsWith(EVIDENCE_MISSING) && Date.parse(to) > lastSeen_ms && Date.parse(from) <= ended_ms,
  );
  if (gap !== undefined) return `${gap.modality} missing ${gap.from} to ${gap.to} (${gap.reason})`;
  if (incident.type === 'illegal-dumping' && incident.sources.every(({ modality }) => modality === 'gps')) {
    return 'the truck has left, but positions do not show whether its load is still there';
  }
  return undefined;
}
