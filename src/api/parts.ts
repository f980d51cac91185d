import type { RequestListener, Server } from 'node:http';
import type { Registry } from 'prom-client';
import type { Case, CaseAction, CaseState, CaseTransition } from '../domain/case.ts';
import type { CaseReport } from '../domain/case-report.ts';
import type { CoverageGap } from '../domain/coverage.ts';
import type { Decoded, DecodeError } from '../domain/decoded.ts';
import type { Crs, Device, DeviceKind, DevicePlace } from '../domain/device.ts';
import type { OfflineBounds } from '../domain/device-health.ts';
import type { DeviceVitals } from '../domain/device-vitals.ts';
import type { ParticulateUnit } from '../domain/hj212-station.ts';
import type { Incident } from '../domain/incident.ts';
import type { Observation, StatusObservation } from '../domain/observation.ts';
import type { Role } from '../domain/role.ts';
import type { ShadowReport } from '../domain/shadow.ts';
import type { CommandOutcome } from '../domain/station-command.ts';
import type { SuppressedPlace } from '../domain/suppression.ts';
import type { DeviceCommand } from '../domain/truck-command.ts';
import type { UnknownDevice } from '../domain/unknown-device.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { JournalRecord } from '../store/journal.ts';
import type { RecoveryReport } from '../store/recovery-report.ts';
import type { LiveParts } from './live-parts.ts';

/** A device of the registry with what is known of its health. */
export interface ListedDevice extends Device {
  readonly createdAt_ms: number;
  readonly lastSeen_ms?: number | undefined;
  readonly online?: boolean | undefined;
  readonly status?: StatusObservation | undefined;
  readonly revoked: boolean;
}

/** The device registry. */
export interface DeviceParts {
  list(): readonly ListedDevice[];
  get(id: string): ListedDevice | undefined;
  verify(id: string, secret: string): Promise<Device | undefined>;
  seen(id: string, at_ms: number): void;
}

/** What the devices' messages tell of them. */
export interface VitalsParts {
  /** Undefined where it was never heard. */
  of(id: string, now_ms: number): DeviceVitals | undefined;
}

/** Somebody in no registry who tried to come in. */
export interface ListedPending extends Pick<UnknownDevice, 'protocol' | 'identity' | 'remote'> {
  readonly id: number;
  readonly firstSeen_ms: number;
  readonly lastSeen_ms: number;
  readonly count: number;
  readonly details: Readonly<Record<string, string>>;
}

/** As what somebody is admitted. */
export interface AdmitRequest {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly profile?: string;
  readonly pw?: string;
  readonly particulateUnit?: ParticulateUnit;
  /** Where it stands; not of trucks. */
  readonly place?: DevicePlace;
}

export type AdmitOutcome =
  | { readonly ok: true; readonly id: string; readonly kind: DeviceKind; readonly secret?: string }
  | { readonly ok: false; readonly code: 'not-found' | 'device-exists'; readonly message: string }
  | { readonly ok: false; readonly code: 'invalid-request'; readonly key: string; readonly message: string };

/** The devices that nobody knows. */
export interface PendingParts {
  list(filter: { readonly after?: number; readonly limit: number }): readonly ListedPending[];
  admit(id: number, request: AdmitRequest): AdmitOutcome;
  /** False where there is none. */
  dismiss(id: number): boolean;
}

/** The API keys. */
export interface KeyParts {
  verify(key: string): { readonly name: string; readonly role: Role } | undefined;
}

/** A value at a time. */
export interface SeriesValue {
  readonly at_ms: number;
  readonly value: number;
}

/** How a step's values become one. */
export const SERIES_FUNCTIONS = ['mean', 'max', 'min', 'last', 'count'] as const;
export type SeriesFunctionName = (typeof SERIES_FUNCTIONS)[number];

/** The time series. */
export interface SeriesParts {
  query(query: {
    readonly deviceId: string;
    readonly metric: string;
    readonly from_ms: number;
    readonly to_ms: number;
    readonly step_ms?: number;
    readonly fn: SeriesFunctionName;
    readonly limit: number;
  }): readonly SeriesValue[];
  /** All values of a span as measured, in pages of at most `rows_max`; `flag` null means N. */
  pages(
    query: {
      readonly deviceId: string;
      readonly metric: string;
      readonly from_ms: number;
      readonly to_ms: number;
    },
    rows_max: number,
  ): Iterable<readonly (SeriesValue & { readonly flag: string | null })[]>;
  latest(deviceId: string): Readonly<Record<string, SeriesValue>>;
}

