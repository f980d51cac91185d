import type { Crs, DeviceKind } from './device.ts';
import type { PictureStats } from './picture.ts';
import type { Suppression } from './suppression.ts';

/** What every observation carries. `at_ms` is the event time, `received_ms` when the gateway got it. */
interface Observed {
  readonly deviceId: string;
  /** Event time in epoch milliseconds, from the reading itself. */
  readonly at_ms: number;
  /** Arrival at the gateway in epoch milliseconds: data, so that a replay sees the same value. */
  readonly received_ms: number;
  /** Fields that this gateway has no name for, kept as they came. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A truck's position. Coordinates are WGS-84 degrees; `given` keeps what another system sent. */
export interface PositionObservation extends Observed {
  readonly kind: 'position';
  readonly lon: number;
  readonly lat: number;
  readonly given?: { readonly crs: Crs; readonly lon: number; readonly lat: number };
  readonly speed_kmh?: number;
  readonly heading_deg?: number;
  readonly altitude_m?: number;
  readonly satellites?: number;
  readonly acc?: boolean;
  readonly load?: 'empty' | 'half' | 'full';
  readonly lift?: boolean;
  readonly cover?: 'closed' | 'open';
  readonly mileage_km?: number;
  readonly alarms?: readonly string[];
}

/** HJ 212 data flags (2017, table 7); only `N` counts toward an exceedance. */
export const DATA_FLAGS = ['N', 'F', 'M', 'S', 'D', 'C', 'T', 'B'] as const;
export type DataFlag = (typeof DATA_FLAGS)[number];

/** Intervals that a station's own averages are of. */
export const READING_PERIODS = ['minute', 'hour', 'day'] as const;
export type ReadingPeriod = (typeof READING_PERIODS)[number];

/** A station's reading. Metric names carry their unit (`pm10_ug_m3`, `leq_dba`). */
export interface ReadingObservation extends Observed {
  readonly kind: 'reading';
  readonly deviceKind: 'dust' | 'noise';
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * Of the station's own averages and extremes: `at_ms` is the interval's start, and the metrics have names of
   * their own (`pm10_minute_avg_ug_m3`). Absent for realtime values.
   */
  readonly period?: ReadingPeriod;
  /** Absent means `N`. */
  readonly flag?: DataFlag;
}

/** A device's own word on its state, retained and as last will. */
export interface StatusObservation extends Observed {
  readonly kind: 'status';
  readonly deviceKind: DeviceKind;
  readonly online: boolean;
  readonly battery_pct?: number;
  readonly rssi_dbm?: number;
  readonly firmware?: string;
  /** Put in by the gateway alone: the device was taken out of the registry, and is not missed. */
  readonly revoked?: true;
}

/** A stored frame: where its JPEG lies under the frame spool, and its hash when it was captured. */
export interface FrameRef {
  /** Path relative to the spool, `/`-separated; made by the gateway, never by a device. */
  readonly path: string;
  readonly sha256: string;
  readonly width_px: number;
  readonly height_px: number;
  /** Present where the same picture as the camera sent it lies beside, in full size: the SHA-256 of that. */
  readonly key_sha256?: string;
}

/** A still that a camera published itself. */
export interface SnapshotObservation extends Observed {
  readonly kind: 'snapshot';
  readonly frame: FrameRef;
}

/** One box of one frame; `box` is x1, y1, x2, y2 as shares of the frame's width and height (0..1). */
export interface Detection {
  readonly class: string;
  readonly label: string;
  readonly score: number;
  readonly box: readonly [number, number, number, number];
}

/** What a detector saw in one frame of one camera; no detections is an observation too (nothing there). */
export interface DetectionsObservation extends Observed {
  readonly kind: 'detections';
  readonly model: { readonly id: string; readonly sha256: string };
  readonly detections: readonly Detection[];
  /** Boxes that score too little to count by themselves; they may go on with what is known at their place. Absent: none. */
  readonly weak?: readonly Detection[];
  /** Present when the frame was kept, that is when anything of interest was on it. */
  readonly frame?: FrameRef;
  /** Put in on the way to the rules, never journalled: why nothing could be seen. */
  readonly unseen?: SightFault;
  /** No detector ran: nothing had changed in the camera's zones since the last frame that was judged. */
  readonly unchanged?: true;
  /** Frames that were due since the last one and are lost, since no detector was free for them; absent: none. */
  readonly skipped?: number;
  /** Put in on the way to the rules, never journalled: what was held back as part of the scene. */
  readonly suppressed?: readonly Detection[];
}

/** What can be wrong with a camera's picture. */
export type SightFault = 'dark' | 'obscured' | 'defocused' | 'frozen' | 'moved';

/** What a camera's picture was like: now and then one of those that are looked at. */
export interface PictureObservation extends Observed {
  readonly kind: 'picture';
  readonly picture: PictureStats;
  /** Of a still that the camera dated itself: its time less that of its arrival. */
  readonly clock_ahead_ms?: number;
  /** Present when the frame was kept. */
  readonly frame?: FrameRef;
  /** Put in on the way to the rules, never journalled. */
  readonly fault?: SightFault;
}

/** What a camera's own clock said when the gateway asked it: its time less ours, in the middle of the question. */
export interface ClockObservation extends Observed {
  readonly kind: 'clock';
  readonly ahead_ms: number;
}

/** Somebody rejects a place of a camera's picture once and for all, or takes that back. */
export interface SuppressionObservation extends Observed {
  readonly kind: 'suppression';
  readonly action: 'add' | 'remove';
  readonly place: Suppression;
  /** Who. */
  readonly by: string;
}

/** What vision says of a frame. */
export type VisionObservation = DetectionsObservation | PictureObservation;

/** The gateway's own clock entering the journal, so that rules can end what is no longer seen. */
export interface TickObservation extends Observed {
  readonly kind: 'tick';
}

/** Everything that rules can be fed with. */
export type Observation =
  | PositionObservation
  | ReadingObservation
  | StatusObservation
  | SnapshotObservation
  | DetectionsObservation
  | PictureObservation
  | ClockObservation
  | SuppressionObservation
  | TickObservation;

/** The device id under which the gateway's own entries (ticks) are journaled. */
export const GATEWAY_DEVICE_ID = '_gateway';

/** An observation as the journal stores it: what it is looked up by, and the text that `JSON.stringify` makes of it. */
export interface ObservationText {
  readonly kind: Observation['kind'];
  readonly deviceId: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly text: string;
}
