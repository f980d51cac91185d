import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes';
import type { Device } from '../domain/device.ts';
import type { Role } from '../domain/role.ts';
import type { Clock } from '../runtime/clock.ts';
import { ErrorDigest } from '../runtime/error-digest.ts';
import type { Log } from '../runtime/log.ts';
import { identityName, isClientId, type MqttIdentity, mayReceive, maySubscribe } from './mqtt-access.ts';
import { type GuardedConnection, type GuardLimits, guardConnection } from './mqtt-guard.ts';
import { type IntakeCodecs, type IntakeSinks, MqttIntake } from './mqtt-intake.ts';
import { type PacketViolation, publishCost } from './mqtt-packet-scanner.ts';
import { boundSessions } from './mqtt-sessions.ts';

/** What the broker takes at most. */
export interface MqttLimits extends GuardLimits {
  readonly connections_max: number;
  readonly subscriptions_max: number;
  /** Messages kept for a subscriber with a persistent session; the oldest stay, further ones are dropped. */
  readonly session_messages_max: number;
  /** From the connection to its CONNECT. */
  readonly connect_timeout_ms: number;
  /** A client that does not read for so long is cut off. */
  readonly drain_timeout_ms: number;
  /** A client that asks for none or a longer keep-alive gets this one. */
  readonly keepalive_max_s: number;
}

export const MQTT_LIMITS: MqttLimits = {
  connections_max: 12_000,
  subscriptions_max: 100,
  session_messages_max: 1000,
  connect_timeout_ms: 10_000,
  drain_timeout_ms: 5000,
  keepalive_max_s: 3600,
  connect_bytes_max: 64 * 1024,
  packet_bytes_max: 8 * 1024 * 1024,
  inflight_bytes_max: 1024 * 1024,
  backlog_bytes_max: 1024 * 1024,
};

/** Everything that the broker needs of the gateway. */
export interface MqttBrokerOptions extends IntakeSinks {
  /** Port 0 picks a free one; absent means no TCP listener (WebSocket alone). */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly limits?: Partial<MqttLimits>;
  readonly codecs: IntakeCodecs;
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects where it cannot tell at the moment; the client is then asked to come later. */
  authenticateDevice(id: string, secret: string): Promise<Device | undefined>;
  authenticateKey(key: string): { readonly name: string; readonly role: Role } | undefined;
  /** Identities whose sessions must end; asked every two seconds. */
  revoked(): { readonly devices: ReadonlySet<string>; readonly keys: ReadonlySet<string> };
}

/** Counters since the start, and the number of connections now. */
export interface MqttStats {
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Connections turned away: limit, credentials, client id. */
  readonly connectionsRefused: number;
  readonly subscriptionsRefused: number;
  readonly received: number;
  readonly acknowledged: number;
  readonly quarantined: number;
  /** Of the quarantined: published where the sender may not. */
  readonly forbidden: number;
  /** Packets above the limit; each cost its sender the connection. */
  readonly oversize: number;
  readonly protocolErrors: number;
  /** Messages that could not be stored, and so were not acknowledged. */
  readonly failed: number;
  /** Messages dropped because an absent subscriber's queue was full. */
  readonly dropped: number;
}

interface Session {
  readonly connection: GuardedConnection;
  readonly client: Client;
  readonly remote: string;
  readonly filters: Set<string>;
  identity?: MqttIdentity;
  /** Set in `preConnect`, told to the client in `authenticate`, which is where aedes can say why. */
  isClientIdBad?: boolean;
  /** Its end was counted and reported already. */
  isReported?: boolean;
}

type Done = (error?: Error | null) => void;

const REVOCATION_INTERVAL_MS = 2000;
const TCP_KEEPALIVE_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;
const QUARANTINE_HEAD_BYTES = 1024;
/** Where refused messages go instead of to subscribers: nobody may subscribe under `$`. */
const REFUSED_TOPIC = '$refused';
/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const BAD_USER_NAME_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

/**
 * The embedded MQTT 3.1.1 broker. A PUBACK (or PUBREC) leaves once the message is on disk; a message that
 * cannot be taken is acknowledged too and kept in the quarantine, so that no device is stuck on it. Where
 * storing fails there is no acknowledgement: the connection closes, and the client sends again later.
 */
