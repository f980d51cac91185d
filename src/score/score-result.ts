import Type, { type Static } from 'typebox';
import { DEVICE_KINDS } from '../domain/device.ts';
import { EvidenceItem, Incident, IncidentPlace } from '../domain/incident.ts';
import { IncidentLabel } from '../domain/recording.ts';
import { MISMATCHES } from './match.ts';

/** `format` and `version` of a score's JSON; docs/SCORING.md describes it. */
export const SCORE_FORMAT = 'xuncheng-score';
export const SCORE_VERSION = 1;

const Time_ms = Type.Integer({ description: 'epoch milliseconds' });
const Count = Type.Integer({ minimum: 0 });
const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);
const { rule, model, measures } = Incident.properties;

/** A found incident as the score shows it. */
export const ScoredIncident = Type.Object({
  id: Type.String(),
  type: Type.String(),
  opened_ms: Time_ms,
  onset_ms: Time_ms,
  lastSeen_ms: Time_ms,
  /** Absent: it was still open at the end. */
  ended_ms: Type.Optional(Time_ms),
  endReason: Type.Optional(Type.String()),
  severity: Type.Integer(),
  confidence: Type.Number(),
  place: IncidentPlace,
  /** Whom it is about, then the other devices that took part. */
  deviceIds: Type.Array(Type.String()),
  plate: Type.Optional(Type.String()),
  rule,
  model,
  measures,
  /** Where in the picture of its first device, as shares. */
  box: Type.Optional(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
  evidence: Type.Array(EvidenceItem),
});
export type ScoredIncident = Static<typeof ScoredIncident>;

const Nearest = Type.Object({
  /** Of a label for a false alarm, of an incident for a miss. */
  id: Type.String(),
  why: Type.Enum([...MISMATCHES]),
  /** How far it is off: metres for `place`, seconds for `time` and `early`, else 0. */
  by: Type.Number(),
});
/** What comes nearest to a miss or a false alarm, and why the two are not a hit. */
export type Nearest = Static<typeof Nearest>;

const Hit = Type.Object({
  label: IncidentLabel,
  /** The earliest reported incident about it. */
  found: ScoredIncident,
  /** From the label's begin to the report; absent where the label began before the recording. */
  delay_s: Type.Optional(Type.Number()),
  /** The delay less the label's dwell. */
  excessDelay_s: Type.Optional(Type.Number()),
});
/** A label that was found. */
export type Hit = Static<typeof Hit>;

const MissedLabel = Type.Object({
  label: IncidentLabel,
  /** The incident that covers this label although it is about another. */
  mergedInto: Type.Optional(Type.String()),
  nearest: Type.Optional(Nearest),
});
/** A label that was not found. */
export type MissedLabel = Static<typeof MissedLabel>;

const FalseAlarm = Type.Object({
  found: ScoredIncident,
  /** What looks like an incident and is none, and was taken for one. */
  decoy: Type.Optional(IncidentLabel),
  nearest: Type.Optional(Nearest),
});
/** An incident without a label. */
export type FalseAlarm = Static<typeof FalseAlarm>;

const Duplicate = Type.Object({ found: ScoredIncident, labelId: Type.String(), firstId: Type.String() });
/** A further incident about a label that was found already. */
export type Duplicate = Static<typeof Duplicate>;

const IgnoredLabel = Type.Object({
  label: IncidentLabel,
  reason: Type.Enum(['outside the recording', 'the recording ended too early']),
});
/** A label that could not be found and so counts neither way. */
export type IgnoredLabel = Static<typeof IgnoredLabel>;

const UnscoredType = Type.Object({
  type: Type.String(),
  reason: Type.Enum(['the labels are not complete for it', 'no rule reports it']),
  labels: Count,
  incidents: Count,
});
/** A type that is not scored. */
export type UnscoredType = Static<typeof UnscoredType>;

const Spread = Type.Union([
  Type.Object({ count: Count, p50: Type.Number(), p90: Type.Number(), max: Type.Number() }),
  Type.Null(),
]);

/** The figures of one type, or of all together. A share is null where nothing is there to take a share of. */
export const TypeScore = Type.Object({
  type: Type.String(),
  /** Labels that count. */
  labels: Count,
  incidents: Count,
  hits: Count,
  misses: Count,
  /** Of the misses those whose incident was joined with another's. */
  merged: Count,
  falseAlarms: Count,
  /** Of the false alarms those that a decoy explains. */
  decoyed: Count,
  duplicates: Count,
  ignored: Count,
  /** hits / (hits + false alarms) */
  precision: Share,
  /** hits / (hits + misses) */
  recall: Share,
  /** duplicates / (hits + duplicates) */
  duplicateRate: Share,
  delay_s: Spread,
  excessDelay_s: Spread,
  /** The kinds of device that watch for it, and the days that they watched in sum. */
  kinds: Type.Array(Type.String()),
  deviceDays: Type.Number({ minimum: 0 }),
  falseAlarmsPerDeviceDay: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
});
export type TypeScore = Static<typeof TypeScore>;

/** A run measured against the labels of its recording. */
export const Score = Type.Object({
  format: Type.Literal(SCORE_FORMAT),
  version: Type.Literal(SCORE_VERSION),
  name: Type.String(),
  recording: Type.String(),
  from_ms: Time_ms,
  to_ms: Time_ms,
  timeZone: Type.String(),
  matching: Type.Object({
    graceBefore_ms: Type.Number(),
    graceAfter_ms: Type.Number(),
    truckReach_m: Type.Number(),
    boxOverlapMin: Type.Number(),
    patience_ms: Type.Number(),
  }),
  total: TypeScore,
  types: Type.Array(TypeScore),
  unscored: Type.Array(UnscoredType),
  hits: Type.Array(Hit),
  misses: Type.Array(MissedLabel),
  falseAlarms: Type.Array(FalseAlarm),
  duplicates: Type.Array(Duplicate),
  ignored: Type.Array(IgnoredLabel),
  decoys: Type.Array(IncidentLabel),
  /** Incidents of types that are not scored. */
  others: Type.Array(ScoredIncident),
  devices: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Enum([...DEVICE_KINDS]),
      name: Type.Optional(Type.String()),
      lon: Type.Optional(Type.Number()),
      lat: Type.Optional(Type.Number()),
      covered_ms: Type.Optional(Type.Number({ minimum: 0 })),
    }),
  ),
});
export type Score = Static<typeof Score>;
