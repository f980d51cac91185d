import { type Decoded, type DecodeError, decoded, refused } from '../domain/decoded.ts';
import type { Device } from '../domain/device.ts';
import { type Role, roleAllows } from '../domain/role.ts';
import { type DeviceTopic, deviceTopic, parseTopic, TOPIC_ROOT } from '../domain/topics.ts';

/** Who a connection was authenticated as. */
export type MqttIdentity =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'key'; readonly name: string; readonly role: Role }
  /** Whoever it is: the broker asks for nothing and takes nothing in. */
  | { readonly kind: 'open' };

/** Outgoing events that every role may read. */
const EVENT_PREFIXES = [`${TOPIC_ROOT}/incident/`, `${TOPIC_ROOT}/case/`];
const CHARS_MAX = 256;

/** The identity in one word, unambiguous: neither device ids nor key names contain a slash. */
export function identityName(identity: MqttIdentity): string {
  if (identity.kind === 'open') return 'open';
  return identity.kind === 'device' ? `device/${identity.device.id}` : `key/${identity.name}`;
}

/** What a message on this topic is, where its sender may publish there: a device under its own id alone. */
export function checkPublish(identity: MqttIdentity, topic: string): Decoded<DeviceTopic> {
  if (identity.kind !== 'device') return refused('forbidden', 'API keys do not publish', 'topic');
  const { id, kind } = identity.device;
  const parsed = parseTopic(topic);
  if (parsed === undefined) {
    const error: DecodeError = { code: 'unsupported', message: `no topic of a ${kind}`, where: 'topic' };
    return { ok: false, error };
  }
  if (parsed.deviceId !== id)
    return refused('forbidden', `device "${id}" publishes under its own id alone`, 'topic');
  if (parsed.deviceKind !== kind) return refused('forbidden', `device "${id}" is a ${kind}`, 'topic');
  if (parsed.channel === 'command')
    return refused('forbidden', 'commands come from the gateway alone', 'topic');
  return decoded(parsed);
}

/** True where the filter can match nothing that its holder may not read. */
export function maySubscribe(identity: MqttIdentity, filter: string): boolean {
  if (filter.length > CHARS_MAX || filter.startsWith('$')) return false;
  if (identity.kind === 'open') return true;
  if (identity.kind === 'device') return filter === commandTopic(identity.device);
  if (roleAllows(identity.role, 'operator')) return true;
  return EVENT_PREFIXES.some((prefix) => filter.startsWith(prefix));
}

/** True where a message on the topic may be sent to the identity; must agree with `maySubscribe`. */
export function mayReceive(identity: MqttIdentity, topic: string): boolean {
  if (identity.kind === 'open') return true;
  if (identity.kind === 'device') return topic === commandTopic(identity.device);
  if (EVENT_PREFIXES.some((prefix) => topic.startsWith(prefix))) return true;
  return !topic.startsWith('$') && roleAllows(identity.role, 'operator');
}

/** True where a filter can match telemetry; all that `maySubscribe` lets devices and viewers have cannot. */
export function mayHearTelemetry(filter: string): boolean {
  if (EVENT_PREFIXES.some((prefix) => filter.startsWith(prefix))) return false;
  return /[+#]/.test(filter) || !filter.endsWith('/command');
}

/** True for a client id that can be kept: bounded, and without control characters. */
export function isClientId(clientId: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return clientId.length <= CHARS_MAX && !/[\u0000-\u001f\u007f]/.test(clientId);
}

function commandTopic({ kind, id }: Device): string {
  return deviceTopic(kind, id, 'command');
}
