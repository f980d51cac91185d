import type { Finding } from '../domain/finding.ts';
import type { FusionConfig } from '../domain/fusion-config.ts';
import { EVIDENCE_MISSING, type EvidenceItem, type Incident, type IncidentCode } from '../domain/incident.ts';
import type { Database } from '../store/database.ts';
import { fuse, incidentOf, type Sense, senseOf } from './fusion.ts';
import { applyFinding, mergeEvidence } from './incident-build.ts';
import { incidentId } from './incident-id.ts';
import { IncidentParts } from './incident-parts.ts';
import type { IncidentStore } from './incident-store.ts';

/** Incidents looked at for one new finding; a city with more of one type at once is being attacked. */
const CANDIDATES_MAX = 500;

/** Finds which findings of several senses tell of one incident, and makes it of what each of them tells. */
export class JointIncidents {
  readonly #configs: ReadonlyMap<string, FusionConfig>;
  readonly #incidents: IncidentStore;
  readonly #parts: IncidentParts;
  /** Decided for findings that are not stored yet: they may meet each other. */
  readonly #decided = new Map<string, { readonly target: string; readonly sense: Sense }>();

  constructor(db: Database, incidents: IncidentStore, configs: readonly FusionConfig[]) {
    this.#configs = new Map(configs.map((config) => [config.type, config]));
    this.#incidents = incidents;
    this.#parts = new IncidentParts(db);
  }

  /**
   * The id of the incident that a finding is about: its own, or of the one that it joins. The same finding gets the same
   * answer until {@link forget}, and after it has been recorded.
   */
  targetOf(finding: Finding): string {
    const own = ownId(finding);
    const config = this.#configs.get(finding.type);
    if (config === undefined) return own;
    const decided = this.#decided.get(own);
    if (decided !== undefined) return decided.target;
    const owner = this.#parts.ownerOf(own);
    if (owner !== undefined) return owner;
    // What never began joins nothing.
    if (finding.action === 'end' || this.#incidents.get(own) !== undefined) return own;
    const sense = senseOf(applyFinding(undefined, finding, NO_CODE, []));
    const target = incidentOf(sense, this.#candidates(finding, config), config) ?? own;
    this.#decided.set(own, { target, sense });
    return target;
  }

  /** What was decided is stored now. */
  forget(): void {
    this.#decided.clear();
  }

  /**
   * The next version of the incident that a finding changes; undefined where it changes nothing, being over. To be called
   * within the transaction that stores it.
   */
  apply(
    target: string,
    finding: Finding,
    code: IncidentCode,
    captured: readonly EvidenceItem[],
  ): Incident | undefined {
    const known = this.#incidents.get(target);
    const own = ownId(finding);
    const parts = this.#parts.of(target);
    if (parts.length === 0 && target === own) return this.#alone(known, finding, code, captured);
    // The first sense that is joined makes a part of what was the whole.
    if (parts.length === 0 && known !== undefined) parts.push(asPart(known));
    const before = parts.find(({ id }) => id === own);
    if (before?.status === 'ended' || (before === undefined && finding.action === 'end')) return undefined;
    const part = this.#resolved(applyFinding(before, finding, code, []));
    const all = [...parts.filter(({ id }) => id !== own), part];
    for (const each of all) this.#parts.put(target, each);
    return this.#joint(known ?? part, target, all, captured);
  }

  /** The parts of an incident that are not over; where it has one sense alone, itself. */
  openParts(incident: Incident): readonly Incident[] {
    const parts = this.#parts.of(incident.id);
    return (parts.length === 0 ? [incident] : parts).filter(({ status }) => status === 'open');
  }

  /** The incident with those of its parts ended by `end` that it chooses; undefined where it chooses none. */
  endParts(incident: Incident, end: (part: Incident) => Incident | undefined): Incident | undefined {
    const parts = this.#parts.of(incident.id);
    if (parts.length === 0) return incident.status === 'ended' ? undefined : end(incident);
    let isChanged = false;
    const all = parts.map((part) => {
      const ended = part.status === 'ended' ? undefined : end(part);
      if (ended === undefined) return part;
      isChanged = true;
      this.#parts.put(incident.id, ended);
      return ended;
    });
    return isChanged ? this.#joint(incident, incident.id, all, []) : undefined;
  }

  #alone(
    known: Incident | undefined,
    finding: Finding,
    code: IncidentCode,
    captured: readonly EvidenceItem[],
  ): Incident | undefined {
    if (known?.status === 'ended' || (known === undefined && finding.action === 'end')) return undefined;
    return this.#resolved(applyFinding(known, finding, code, captured));
  }

  #joint(
    known: Incident,
    id: string,
    parts: readonly Incident[],
    captured: readonly EvidenceItem[],
  ): Incident {
    const config = this.#configs.get(known.type);
    const joint = fuse(parts, config ?? { modalities: ['gps', 'camera'] });
    const { code, rule, focus } = known;
    const evidence = mergeEvidence(known.evidence, captured);
    const missing = [...joint.missing, ...known.missing.filter(isEvidence)];
    const more = focus === undefined ? {} : { focus };
    return { ...joint, id, version: known.version + 1, code, rule, missing, evidence, ...more };
  }

  /** Related incidents under the ids that they have come to have. */
  #resolved(incident: Incident): Incident {
    if (incident.relatedTo === undefined) return incident;
    const ids = new Set(incident.relatedTo.map((id) => this.#parts.ownerOf(id) ?? id));
    return { ...incident, relatedTo: [...ids] };
  }

  #candidates({ type, onset_ms }: Finding, { within_s }: FusionConfig) {
    const within_ms = within_s * 1000;
    // What is joined already counts from its earliest part.
    const stored = this.#incidents.begunWithin(
      type,
      onset_ms - 2 * within_ms,
      onset_ms + within_ms,
      CANDIDATES_MAX,
    );
    const senses = new Map<string, Sense[]>();
    for (const incident of stored) {
      const parts = this.#parts.of(incident.id);
      senses.set(incident.id, (parts.length === 0 ? [incident] : parts).map(senseOf));
    }
    for (const { target, sense } of this.#decided.values()) {
      senses.set(target, [...(senses.get(target) ?? []), sense]);
    }
    return [...senses].map(([id, list]) => ({ id, senses: list }));
  }
}

const NO_CODE: IncidentCode = { scheme: '', major: null, minor: null, name: '' };

/** The id that a finding's incident has where nothing else tells of it. */
function ownId({ rule, key, onset_ms }: Finding): string {
  return incidentId(rule.id, key, onset_ms);
}

/** Evidence belongs to the incident, whatever sense it came by. */
function asPart(incident: Incident): Incident {
  const { focus, ...part } = incident;
  return { ...part, evidence: [], missing: incident.missing.filter((sense) => !isEvidence(sense)) };
}

function isEvidence({ reason }: Incident['missing'][number]): boolean {
  return reason.startsWith(EVIDENCE_MISSING);
}
