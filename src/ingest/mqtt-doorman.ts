import type { Client } from 'aedes';
import { type Device, isDeviceId } from '../domain/device.ts';
import type { Role } from '../domain/role.ts';
import type { UnknownDevice } from '../domain/unknown-device.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { identityName, isClientId, type MqttIdentity, maySubscribe } from './mqtt-access.ts';
import type { TelemetryAudience } from './mqtt-audience.ts';
import type { MqttLimits } from './mqtt-limits.ts';
import type { MqttPersistence } from './mqtt-persistence.ts';
import { type MqttReport, type MqttSession, type MqttSessions, sessionName } from './mqtt-session.ts';

/** Who may come in, as the gateway's registries say. */
export interface Credentials {
  /** Rejects where it cannot tell at the moment; the client is then asked to come later. */
  authenticateDevice(id: string, secret: string): Promise<Device | undefined>;
  /** The device of that id, where it may come in; for one that its certificate vouches for. */
  admittedDevice(id: string): Device | undefined;
  /** True where a device of that id is in the registry, whatever it may. */
  isKnownDevice(id: string): boolean;
  /** Somebody who gives himself out as a device that is in no registry. */
  onUnknownDevice(device: UnknownDevice): void;
  authenticateKey(key: string): { readonly name: string; readonly role: Role } | undefined;
  /** Identities whose sessions must end; asked every two seconds. */
  revoked(): { readonly devices: ReadonlySet<string>; readonly keys: ReadonlySet<string> };
}

/** A broker without authentication or rules of topics, for suites that test the protocol alone. */
export interface OpenBroker {
  /** Filters that are refused all the same, so that a refusal can be seen. */
  readonly refuse: readonly string[];
}

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const ACCEPTED = 0;
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const BAD_USER_NAME_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

/** Decides who comes in, what they may listen to, and when they must leave. */
export class MqttDoorman {
  readonly #credentials: Credentials;
  readonly #sessions: MqttSessions;
  readonly #limits: MqttLimits;
  readonly #report: MqttReport;
  readonly #persistence: MqttPersistence;
  readonly #audience: TelemetryAudience;
  readonly #open: OpenBroker | undefined;
  readonly #clock: Clock;

  constructor(
    credentials: Credentials & { readonly open?: OpenBroker; readonly clock: Clock },
    parts: {
      readonly sessions: MqttSessions;
      readonly audience: TelemetryAudience;
      readonly persistence: MqttPersistence;
    },
    limits: MqttLimits,
    report: MqttReport,
  ) {
    this.#credentials = credentials;
    this.#open = credentials.open;
    this.#sessions = parts.sessions;
    this.#audience = parts.audience;
    this.#persistence = parts.persistence;
    this.#limits = limits;
    this.#report = report;
    this.#clock = credentials.clock;
  }

  /** Looks at a CONNECT before its credentials; takes its keep-alive off it, for `endSilent`. */
  inspect(
    session: MqttSession,
    packet: { readonly clientId: string; readonly clean?: boolean; keepalive?: number },
  ): void {
    const { clientId, clean = false, keepalive = 0 } = packet;
    // A session to be kept needs a name from the client [MQTT-3.1.3-8].
    if (!isClientId(clientId) || (clientId === '' && !clean)) session.isClientIdBad = true;
    const { keepalive_max_s } = this.#limits;
    const keepalive_s = keepalive === 0 ? keepalive_max_s : Math.min(keepalive, keepalive_max_s);
    // One and a half times as long [MQTT-3.1.2-24]. aedes does not see every packet, so it is told of none.
    session.silence_max_ms = keepalive_s * 1500;
    packet.keepalive = 0;
  }

  /** Cuts the clients that were silent for longer than they may; their last wills are published. */
  endSilent(): void {
    for (const { connection, isOpen, silence_max_ms = Number.POSITIVE_INFINITY } of this.#sessions.values()) {
      if (isOpen && connection.silence_ms() > silence_max_ms) {
        connection.stream.destroy(new Error('keep alive timeout'));
      }
    }
  }

