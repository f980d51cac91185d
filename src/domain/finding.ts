import type { FocusAim } from './focus.ts';
import type { IncidentPlace, IncidentSubject, MissingSense, SenseSource } from './incident.ts';
import type { Detection, FrameRef } from './observation.ts';

/** One point of a truck's track kept as evidence. */
export interface TrackPoint {
  readonly at_ms: number;
  readonly lon: number;
  readonly lat: number;
  readonly speed_kmh?: number;
  readonly lift?: boolean;
  readonly load?: 'empty' | 'half' | 'full';
}

/** What a rule wants kept as evidence of a finding. */
export type Exhibit =
  | {
      readonly kind: 'snapshot';
      readonly deviceId: string;
      readonly at_ms: number;
      readonly frame: FrameRef;
      /** Only these pixels of it are wanted, without drawings: where a vehicle's plate would be. */
      readonly part?: 'plate-region';
      /** The boxes to draw: only those that made the finding. */
      readonly detections: readonly Detection[];
      /** The zone's outline as shares of width and height. */
      readonly zone?: readonly (readonly [number, number])[];
    }
  | {
      readonly kind: 'track';
      readonly deviceId: string;
      readonly at_ms: number;
      readonly points: readonly TrackPoint[];
    }
  | {
      readonly kind: 'series';
      readonly deviceId: string;
      readonly at_ms: number;
      readonly metric: string;
      readonly limit: number;
      readonly points: readonly { readonly at_ms: number; readonly value: number; readonly flag?: string }[];
    };

/**
 * A rule's word that something begins, goes on or is over. `key` names the subject or place; together with
 * rule id and onset it gives the incident's id, so evaluating twice gives the same incident.
 */
export interface Finding {
  readonly action: 'open' | 'update' | 'end';
  readonly rule: { readonly id: string; readonly version: string };
  readonly type: string;
  readonly key: string;
  readonly onset_ms: number;
  /** Event time of the observation that made this finding. */
  readonly at_ms: number;
  readonly lastSeen_ms: number;
  readonly severity: 1 | 2 | 3 | 4;
  readonly confidence: number;
  readonly place: IncidentPlace;
  readonly subject?: IncidentSubject;
  readonly sources: readonly SenseSource[];
  readonly missing: readonly MissingSense[];
  readonly measures: Readonly<Record<string, number | string | boolean>>;
  readonly model?: { readonly id: string; readonly sha256: string };
  readonly exhibits: readonly Exhibit[];
  /** Only with `open`: what in the camera's picture is worth a closer look. */
  readonly focus?: FocusAim;
  /** Incidents of the same rule that belong to it, by the key and onset from which their ids are made. */
  readonly related?: readonly { readonly key: string; readonly onset_ms: number }[];
  /** Only with `end`: in words, for people. */
  readonly endReason?: string;
}
