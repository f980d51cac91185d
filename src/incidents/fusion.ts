import type { FusionConfig } from '../domain/fusion-config.ts';
import { haversine_m } from '../domain/geometry.ts';
import type { Incident, SenseSource } from '../domain/incident.ts';
import { isoTime } from '../domain/time.ts';

/** An incident as one sense alone tells it. Nothing in it changes in the course of the incident but `by`. */
export interface Sense {
  readonly type: string;
  readonly deviceId: string;
  readonly modality: SenseSource['modality'];
  readonly onset_ms: number;
  readonly place: { readonly lon: number; readonly lat: number };
  /** Class of who was seen to do it. */
  readonly by?: string;
}

/** An incident that is known, with the senses that it is made of already. */
export interface Candidate {
  readonly id: string;
  readonly senses: readonly Sense[];
}

/** Several senses together are surer than each, and never quite sure. */
const CONFIDENCE_MAX = 0.99;

/**
 * Whether two senses tell of one incident. It depends on nothing that changes while the incident goes on, so the answer
 * is the same whichever of the two is heard first, and however late.
 */
export function isSameIncident(a: Sense, b: Sense, config: FusionConfig): boolean {
  if (a.type !== config.type || b.type !== config.type || a.modality === b.modality) return false;
  if (!config.modalities.includes(a.modality) || !config.modalities.includes(b.modality)) return false;
  if ([a, b].some(({ by }) => by !== undefined && config.not_by.includes(by))) return false;
  return (
    Math.abs(a.onset_ms - b.onset_ms) <= config.within_s * 1000 &&
    haversine_m(a.place, b.place) <= config.radius_m
  );
}

/**
 * The incident that a new sense belongs to: one that has none of its modality yet, the nearest in time, then in place,
 * then by id. Undefined where it is an incident of its own.
 */
export function incidentOf(
  sense: Sense,
  candidates: readonly Candidate[],
  config: FusionConfig,
): string | undefined {
  const fitting = candidates.flatMap(({ id, senses }) => {
    if (senses.some(({ modality }) => modality === sense.modality)) return [];
    const same = senses.filter((known) => isSameIncident(known, sense, config));
    if (same.length === 0) return [];
    const gap_ms = Math.min(...same.map(({ onset_ms }) => Math.abs(onset_ms - sense.onset_ms)));
    const away_m = Math.min(...same.map(({ place }) => haversine_m(place, sense.place)));
    return [{ id, gap_ms, away_m }];
  });
  fitting.sort((a, b) => a.gap_ms - b.gap_ms || a.away_m - b.away_m || (a.id < b.id ? -1 : 1));
  return fitting[0]?.id;
}

/** What an incident is by all of its senses: everything but id, version and evidence, which are the incident's own. */
export type JointIncident = Omit<Incident, 'id' | 'version' | 'evidence' | 'code' | 'rule' | 'focus'>;

/**
 * Makes one incident of what each sense tells, in the order of `modalities`: the first names subject and place, the
 * zone is a camera's where there is one. It is open while it is for one of them. The order of `parts` changes nothing.
 */
export function fuse(
  parts: readonly Incident[],
  { modalities }: Pick<FusionConfig, 'modalities'>,
): JointIncident {
  const ranked = [...parts].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  const first = <T>(pick: (part: Incident) => T | undefined): T | undefined =>
    ranked.map(pick).find((value) => value !== undefined);
  const cameraFirst = [...ranked].sort((a, b) => Number(isCamera(b)) - Number(isCamera(a)));
  const ofCamera = <T>(pick: (part: Incident) => T | undefined): T | undefined =>
    cameraFirst.map(pick).find((value) => value !== undefined);
  const [lead] = ranked;
  if (lead === undefined) throw new Error('an incident has at least one sense');
  const isOver = ranked.every(({ status }) => status === 'ended');
  const reasons = new Set(ranked.flatMap(({ endReason }) => endReason ?? []));
  const related = new Set(ranked.flatMap(({ relatedTo }) => relatedTo ?? []));
  const sum = ranked.reduce((total, { confidence }) => total + confidence, 0);
  const [zoneId, street, gridCode] = [
    ofCamera(({ place }) => place.zoneId),
    ofCamera(({ place }) => place.street),
    ofCamera(({ place }) => place.gridCode),
  ];
  const subject = first(({ subject }) => subject);
  const model = first(({ model }) => model);
  return {
    type: lead.type,
    status: isOver ? 'ended' : 'open',
    severity: Math.max(...ranked.map(({ severity }) => severity)),
    confidence: confidenceOf(ranked),
    onsetAt: isoTime(Math.min(...ranked.map(({ onsetAt }) => Date.parse(onsetAt)))),
    lastSeenAt: isoTime(Math.max(...ranked.map(({ lastSeenAt }) => Date.parse(lastSeenAt)))),
    ...(isOver && {
      endedAt: isoTime(Math.max(...ranked.map((part) => Date.parse(part.endedAt ?? part.lastSeenAt)))),
    }),
    ...(isOver && reasons.size > 0 && { endReason: [...reasons].join('; ') }),
    place: {
      lon: lead.place.lon,
      lat: lead.place.lat,
      ...(zoneId !== undefined && { zoneId }),
      ...(gridCode !== undefined && { gridCode }),
      ...(street !== undefined && { street }),
    },
    ...(subject !== undefined && { subject }),
    sources: ranked.flatMap(({ sources, confidence }) =>
      sources.map((source) => ({
        ...source,
        weight: round2(sum === 0 ? source.weight : (source.weight * confidence) / sum),
      })),
    ),
    missing: ranked.flatMap(({ missing }) => missing),
    // Of two that measure the same, the first in rank is believed.
    measures: Object.assign(
      {},
      ...[...ranked].reverse().map(({ measures }) => measures),
    ) as Incident['measures'],
    ...(model !== undefined && { model }),
    ...(related.size > 0 && { relatedTo: [...related] }),
  };

  function rank(part: Incident): number {
    const [source] = part.sources;
    const at = source === undefined ? -1 : modalities.indexOf(source.modality);
    return at === -1 ? modalities.length : at;
  }
}

/** A part as a sense. */
export function senseOf(part: Incident): Sense {
  const { type, sources, onsetAt, place, measures, subject } = part;
  const { by } = measures;
  return {
    type,
    deviceId: sources[0]?.deviceId ?? subject?.deviceId ?? '',
    modality: sources[0]?.modality ?? 'camera',
    onset_ms: Date.parse(onsetAt),
    place,
    ...(typeof by === 'string' && { by }),
  };
}

function isCamera({ sources }: Incident): boolean {
  return sources[0]?.modality === 'camera';
}

function confidenceOf(parts: readonly Incident[]): number {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.confidence;
  const doubt = parts.reduce((product, { confidence }) => product * (1 - confidence), 1);
  return Math.min(CONFIDENCE_MAX, Math.round((1 - doubt) * 1000) / 1000);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