  /** Gives the CONNACK return code; the session has its identity where that is 0. */
  async authenticate(session: MqttSession, userName = '', password = ''): Promise<number> {
    const refuse = (returnCode: number, reason: string): number => {
      this.#report.counts.connectionsRefused += 1;
      session.isReported = true;
      const who = `user "${userName.slice(0, 64)}" at ${session.remote}`;
      this.#report.trouble(`connection refused: ${reason}`, who);
      return returnCode;
    };
    if (session.isClientIdBad) return refuse(IDENTIFIER_REJECTED, 'client id');
    let identity: MqttIdentity | undefined;
    try {
      identity = this.#open ? { kind: 'open' } : this.#certified(session, userName, password);
      if (identity === undefined && (userName === '' || password === '')) {
        this.#noteUnknown(session, userName);
        return refuse(NOT_AUTHORIZED, 'no credentials');
      }
      identity ??= await this.#identify(userName, password);
      if (identity === undefined) this.#noteUnknown(session, userName);
    } catch (error) {
      return refuse(SERVER_UNAVAILABLE, (error as Error).message);
    }
    if (identity === undefined) return refuse(BAD_USER_NAME_OR_PASSWORD, 'wrong credentials');
    session.identity = identity;
    // Sessions are the identity's own: nobody takes over or inherits another one's by its client id.
    session.client.id = `${identityName(identity)}/${session.client.id}`;
    return ACCEPTED;
  }

  /** True where the client may have one more subscription, this one; it is then granted with its QoS. */
  maySubscribe(client: Client, filter: string, qos: 0 | 1 | 2): boolean {
    const session = this.#sessions.get(client);
    const isAllowed =
      session?.identity !== undefined &&
      maySubscribe(session.identity, filter) &&
      !this.#open?.refuse.includes(filter) &&
      filter.split('/', this.#limits.topic_levels_max + 1).length <= this.#limits.topic_levels_max &&
      (session.filters.has(filter) || session.filters.size < this.#limits.subscriptions_max) &&
      (client.clean || this.#persistence.hasRoom(client.id));
    if (isAllowed) {
      session.filters.set(filter, qos);
      this.#audience.add(client, filter);
    } else {
      this.#report.counts.subscriptionsRefused += 1;
      this.#report.trouble('subscription refused', `${sessionName(session)}: ${filter.slice(0, 128)}`);
    }
    return isAllowed;
  }

  /**
   * Closes the sessions whose credentials were revoked, and forgets what is kept for them. Their last wills
   * are not believed any more.
   */
  endRevoked(log: Log): void {
    const { devices, keys } = this.#credentials.revoked();
    if (devices.size === 0 && keys.size === 0) return;
    for (const session of this.#sessions.values()) {
      const { identity, client } = session;
      if (identity === undefined || identity.kind === 'open') continue;
      if (identity.kind === 'device' ? !devices.has(identity.device.id) : !keys.has(identity.name)) continue;
      log.info({ identity: identityName(identity) }, 'mqtt session ended: credential revoked');
      session.isReported = true;
      delete session.identity;
      client.close();
    }
    // Client ids begin with the identity: see `authenticate`.
    this.#persistence
      .forget((clientId) => {
        const [kind = '', name = ''] = clientId.split('/', 2);
        return kind === 'device' ? devices.has(name) : kind === 'key' && keys.has(name);
      })
      .catch((error: Error) => this.#report.trouble('sessions not forgotten', error.message));
  }

  /**
   * The device that the connection's certificate names, where no password says otherwise. A user name chooses
   * among several names; without one the certificate must name one device of ours alone.
   */
  #certified(session: MqttSession, userName: string, password: string): MqttIdentity | undefined {
    if (password !== '') return undefined;
    const ids = session.certified.filter((id) => userName === '' || userName === id);
    const devices = ids.flatMap((id) => this.#credentials.admittedDevice(id) ?? []);
    const [device] = devices;
    return devices.length === 1 && device !== undefined ? { kind: 'device', device } : undefined;
  }

  /** For the list of those that wait to be admitted; a certificate's name stands in for the user name. */
  #noteUnknown({ certified, remote }: MqttSession, userName: string): void {
    const identity = userName === '' && certified.length === 1 ? (certified[0] ?? '') : userName;
    if (!isDeviceId(identity) || this.#credentials.isKnownDevice(identity)) return;
    const details = certified.includes(identity) ? { certificate: 'valid' } : {};
    this.#credentials.onUnknownDevice({ protocol: 'mqtt', identity, remote, at_ms: this.#clock(), details });
  }

  async #identify(userName: string, password: string): Promise<MqttIdentity | undefined> {
    const device = await this.#credentials.authenticateDevice(userName, password);
    if (device !== undefined) return { kind: 'device', device };
    const key = this.#credentials.authenticateKey(password);
    return key && { kind: 'key', ...key };
  }
}
