import Type, { type Static } from 'typebox';
import { FocusReport } from './focus.ts';

/** Where an incident is; WGS-84 degrees. */
export const IncidentPlace = Type.Object({
  lon: Type.Number({ minimum: -180, maximum: 180 }),
  lat: Type.Number({ minimum: -90, maximum: 90 }),
  zoneId: Type.Optional(Type.String()),
  gridCode: Type.Optional(Type.String()),
  street: Type.Optional(Type.String()),
});
export type IncidentPlace = Static<typeof IncidentPlace>;

/** Reasons of what is missing of an incident's evidence begin so; they stay until the evidence has come. */
export const EVIDENCE_MISSING = 'evidence: ';

/** Who an incident is about, where it is about somebody: a truck, a station. */
export const IncidentSubject = Type.Object({
  deviceId: Type.Optional(Type.String()),
  plate: Type.Optional(Type.String()),
});
export type IncidentSubject = Static<typeof IncidentSubject>;

const MODALITY = Type.Union([
  Type.Literal('camera'),
  Type.Literal('gps'),
  Type.Literal('dust'),
  Type.Literal('noise'),
]);

/** One sense that took part, with the time it covers (ISO 8601) and its weight (0..1). */
export const SenseSource = Type.Object({
  deviceId: Type.String(),
  modality: MODALITY,
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  weight: Type.Number({ minimum: 0, maximum: 1 }),
});
export type SenseSource = Static<typeof SenseSource>;

/** A sense that should have seen and did not, and why. */
export const MissingSense = Type.Object({
  modality: MODALITY,
  reason: Type.String(),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
});
export type MissingSense = Static<typeof MissingSense>;

/** A picture, clip, track or series that proves something, with its hash when captured. */
export const EvidenceItem = Type.Object({
  id: Type.String(),
  kind: Type.Union([
    Type.Literal('snapshot'),
    Type.Literal('clip'),
    Type.Literal('track'),
    Type.Literal('series'),
  ]),
  at: Type.String({ format: 'date-time' }),
  to: Type.Optional(Type.String({ format: 'date-time' })),
  href: Type.String(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  mediaType: Type.String(),
  /** `plate-region`: the part of a picture where a vehicle's plate would be. */
  role: Type.Optional(
    Type.Union([Type.Literal('annotated'), Type.Literal('raw'), Type.Literal('plate-region')]),
  ),
});
export type EvidenceItem = Static<typeof EvidenceItem>;

/** The class of an incident in a city's own code table. */
export const IncidentCode = Type.Object({
  scheme: Type.String(),
  major: Type.Union([Type.String(), Type.Null()]),
  minor: Type.Union([Type.String(), Type.Null()]),
  name: Type.String(),
});
export type IncidentCode = Static<typeof IncidentCode>;

/** An incident as the command centre gets it. Every change raises `version` by one. */
export const Incident = Type.Object({
  id: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  type: Type.String(),
  code: IncidentCode,
  status: Type.Union([Type.Literal('open'), Type.Literal('ended')]),
  severity: Type.Integer({ minimum: 1, maximum: 4 }),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  onsetAt: Type.String({ format: 'date-time' }),
  lastSeenAt: Type.String({ format: 'date-time' }),
  endedAt: Type.Optional(Type.String({ format: 'date-time' })),
  endReason: Type.Optional(Type.String()),
  place: IncidentPlace,
  subject: Type.Optional(IncidentSubject),
  sources: Type.Array(SenseSource),
  missing: Type.Array(MissingSense),
  measures: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  evidence: Type.Array(EvidenceItem),
  rule: Type.Object({ id: Type.String(), version: Type.String() }),
  model: Type.Optional(Type.Object({ id: Type.String(), sha256: Type.String() })),
  relatedTo: Type.Optional(Type.Array(Type.String())),
  /** Who was seen with it, where its camera's film was looked at closely; an extension of the contract. */
  focus: Type.Optional(FocusReport),
});
export type Incident = Static<typeof Incident>;

/** What the journal and the outputs carry when an incident changes. */
export interface IncidentEvent {
  readonly kind: 'incident';
  readonly action: 'opened' | 'updated' | 'ended';
  readonly incident: Incident;
}
