import type { Region } from '../domain/camera.ts';
import type { EvidenceItem, Incident } from '../domain/incident.ts';
import type { IncidentLabel } from '../domain/recording.ts';
import type { Mismatch } from './match.ts';
import type { Matching, ScoredDevice } from './score-input.ts';
import type { Spread } from './statistics.ts';

export const SCORE_FORMAT = 'xuncheng-score';
export const SCORE_VERSION = 1;

/** A found incident as the score shows it. Times are epoch milliseconds. */
export interface ScoredIncident {
  readonly id: string;
  readonly type: string;
  readonly opened_ms: number;
  readonly onset_ms: number;
  readonly lastSeen_ms: number;
  /** Absent: it was still open at the end. */
  readonly ended_ms?: number;
  readonly endReason?: string;
  readonly severity: number;
  readonly confidence: number;
  readonly place: Incident['place'];
  /** Whom it is about, then the other devices that took part. */
  readonly deviceIds: readonly string[];
  readonly plate?: string;
  readonly rule: Incident['rule'];
  readonly model?: Incident['model'];
  readonly measures: Incident['measures'];
  readonly box?: Region;
  readonly evidence: readonly EvidenceItem[];
}

/** What comes nearest to a miss or a false alarm, and why the two are not a hit; `by` is in metres (`place`) or seconds. */
export interface Nearest {
  /** Of a label for a false alarm, of an incident for a miss. */
  readonly id: string;
  readonly why: Mismatch;
  readonly by: number;
}

/** A label that was found. */
export interface Hit {
  readonly label: IncidentLabel;
  /** The earliest reported incident about it. */
  readonly found: ScoredIncident;
  /** From the label's begin to the report; absent where the label began before the recording. */
  readonly delay_s?: number;
  /** The delay less the label's dwell. */
  readonly excessDelay_s?: number;
}

/** A label that was not found. */
export interface MissedLabel {
  readonly label: IncidentLabel;
  /** The incident that covers this label although it is about another. */
  readonly mergedInto?: string;
  readonly nearest?: Nearest;
}

/** An incident without a label. */
export interface FalseAlarm {
  readonly found: ScoredIncident;
  /** What looks like an incident and is none, and was taken for one. */
  readonly decoy?: IncidentLabel;
  readonly nearest?: Nearest;
}

/** A further incident about a label that was found already. */
export interface Duplicate {
  readonly found: ScoredIncident;
  readonly labelId: string;
  readonly firstId: string;
}

/** A label that could not be found and so counts neither way. */
export interface IgnoredLabel {
  readonly label: IncidentLabel;
  readonly reason: 'outside the recording' | 'the recording ended too early';
}

/** A type that is not scored. */
export interface UnscoredType {
  readonly type: string;
  readonly reason: 'the labels are not complete for it' | 'no rule reports it';
  readonly labels: number;
  readonly incidents: number;
}

/** The figures of one type, or of all together. Shares are 0..1, null where nothing is there to take a share of. */
export interface TypeScore {
  readonly type: string;
  /** Labels that count. */
  readonly labels: number;
  readonly incidents: number;
  readonly hits: number;
  readonly misses: number;
  /** Of the misses those whose incident was joined with another's. */
  readonly merged: number;
  readonly falseAlarms: number;
  /** Of the false alarms those that a decoy explains. */
  readonly decoyed: number;
  readonly duplicates: number;
  readonly ignored: number;
  /** hits / (hits + false alarms) */
  readonly precision: number | null;
  /** hits / (hits + misses) */
  readonly recall: number | null;
  /** duplicates / (hits + duplicates) */
  readonly duplicateRate: number | null;
  readonly delay_s: Spread | null;
  readonly excessDelay_s: Spread | null;
  /** The kinds of device that watch for it, and the days that they watched in sum. */
  readonly kinds: readonly string[];
  readonly deviceDays: number;
  readonly falseAlarmsPerDeviceDay: number | null;
}

/** A run measured against the labels of its recording. Plain data: its JSON is the format `xuncheng-score`. */
export interface Score {
  readonly format: typeof SCORE_FORMAT;
  readonly version: typeof SCORE_VERSION;
  readonly name: string;
  readonly recording: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly timeZone: string;
  readonly matching: Matching;
  readonly total: TypeScore;
  readonly types: readonly TypeScore[];
  readonly unscored: readonly UnscoredType[];
  readonly hits: readonly Hit[];
  readonly misses: readonly MissedLabel[];
  readonly falseAlarms: readonly FalseAlarm[];
  readonly duplicates: readonly Duplicate[];
  readonly ignored: readonly IgnoredLabel[];
  readonly decoys: readonly IncidentLabel[];
  readonly devices: readonly ScoredDevice[];
}