/** What incidents are looked for by. `after` is the cursor of the page before. */
export interface IncidentFilter {
  readonly type?: string;
  readonly status?: 'open' | 'ended';
  readonly from_ms?: number;
  readonly to_ms?: number;
  /** West, south, east, north in WGS-84 degrees. */
  readonly bbox?: readonly [number, number, number, number];
  readonly device?: string;
  readonly after?: number;
  readonly limit: number;
}

/** The incidents. */
export interface IncidentParts {
  get(id: string): Incident | undefined;
  list(filter: IncidentFilter): { readonly items: readonly Incident[]; readonly next?: number | undefined };
  /** Number of open incidents by type. */
  openCounts(): Readonly<Record<string, number>>;
}

/** Evidence files: found by ids, never by a path from outside. */
export interface EvidenceParts {
  open(
    incidentId: string,
    evidenceId: string,
  ):
    | {
        readonly path: string;
        readonly mediaType: string;
        readonly sha256: string;
        readonly size: number;
      }
    | undefined;
}

/** Pictures for roles that may not see faces and plates. */
export interface PrivacyParts {
  /** Roles from this one on see originals. */
  readonly originals: Role;
  /** Undefined for what is no picture. Rejects where nobody can look for faces and plates now. */
  evidence(incidentId: string, evidenceId: string): Promise<Uint8Array | undefined>;
  frame(cameraId: string, frame: { readonly jpeg: Uint8Array; readonly at_ms: number }): Promise<Uint8Array>;
}

/** A claimed case: the fencing token is for its holder alone. */
export interface ClaimedCase {
  readonly case: Case;
  readonly token: string;
  readonly incident?: Incident | undefined;
}

/** What happens to a case over HTTP. */
export interface CaseOptions {
  readonly actor: string;
  readonly token?: string;
  readonly note?: string;
  readonly lease_s?: number;
}

export type CaseOutcome =
  | { readonly ok: true; readonly case: Case }
  | {
      readonly ok: false;
      readonly code: 'not-found' | 'stale-token' | 'leased' | 'bad-state';
      readonly message: string;
    };

/** The case queue. */
export interface CaseParts {
  claim(request: {
    readonly consumer: string;
    readonly max: number;
    readonly lease_s: number;
    readonly types?: readonly string[];
  }): readonly ClaimedCase[];
  transition(id: string, action: CaseAction | 'release' | 'extend', options: CaseOptions): CaseOutcome;
  get(id: string): { readonly case: Case; readonly history: readonly CaseTransition[] } | undefined;
  list(filter: { readonly state?: CaseState; readonly after?: string; readonly limit: number }): {
    readonly items: readonly Case[];
    readonly next?: string | undefined;
  };
  counts(): readonly { readonly state: CaseState; readonly count: number }[];
}

/** What became of the incidents of a period. */
export interface ReportParts {
  report(from_ms: number, to_ms: number): CaseReport;
}

/** The part of the journal that events come from. */
export interface EventParts {
  readEvents(after: number, limit: number): readonly JournalRecord[];
  head(): number;
  onCommit(listener: () => void): () => void;
}

/** What could not be decoded. */
export interface QuarantinedItem {
  readonly id: number;
  readonly received_ms: number;
  readonly source: string;
  readonly deviceId?: string | undefined;
  readonly channel: string;
  readonly error: DecodeError;
  readonly payload: Uint8Array;
  readonly payload_bytes: number;
}

export interface QuarantineParts {
  add(item: {
    readonly received_ms: number;
    readonly source: string;
    readonly deviceId?: string;
    readonly channel: string;
    readonly error: DecodeError;
    readonly payload: Uint8Array;
  }): Promise<void>;
  list(filter: { readonly after?: number; readonly limit: number }): readonly QuarantinedItem[];
}

/** How a camera's stream is. */
export interface CameraState {
  readonly state: 'connecting' | 'live' | 'stalled' | 'failed';
  readonly reason?: string;
  readonly at_ms: number;
}

/** The cameras: their states, and the newest frame of each. */
export interface CameraParts {
  list(): readonly ({ readonly id: string; readonly lastFrame_ms?: number } & Partial<CameraState>)[];
  /** Encoded when asked for, in the camera's own process. */
  latestFrame(cameraId: string): Promise<{ readonly jpeg: Uint8Array; readonly at_ms: number } | undefined>;
}

