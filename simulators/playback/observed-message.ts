import type {
  FrameRef,
  Observation,
  PositionObservation,
  ReadingObservation,
  StatusObservation,
} from '../../src/domain/observation.ts';
import type {
  DustPayload,
  NoisePayload,
  PositionPayload,
  StatusPayload,
} from '../../src/domain/telemetry.ts';
import { isoTime } from '../../src/domain/time.ts';
import type { Publication } from '../schedule.ts';

/**
 * The message with which a device sent what was observed, `shift_ms` later than it was; undefined for what no
 * device sends (ticks, detections) and for stills whose file is not known.
 */
export function messageOf(
  observation: Observation,
  shift_ms: number,
  fileOf: (frame: FrameRef) => string | undefined = () => undefined,
): Publication | undefined {
  const { deviceId } = observation;
  const at_ms = observation.received_ms + shift_ms;
  if (observation.kind === 'position') {
    const payload = positionOf(observation, shift_ms);
    return { kind: 'publish', at_ms, deviceKind: 'truck', deviceId, channel: 'position', payload };
  }
  if (observation.kind === 'reading') {
    const { deviceKind } = observation;
    const payload = readingOf(observation, shift_ms);
    return { kind: 'publish', at_ms, deviceKind, deviceId, channel: 'reading', payload };
  }
  if (observation.kind === 'snapshot') {
    // What a truck's terminal uploads has no topic.
    const file = observation.extra?.media_id === undefined ? fileOf(observation.frame) : undefined;
    if (file === undefined) return undefined;
    const payload = { file, stamp_ms: observation.at_ms + shift_ms };
    return { kind: 'publish', at_ms, deviceKind: 'camera', deviceId, channel: 'snapshot', payload };
  }
  if (observation.kind !== 'status') return undefined;
  const { deviceKind } = observation;
  const payload = statusOf(observation, shift_ms);
  return { kind: 'publish', at_ms, deviceKind, deviceId, channel: 'status', payload };
}

/** As the device gave it: its own coordinates where they were converted, and its own fields beside ours. */
function positionOf(observation: PositionObservation, shift_ms: number): PositionPayload {
  const { kind: _kind, deviceId: _id, at_ms, received_ms: _received, given, extra, ...fields } = observation;
  const { alarms, ...rest } = fields;
  return {
    ...extra,
    ...rest,
    ...given,
    ...(alarms === undefined ? {} : { alarms: [...alarms] }),
    at: isoTime(at_ms + shift_ms),
  };
}

function readingOf(observation: ReadingObservation, shift_ms: number): DustPayload | NoisePayload {
  const { at_ms, metrics, flag, extra } = observation;
  return { ...extra, ...metrics, ...(flag === undefined ? {} : { flag }), at: isoTime(at_ms + shift_ms) };
}

function statusOf(observation: StatusObservation, shift_ms: number): StatusPayload {
  const {
    kind: _kind,
    deviceId: _id,
    deviceKind: _deviceKind,
    at_ms,
    received_ms: _received,
    extra,
    ...fields
  } = observation;
  return { ...extra, ...fields, at: isoTime(at_ms + shift_ms) };
}
