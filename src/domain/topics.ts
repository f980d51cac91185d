import { type DeviceKind, isDeviceId, isDeviceKind } from './device.ts';

/** Last word of a telemetry topic; `command` is the one that devices read. */
export type Channel = 'position' | 'reading' | 'snapshot' | 'status' | 'command';

/** What a telemetry topic says. `stamp_ms` is the epoch milliseconds of `snapshot/<epoch ms>`. */
export interface DeviceTopic {
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  readonly channel: Channel;
  readonly stamp_ms?: number;
}

/** First levels of every topic of this gateway; the version changes with the payloads. */
export const TOPIC_ROOT = 'xc/v1';

const CHANNELS: Readonly<Record<DeviceKind, readonly Channel[]>> = {
  truck: ['position', 'status', 'command'],
  dust: ['reading', 'status', 'command'],
  noise: ['reading', 'status', 'command'],
  camera: ['snapshot', 'status', 'command'],
};
const STAMP = /^\d{12,14}$/;

/** Reads `xc/v1/<kind>/<deviceId>/<channel>`; undefined where the topic is none that this gateway serves. */
export function parseTopic(topic: string): DeviceTopic | undefined {
  const levels = topic.split('/', 7);
  const [root, version, kind, deviceId, channel, stamp] = levels;
  if (`${root}/${version}` !== TOPIC_ROOT || levels.length < 5 || levels.length > 6) return undefined;
  if (kind === undefined || deviceId === undefined || !isDeviceKind(kind) || !isDeviceId(deviceId)) {
    return undefined;
  }
  const known = CHANNELS[kind].find((name) => name === channel);
  if (known === undefined) return undefined;
  if (stamp === undefined) return { deviceKind: kind, deviceId, channel: known };
  if (known !== 'snapshot' || !STAMP.test(stamp)) return undefined;
  return { deviceKind: kind, deviceId, channel: known, stamp_ms: Number(stamp) };
}

/** `xc/v1/<kind>/<deviceId>/<channel>`. */
export function deviceTopic(kind: DeviceKind, deviceId: string, channel: Channel): string {
  return `${TOPIC_ROOT}/${kind}/${deviceId}/${channel}`;
}

/** The channels on which a device of that kind sends JSON. */
export function telemetryChannels(kind: DeviceKind): Channel[] {
  return CHANNELS[kind].filter((channel) => channel !== 'snapshot' && channel !== 'command');
}

/** Where CloudEvents about an incident are published. */
export function incidentTopic(incidentId: string): string {
  return `${TOPIC_ROOT}/incident/${incidentId}`;
}

/** Where CloudEvents about a case are published. */
export function caseTopic(caseId: string): string {
  return `${TOPIC_ROOT}/case/${caseId}`;
}