/** When cameras watched and when not. */
export interface CoverageParts {
  /** Ids of the cameras that the configuration names. */
  cameras(): readonly string[];
  /** From when on each counts. */
  since(): ReadonlyMap<string, number>;
  /** From when on all gaps are known. */
  readonly reach_ms: number;
  gaps(cameraId: string, from_ms: number, to_ms: number): readonly CoverageGap[];
}

/** What is held back of each camera. */
export interface SceneParts {
  suppressed(cameraId: string): readonly SuppressedPlace[];
}

/** One part of the gateway and whether it does its work. */
export interface PartState {
  readonly name: string;
  readonly ready: boolean;
  readonly detail?: string;
}

/** A telemetry payload as it came over HTTP. */
export interface TelemetryInput {
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  readonly channel: string;
  readonly payload: unknown;
  readonly received_ms: number;
  /** Of positions whose payload does not name its own. */
  readonly crs?: Crs | undefined;
}

/** Everything that the API needs of the gateway. */
export interface ApiParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly devices: DeviceParts;
  readonly vitals: VitalsParts;
  /** When devices of a kind count as offline by the rules; undefined where no rule misses them. */
  readonly offlineBounds: (kind: DeviceKind) => OfflineBounds | undefined;
  readonly pending: PendingParts;
  readonly keys: KeyParts;
  readonly series: SeriesParts;
  readonly incidents: IncidentParts;
  readonly evidence: EvidenceParts;
  /** Absent: whoever may see a picture sees it as it is. */
  readonly privacy?: PrivacyParts | undefined;
  readonly cases: CaseParts;
  readonly reports: ReportParts;
  /** IANA name: reports are of the city's days. */
  readonly timeZone: string;
  readonly events: EventParts;
  readonly quarantine: QuarantineParts;
  readonly cameras: CameraParts;
  readonly coverage: CoverageParts;
  readonly live: LiveParts;
  readonly scene: SceneParts;
  /** Detectors in shadow, compared with the active ones. */
  shadows(): readonly ShadowReport[];
  readonly metrics: Registry;
  /** Resolves once the observations are durably stored. */
  accept(observations: readonly Observation[]): Promise<unknown>;
  decodeTelemetry(input: TelemetryInput): Decoded<readonly Observation[]>;
  /** Tells or asks a device something; never rejects. A device that takes no commands counts as not connected. */
  command(deviceId: string, command: DeviceCommand): Promise<CommandOutcome>;
  /** What recoveries told, newest first. */
  recoveries(): readonly RecoveryReport[];
  /** State of each part, for `/readyz`. */
  health(): readonly PartState[];
}

/** What an operator may choose about the API; every bound has a default (see `API_DEFAULTS`). */
export interface ApiOptions {
  /** CloudEvents `source` of this gateway. */
  readonly source: string;
  readonly version: string;
  /** IANA name of the city's time zone, for the page. */
  readonly timeZone?: string;
  /** Folder with the page's files; absent means the one beside this module. */
  readonly pageDir?: string;
  /** True where a proxy in front sets `X-Forwarded-*`. */
  readonly trustProxy?: boolean;
  /** Makes the server, where it is not to be plain HTTP. */
  readonly createServer?: (handler: RequestListener) => Server;
  /** Paths of the same server at which somebody else takes WebSockets. */
  readonly otherSockets?: readonly string[];
  /** Serves `/metrics` without a key. */
  readonly openMetrics?: boolean;
  readonly body_bytes_max?: number;
  readonly sessions_max?: number;
  readonly session_lifetime_ms?: number;
  readonly failed_attempts_per_minute_max?: number;
  readonly event_streams_max?: number;
  readonly heartbeat_ms?: number;
  /** A stream whose client takes nothing for so long is cut. */
  readonly stream_stall_ms?: number;
  /** A device that said nothing for so long is late, where nobody knows how often it speaks. */
  readonly silent_after_ms?: number;
}

/** Defaults of the bounds. */
export const API_DEFAULTS = {
  body_bytes_max: 4 * 1024 * 1024,
  sessions_max: 1000,
  session_lifetime_ms: 12 * 3600 * 1000,
  failed_attempts_per_minute_max: 20,
  event_streams_max: 200,
  heartbeat_ms: 15_000,
  stream_stall_ms: 30_000,
  silent_after_ms: 10 * 60 * 1000,
} as const;
export type ApiSettings = typeof API_DEFAULTS;
