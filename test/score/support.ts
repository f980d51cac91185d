import type { Incident } from '../../src/domain/incident.ts';
import type { IncidentLabel, RecordingLabels } from '../../src/domain/recording.ts';
import { isoTime } from '../../src/domain/time.ts';
import type { FoundIncident, ScoredDevice, ScoreInput } from '../../src/score/score-input.ts';

export const START_MS = Date.UTC(2026, 4, 11, 2);
export const HOUR_MS = 3_600_000;
/** Where everything is, unless a test puts it elsewhere. */
export const PLACE = { lon: 121.5, lat: 31.2 };

/** A time of the recording: seconds after its begin. */
export const at = (seconds: number): number => START_MS + seconds * 1000;

/** A point so many metres north of the place. */
export const north = (metres: number) => ({ lon: PLACE.lon, lat: PLACE.lat + metres / 111_195 });

export function label(
  id: string,
  from_s: number,
  to_s: number,
  more: Partial<IncidentLabel> = {},
): IncidentLabel {
  return {
    id,
    type: 'stall',
    from_ms: at(from_s),
    to_ms: at(to_s),
    place: PLACE,
    radius_m: 30,
    deviceIds: ['cam-1'],
    dwell_s: 60,
    ...more,
  };
}

interface FoundMore extends Partial<Omit<Incident, 'id'>> {
  readonly deviceId?: string;
  readonly box?: FoundIncident['box'];
}

/** An incident first seen, reported and last seen at the given seconds. */
export function found(
  id: string,
  onset_s: number,
  opened_s: number,
  last_s: number,
  more: FoundMore = {},
): FoundIncident {
  const { deviceId = 'cam-1', box, ...rest } = more;
  const incident: Incident = {
    id,
    version: 1,
    type: 'stall',
    code: { scheme: 'test', major: null, minor: null, name: 'stall' },
    status: 'open',
    severity: 2,
    confidence: 0.8,
    onsetAt: isoTime(at(onset_s)),
    lastSeenAt: isoTime(at(last_s)),
    place: PLACE,
    subject: { deviceId },
    sources: [
      { deviceId, modality: 'camera', from: isoTime(at(onset_s)), to: isoTime(at(last_s)), weight: 1 },
    ],
    missing: [],
    measures: {},
    evidence: [],
    rule: { id: 'stalls', version: 'v1' },
    ...rest,
  };
  return { incident, opened_ms: at(opened_s), ...(box === undefined ? {} : { box }) };
}

export const CAMERA: ScoredDevice = { id: 'cam-1', kind: 'camera', ...PLACE };

/** An hour of one camera, with whatever a test wants otherwise. */
export function input(
  incidents: readonly IncidentLabel[],
  founds: readonly FoundIncident[],
  more: Partial<Omit<ScoreInput, 'labels' | 'found'>> & Partial<RecordingLabels> = {},
): ScoreInput {
  const { decoys = [], types = ['stall'], ...rest } = more;
  return {
    name: 'run',
    recording: 'a morning',
    from_ms: START_MS,
    to_ms: START_MS + HOUR_MS,
    devices: [CAMERA],
    found: founds,
    labels: { incidents: [...incidents], decoys, types },
    ...rest,
  };
}