export class MqttBroker {
  readonly #options: MqttBrokerOptions;
  readonly #limits: MqttLimits;
  readonly #intake: MqttIntake;
  readonly #aedes: Aedes;
  readonly #digest: ErrorDigest;
  readonly #sessions = new Map<Client, Session>();
  readonly #counts = {
    connectionsTotal: 0,
    connectionsRefused: 0,
    subscriptionsRefused: 0,
    received: 0,
    acknowledged: 0,
    quarantined: 0,
    forbidden: 0,
    oversize: 0,
    protocolErrors: 0,
    failed: 0,
    dropped: 0,
  };
  #server: Server | undefined;
  #revocations: NodeJS.Timeout | undefined;
  #inflight = 0;
  #isStopping = false;

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
    this.#limits = { ...MQTT_LIMITS, ...options.limits };
    this.#intake = new MqttIntake(options.codecs, options, options.clock);
    this.#aedes = new Aedes(this.#aedesOptions());
    this.#digest = new ErrorDigest(({ fault, count, last }) => {
      options.log.warn({ fault, count, last }, 'mqtt');
    });
  }

  /** Limits in force. */
  get limits(): MqttLimits {
    return this.#limits;
  }

  /** Listens. Rejects where the port is taken. */
  async start(): Promise<{ readonly port: number | undefined }> {
    await this.#aedes.listen();
    boundSessions(this.#aedes, this.#limits.session_messages_max, () => {
      this.#counts.dropped += 1;
    });
    this.#aedes.on('clientReady', (client) => this.#sessions.get(client)?.connection.open());
    this.#aedes.on('clientError', (client, error) => this.#onClientError(client, error));
    this.#aedes.on('connectionError', (client, error) => this.#onClientError(client, error));
    this.#aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#sessions.get(client)?.filters.delete(filter);
    });
    this.#revocations = setInterval(() => this.#endRevoked(), REVOCATION_INTERVAL_MS).unref();
    const { listen } = this.#options;
    if (listen === undefined) return { port: undefined };
    this.#server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS },
      (socket) => this.#attach(socket, socket.remoteAddress ?? ''),
    );
    return { port: await listening(this.#server, listen) };
  }

  /** Takes nothing more, lets what is being stored be acknowledged (5 s at most), and closes every connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#revocations);
    const closed = new Promise<void>((resolve) => {
      if (this.#server?.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const { connection } of this.#sessions.values()) connection.hold();
    const latest_ms = performance.now() + STOP_TIMEOUT_MS;
    while (this.#inflight > 0 && performance.now() < latest_ms) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
    for (const { connection } of this.#sessions.values()) connection.stream.destroy();
    await closed;
    this.#digest.close();
  }

  /** Takes a WebSocket's byte stream like a TCP connection. */
  attachWebSocket(stream: Duplex, remote: string): void {
    this.#attach(stream, remote);
  }

  /** Publishes from the gateway itself; resolves once it is handed to every subscriber that is there. */
  publish(
    topic: string,
    payload: string | Buffer,
    options: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean } = {},
  ): Promise<void> {
    const packet = { cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false, ...options } as const;
    return new Promise((resolve, reject) => {
      this.#aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  }

  stats(): MqttStats {
    return { connections: this.#sessions.size, ...this.#counts };
  }

  #aedesOptions(): AedesOptions {
    return {
      // With a bound on the emitter's concurrency, the callbacks of what it queued run nested when some fifty
      // flooding clients drop at once, and overflow the stack. Without one nothing is queued there; the
      // bound on what is worked on is the guard's.
      concurrency: 0,
      drainTimeout: this.#limits.drain_timeout_ms,
      connectTimeout: this.#limits.connect_timeout_ms,
      maxTopicLevels: 16,
      // Ids are checked in `preConnect`, and carry the identity in front.
      maxClientsIdLength: 1024,
      preConnect: (client, packet, done) => {
        const { clientId, clean, keepalive = 0 } = packet;
        const session = this.#sessions.get(client);
        // A session to be kept needs a name from the client [MQTT-3.1.3-8].
        if (session && (!isClientId(clientId) || (clientId === '' && !clean))) session.isClientIdBad = true;
        const { keepalive_max_s } = this.#limits;
        if (keepalive === 0 || keepalive > keepalive_max_s) packet.keepalive = keepalive_max_s;
        done(null, session !== undefined && !this.#isStopping);
      },
      authenticate: (client, userName, password, done) => {
        this.#authenticate(client, userName, password?.toString()).then(
          (returnCode) => {
            if (returnCode === 0) done(null, true);
            else done(Object.assign(new Error('connection refused'), { returnCode }), false);
          },
          (error: unknown) => this.#aedes.emit('error', error),
        );
      },
      authorizePublish: (client, packet, done) => this.#onPublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => {
        // aedes answers 0x80 for null (MQTT 3.1.1, 3.9.3).
        done(null, this.#mayAdd(client, subscription.topic) ? subscription : null);
      },
      // Checked once more: aedes queues for a persistent session what any filter of one SUBSCRIBE matches,
      // refused ones among them.
      authorizeForward: (client, packet) => {
        const identity = this.#sessions.get(client)?.identity;
        return identity !== undefined && mayReceive(identity, packet.topic) ? packet : null;
      },
    };
  }

  #attach(source: Duplex, remote: string): void {
    if (this.#isStopping || this.#sessions.size >= this.#limits.connections_max) {
      this.#counts.connectionsRefused += 1;
      this.#digest.report('too many connections', `${this.#sessions.size} connections, from ${remote}`);
      source.on('error', () => undefined);
      source.destroy();
      return;
    }
    const connection = guardConnection(source, this.#limits, (violation, head) => {
      this.#onViolation(this.#sessions.get(client), violation, head);
    });
    const client = this.#aedes.handle(connection.stream);
    this.#counts.connectionsTotal += 1;
    this.#sessions.set(client, { connection, client, remote, filters: new Set() });
    connection.stream.once('close', () => {
      // The last will is judged after the connection has closed, with the identity that it had.
      setImmediate(() => this.#sessions.delete(client));
    });
  }

  /** Gives the CONNACK return code. */
  async #authenticate(client: Client, userName = '', password = ''): Promise<number> {
    const session = this.#sessions.get(client);
    if (session === undefined) return SERVER_UNAVAILABLE;
    const refuse = (returnCode: number, reason: string): number => {
      this.#counts.connectionsRefused += 1;
      session.isReported = true;
      this.#digest.report(
        `connection refused: ${reason}`,
        `user "${userName.slice(0, 64)}" at ${session.remote}`,
      );
      return returnCode;
    };
    if (session.isClientIdBad) return refuse(IDENTIFIER_REJECTED, 'client id');
    if (userName === '' || password === '') return refuse(NOT_AUTHORIZED, 'no credentials');
    let identity: MqttIdentity | undefined;
    try {
      identity = await this.#identify(userName, password);
    } catch (error) {
      return refuse(SERVER_UNAVAILABLE, (error as Error).message);
    }
    if (identity === undefined) return refuse(BAD_USER_NAME_OR_PASSWORD, 'wrong credentials');
    session.identity = identity;
    // Sessions are the identity's own: nobody takes over or inherits another one's by its client id.
    client.id = `${identityName(identity)}/${client.id}`;
    return 0;
  }

  async #identify(userName: string, password: string): Promise<MqttIdentity | undefined> {
    const device = await this.#options.authenticateDevice(userName, password);
    if (device !== undefined) return { kind: 'device', device };
    const key = this.#options.authenticateKey(password);
    return key && { kind: 'key', ...key };
  }

  #mayAdd(client: Client, filter: string): boolean {
    const session = this.#sessions.get(client);
    const isAllowed =
      session?.identity !== undefined &&
      maySubscribe(session.identity, filter) &&
      (session.filters.has(filter) || session.filters.size < this.#limits.subscriptions_max);
    if (isAllowed) session.filters.add(filter);
    else {
      this.#counts.subscriptionsRefused += 1;
      this.#digest.report('subscription refused', `${nameOf(session)}: ${filter.slice(0, 128)}`);
    }
    return isAllowed;
  }

  /**
   * Called for each PUBLISH before its acknowledgement is written, and for last wills. aedes dispatches all
   * packets of a read at once and does not wait for one before the next, so one group commit acknowledges many.
   */
  #onPublish(client: Client | null, packet: PublishPacket, done: Done): void {
    const session = client === null ? undefined : this.#sessions.get(client);
    // A will while stopping would say of every device that it went offline.
    if (client === null || session?.identity === undefined || this.#isStopping) {
      done(new Error('the client is not connected'));
      return;
    }
    const isWill = client.closed;
    const cost = isWill ? 0 : publishCost(packet.length ?? 0);
    this.#counts.received += 1;
    this.#inflight += 1;
    this.#take(session, session.identity, packet, isWill).then(
      () => {
        this.#inflight -= 1;
        if (packet.qos > 0 && !isWill) this.#counts.acknowledged += 1;
        done(null);
        session.connection.settle(cost);
      },
      (error: Error) => {
        this.#inflight -= 1;
        this.#counts.failed += 1;
        session.isReported = true;
        this.#digest.report('storing failed', error.message);
        done(error);
      },
    );
  }

  async #take(
    session: Session,
    identity: MqttIdentity,
    packet: PublishPacket,
    lastWill: boolean,
  ): Promise<void> {
    const { topic } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const isStatus = topic.endsWith('/status');
    // An empty retained message takes the retained one back [MQTT-3.3.1-10]; it says nothing by itself.
    if (packet.retain && isStatus && payload.length === 0 && ownsTopic(identity, topic)) return;
    // Retained messages stay in memory, so only the one that the contract has.
    if (!isStatus) packet.retain = false;
    if (packet.qos === 2 && packet.dup && (await this.#hasPacket(session.client, packet))) return;
    const error = await this.#intake.take(identity, { topic, payload, lastWill });
    if (error === undefined) return;
    this.#counts.quarantined += 1;
    if (error.code === 'forbidden') this.#counts.forbidden += 1;
    this.#digest.report(`message refused: ${error.code}`, `${identityName(identity)}: ${error.message}`);
    // From here on aedes acknowledges and delivers the packet, to nobody now.
    packet.topic = REFUSED_TOPIC;
    packet.retain = false;
    packet.payload = Buffer.alloc(0);
  }

  /** True where a QoS 2 message is being sent again whose first copy was taken. */
  #hasPacket(client: Client, packet: PublishPacket): Promise<boolean> {
    const { persistence } = this.#aedes as unknown as {
      persistence: { incomingGetPacket(client: Client, packet: PublishPacket): Promise<unknown> };
    };
    return persistence.incomingGetPacket(client, packet).then(
      () => true,
      () => false,
    );
  }

  #onViolation(session: Session | undefined, violation: PacketViolation, head: Buffer): void {
    const { code, message, packet_bytes } = violation;
    if (session) session.isReported = true;
    if (code === 'too-large') this.#counts.oversize += 1;
    else this.#counts.protocolErrors += 1;
    this.#digest.report(`connection cut: ${code}`, `${nameOf(session)}: ${message}`);
    // Bytes of strangers are counted and not kept.
    if (session?.identity === undefined) return;
    this.#counts.quarantined += 1;
    const payload = head.subarray(0, QUARANTINE_HEAD_BYTES);
    this.#intake
      .quarantine(
        session.identity,
        { topic: topicOf(head), payload, payload_bytes: packet_bytes },
        { code, message },
      )
      .catch((error: Error) => this.#digest.report('quarantine failed', error.message));
  }

  #onClientError(client: Client, error: Error): void {
    const session = this.#sessions.get(client);
    if (session === undefined || session.isReported || this.#isStopping) return;
    session.isReported = true;
    // A connection that just breaks is nobody's mistake.
    if ((error as NodeJS.ErrnoException).code !== undefined || error.message === 'connection closed') return;
    this.#counts.protocolErrors += 1;
    this.#digest.report(`connection cut: ${error.message.slice(0, 80)}`, nameOf(session));
  }

  #endRevoked(): void {
    const { devices, keys } = this.#options.revoked();
    for (const session of this.#sessions.values()) {
      const { identity, client } = session;
      if (identity === undefined) continue;
      if (identity.kind === 'device' ? !devices.has(identity.device.id) : !keys.has(identity.name)) continue;
      this.#options.log.info({ identity: identityName(identity) }, 'mqtt session ended: credential revoked');
      session.isReported = true;
      delete session.identity;
      client.close();
    }
  }
}

function ownsTopic(identity: MqttIdentity, topic: string): boolean {
  return (
    identity.kind === 'device' && topic.startsWith(`xc/v1/${identity.device.kind}/${identity.device.id}/`)
  );
}

function nameOf(session: Session | undefined): string {
  if (session === undefined) return 'unknown';
  return session.identity === undefined
    ? session.remote
    : `${identityName(session.identity)} at ${session.remote}`;
}

/** Topic of a PUBLISH whose beginning is at hand; empty where that is not enough to tell. */
function topicOf(head: Buffer): string {
  if ((head[0] ?? 0) >> 4 !== 3) return '';
  let offset = 1;
  while (offset < 5 && (head[offset] ?? 0) >= 0x80) offset += 1;
  offset += 1;
  if (offset + 2 > head.length) return '';
  const end = offset + 2 + head.readUInt16BE(offset);
  return end > head.length ? '' : head.toString('utf8', offset + 2, end);
}

function listening(server: Server, listen: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : listen.port);
    });
  });
}
