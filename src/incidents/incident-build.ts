import type { Finding } from '../domain/finding.ts';
import type { FocusReport } from '../domain/focus.ts';
import {
  EVIDENCE_MISSING,
  type EvidenceItem,
  type Incident,
  type IncidentCode,
  type MissingSense,
} from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';
import { incidentId } from './incident-id.ts';

/** Evidence kept in an incident: of more, the first half and the latest stay. */
export const EVIDENCE_MAX = 20;
const RELATED_MAX = 20;

/** The incident that a finding makes of the known one (or of none). */
export function applyFinding(
  known: Incident | undefined,
  finding: Finding,
  code: IncidentCode,
  captured: readonly EvidenceItem[],
): Incident {
  const { rule, subject, model } = finding;
  const related = new Set(known?.relatedTo ?? []);
  for (const { key, onset_ms } of finding.related ?? []) related.add(incidentId(rule.id, key, onset_ms));
  const relatedTo = [...related].slice(0, RELATED_MAX);
  const focus = known?.focus;
  return {
    id: incidentId(rule.id, finding.key, finding.onset_ms),
    version: (known?.version ?? 0) + 1,
    type: finding.type,
    code: known?.code ?? code,
    status: finding.action === 'end' ? 'ended' : 'open',
    severity: finding.severity,
    confidence: Math.min(1, Math.max(0, finding.confidence)),
    onsetAt: isoTime(finding.onset_ms),
    lastSeenAt: isoTime(finding.lastSeen_ms),
    ...(finding.action === 'end' ? { endedAt: isoTime(finding.at_ms) } : {}),
    ...(finding.endReason === undefined ? {} : { endReason: finding.endReason }),
    place: finding.place,
    ...(subject === undefined ? {} : { subject }),
    sources: [...finding.sources],
    missing: [...finding.missing, ...missingEvidence(known?.missing ?? [])],
    measures: { ...finding.measures },
    evidence: mergeEvidence(known?.evidence ?? [], captured),
    rule: { id: rule.id, version: rule.version },
    ...(model === undefined ? {} : { model: { id: model.id, sha256: model.sha256 } }),
    ...(relatedTo.length === 0 ? {} : { relatedTo }),
    ...(focus === undefined ? {} : { focus }),
  };
}

/** A later version of an incident with evidence that came after it; what is `found` is no longer missing. */
export function amendIncident(known: Incident, amendment: Amendment): Incident {
  const { evidence = [], missing = [], found, focus = known.focus } = amendment;
  const kept = known.missing.filter(({ reason }) => found === undefined || !reason.startsWith(found));
  return {
    ...known,
    version: known.version + 1,
    evidence: mergeEvidence(known.evidence, evidence),
    missing: [...kept, ...missing],
    ...(focus === undefined ? {} : { focus }),
  };
}

/** What later evidence changes about an incident. */
export interface Amendment {
  readonly evidence?: readonly EvidenceItem[];
  readonly missing?: readonly MissingSense[];
  /** What a closer look has shown. */
  readonly focus?: FocusReport;
  /** How the reasons of what is missing no longer begin. */
  readonly found?: string;
}

function missingEvidence(missing: readonly MissingSense[]): MissingSense[] {
  return missing.filter(({ reason }) => reason.startsWith(EVIDENCE_MISSING));
}

/** Evidence with what came to it, within {@link EVIDENCE_MAX}. */
export function mergeEvidence(
  known: readonly EvidenceItem[],
  captured: readonly EvidenceItem[],
): EvidenceItem[] {
  const ids = new Set(known.map(({ id }) => id));
  const all = [...known, ...captured.filter(({ id }) => !ids.has(id))];
  if (all.length <= EVIDENCE_MAX) return all;
  const half = EVIDENCE_MAX / 2;
  return [...all.slice(0, half), ...all.slice(-half)];
}
