import Type, { type Static } from 'typebox';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';

/** A broker that is not ours, in place of the embedded one. */
export const ExternalMqttFile = Type.Object(
  {
    url: Type.String({ pattern: '^(mqtt|mqtts|ws|wss)://' }),
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    // In the topic of the message by which it tries the broker, where a dot is not welcome everywhere.
    client_id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    group: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', default: 'xuncheng' }),
    shared: Type.Enum(['auto', 'always', 'never'], { default: 'auto' }),
    inflight_max: Type.Integer({ minimum: 1, maximum: 65_535, default: 1000 }),
    ca: Type.Optional(Type.String({ minLength: 1 })),
    cert: Type.Optional(Type.String({ minLength: 1 })),
    key: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
type ExternalMqttFile = Static<typeof ExternalMqttFile>;

/** The external broker, with paths made absolute. */
export interface ExternalMqttConfig {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly clientId: string;
  readonly group: string;
  readonly shared: 'auto' | 'always' | 'never';
  readonly inflight_max: number;
  /** PEM files: the broker's authorities, our certificate and its key. */
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** What about the external broker contradicts itself or the listeners. */
export function externalProblems(
  yaml: YamlFile<{
    readonly external_mqtt?: ExternalMqttFile;
    readonly open_mqtt?: unknown;
    readonly listen: { readonly mqtts?: unknown };
  }>,
): Problem[] {
  const { external_mqtt: external, open_mqtt, listen } = yaml.value;
  if (external === undefined) return [];
  const problems: Problem[] = [];
  const refuse = (path: readonly string[], message: string): void => {
    problems.push(yaml.problem(path, message));
  };
  const { username, password } = URL.canParse(external.url)
    ? new URL(external.url)
    : { username: '', password: '' };
  if (username !== '' || password !== '') {
    refuse(['external_mqtt', 'url'], 'put user name and password into keys of their own');
  }
  if (!URL.canParse(external.url)) refuse(['external_mqtt', 'url'], 'is no URL');
  if ((external.cert === undefined) !== (external.key === undefined)) {
    refuse(['external_mqtt', external.cert === undefined ? 'key' : 'cert'], 'cert and key go together');
  }
  if (listen.mqtts !== undefined)
    refuse(['listen', 'mqtts'], 'external_mqtt takes the place of the embedded broker');
  if (open_mqtt !== undefined) refuse(['open_mqtt'], 'external_mqtt takes the place of the embedded broker');
  return problems;
}

/** As the gateway uses it; `name` is the gateway's own. */
export function toExternalMqtt(
  file: ExternalMqttFile,
  name: string,
  beside: (path: string) => string,
): ExternalMqttConfig {
  const { url, username, password, client_id, group, shared, inflight_max, ca, cert, key } = file;
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clientId: client_id ?? `xuncheng-${name.replaceAll('.', '-')}`.slice(0, 64),
    group,
    shared,
    inflight_max,
    files: {
      ...(ca === undefined ? {} : { ca: beside(ca) }),
      ...(cert === undefined ? {} : { cert: beside(cert) }),
      ...(key === undefined ? {} : { key: beside(key) }),
    },
  };
}
