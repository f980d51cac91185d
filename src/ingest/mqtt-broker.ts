import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { Aedes, type AedesOptions, type AedesPublishPacket, type Client } from 'aedes';
import { WorkBudget } from '../runtime/work-budget.ts';
import type { ShownCertificate } from './client-certificate.ts';
import { drained } from './drain.ts';
import { mayReceive } from './mqtt-access.ts';
import { TelemetryAudience } from './mqtt-audience.ts';
import { MqttDirect } from './mqtt-direct.ts';
import { MqttDoorman } from './mqtt-doorman.ts';
import { guardConnection } from './mqtt-guard.ts';
import { MqttIntake } from './mqtt-intake.ts';
import { MQTT_LIMITS, type MqttLimits } from './mqtt-limits.ts';
import { type Attach, type Listening, listenTcp, listenTls } from './mqtt-listeners.ts';
import type { MqttBrokerOptions, MqttStats } from './mqtt-options.ts';
import { MqttPersistence } from './mqtt-persistence.ts';
import { MqttReceiver } from './mqtt-receiver.ts';
import { grantedQos, MqttReport, type MqttSessions, sessionName } from './mqtt-session.ts';
import { LastWills } from './mqtt-wills.ts';

const REVOCATION_INTERVAL_MS = 2000;
const SILENCE_INTERVAL_MS = 1000;
const SWEEP_INTERVAL_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;

/**
 * The embedded MQTT 3.1.1 broker. A PUBACK (or PUBREC) leaves once the message is on disk; a message that
 * cannot be taken is acknowledged too and kept in the quarantine, so that no device is stuck on it. Where
 * storing fails there is no acknowledgement: the connection closes, and the client sends again later.
 */
export class MqttBroker {
  readonly #options: MqttBrokerOptions;
  readonly #limits: MqttLimits;
  readonly #sessions: MqttSessions = new Map();
  readonly #report: MqttReport;
  readonly #doorman: MqttDoorman;
  readonly #receiver: MqttReceiver;
  readonly #direct: MqttDirect;
  readonly #audience = new TelemetryAudience();
  readonly #budget: WorkBudget;
  readonly #persistence: MqttPersistence;
  readonly #wills: LastWills;
  readonly #aedes: Aedes;
  readonly #listening: Listening[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #isStopping = false;

  constructor(options: MqttBrokerOptions) {
    this.#options = options;
    this.#limits = { ...MQTT_LIMITS, ...options.limits };
    this.#report = new MqttReport(options.log);
    this.#budget = new WorkBudget(this.#limits.inflight_bytes_max);
    this.#persistence = new MqttPersistence({
      store: options.sessions,
      limits: this.#limits,
      clock: options.clock,
      audience: this.#audience,
      onDropped: () => {
        this.#report.counts.dropped += 1;
      },
      isGranted: (client, filter) => this.#sessions.get(client)?.filters.has(filter) ?? false,
    });
    const parts = { sessions: this.#sessions, audience: this.#audience, persistence: this.#persistence };
    this.#doorman = new MqttDoorman(options, parts, this.#limits, this.#report);
    const intake = new MqttIntake(options.codecs, options, options.clock);
    this.#receiver = new MqttReceiver(intake, this.#report, this.#persistence);
    this.#direct = new MqttDirect(intake, options, this.#report, this.#audience);
    this.#wills = new LastWills({
      store: options.sessions,
      wait_ms: this.#limits.will_wait_ms,
      admittedDevice: (id) => options.admittedDevice(id),
      take: (device, will) => this.#receiver.takeLeftWill(device, will),
      publish: (topic, payload, how) => this.publish(topic, payload, how),
      onTrouble: (fault, message) => this.#report.trouble(fault, message),
    });
    this.#aedes = new Aedes({ ...this.#aedesOptions(), ...this.#aedesHooks() });
  }

  /** Limits in force. */
  get limits(): MqttLimits {
    return this.#limits;
  }

  /** Listens; gives the ports. Rejects where one is taken, with nothing left running. */
  async start(): Promise<{ readonly port: number | undefined; readonly tlsPort: number | undefined }> {
    try {
      await this.#startAedes();
      const { listen, listenTls: secure } = this.#options;
      return {
        port: listen && (await this.#listen(listenTcp(listen, this.attach))),
        tlsPort:
          secure &&
          (await this.#listen(
            listenTls(secure, secure.tls, this.attach, (fault, message) =>
              this.#report.trouble(fault, message),
            ),
          )),
      };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #startAedes(): Promise<void> {
    await this.#aedes.listen();
    // From here on its sender is known. Not later: it acknowledges its backlog while it gets it.
    this.#aedes.on('connackSent', ({ returnCode }, client) => {
      const session = returnCode === 0 ? this.#sessions.get(client) : undefined;
      if (session === undefined) return;
      session.isOpen = true;
      session.connection.open();
    });
    this.#aedes.on('client', (client) => {
      this.#persistence.entered(client.id);
      this.#wills.entered(client, this.#sessions.get(client)?.identity);
    });
    this.#aedes.on('clientDisconnect', (client) => {
      this.#persistence.left(client.id);
      this.#wills.left(client);
    });
    this.#aedes.on('clientError', (client, error) => this.#onClientError(client, error));
    this.#aedes.on('connectionError', (client, error) => this.#onClientError(client, error));
    const emitter: EventEmitter = this.#aedes;
    emitter.on('error', (error: Error) => this.#report.trouble('broker failed', error.message));
    this.#aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) {
        this.#sessions.get(client)?.filters.delete(filter);
        this.#audience.remove(client, filter);
      }
    });
    this.#timers.push(
      setInterval(() => this.#endRevoked(), REVOCATION_INTERVAL_MS).unref(),
      setInterval(() => this.#doorman.endSilent(), SILENCE_INTERVAL_MS).unref(),
      setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref(),
    );
    this.#sweep();
    this.#wills.start();
  }

  async #listen(opening: Promise<Listening>): Promise<number> {
    const listening = await opening;
    this.#listening.push(listening);
    return listening.port;
  }

  /** Takes nothing more, lets what is being stored be acknowledged (5 s at most), and closes every connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wills.stop();
    for (const timer of this.#timers) clearInterval(timer);
    const closed = Promise.all(this.#listening.map((listening) => listening.close()));
    for (const { connection } of this.#sessions.values()) connection.hold();
    await drained(() => this.#receiver.inflight + this.#direct.inflight === 0, STOP_TIMEOUT_MS);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
    for (const { connection } of this.#sessions.values()) connection.stream.destroy();
    await drained(() => this.#sessions.size === 0, STOP_TIMEOUT_MS);
    await closed;
    this.#report.close();
  }

  /** Takes a byte stream, of whichever transport, as a client's connection. */
  readonly attach: Attach = (stream, remote, certificate) => this.#attach(stream, remote, certificate);

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
    return {
      connections: this.#sessions.size,
      inflight_bytes: this.#budget.taken_bytes,
      ...this.#persistence.stats(),
      ...this.#report.counts,
    };
  }

  #aedesOptions(): AedesOptions {
    return {
      // With a bound on the emitter's concurrency, the callbacks of what it queued run nested when some fifty
      // flooding clients drop at once, and overflow the stack. Without one nothing is queued there; the
      // bound on what is worked on is the guard's.
      concurrency: 0,
      persistence: this.#persistence,
      drainTimeout: this.#limits.drain_timeout_ms,
      connectTimeout: this.#limits.connect_timeout_ms,
      // Below this, which ends the connection, the doorman and the intake refuse.
      maxTopicLevels: 100,
      maxInflightInbound: this.#limits.client_inflight_max,
      // The doorman bounds ids, for every version of the protocol.
      maxClientsIdLength: 1024,
    };
  }

  #aedesHooks(): AedesOptions {
    return {
      preConnect: (client, packet, done) => {
        const session = this.#sessions.get(client);
        if (session) this.#doorman.inspect(session, packet);
        done(null, session !== undefined && !this.#isStopping);
      },
      authenticate: (client, userName, password, done) => {
        const session = this.#sessions.get(client);
        if (session === undefined) return;
        this.#doorman.authenticate(session, userName, password?.toString()).then(
          (returnCode) => {
            if (returnCode === 0) done(null, true);
            else done(Object.assign(new Error('connection refused'), { returnCode }), false);
          },
          (error: Error) => {
            this.#report.trouble('authentication failed', error.message);
            session.connection.stream.destroy();
          },
        );
      },
      authorizePublish: (client, packet, done) => {
        const session = client === null ? undefined : this.#sessions.get(client);
        // A will while stopping would say of every device that it went offline.
        if (session?.identity === undefined || this.#isStopping) done(new Error('not connected'));
        else this.#receiver.receive(session, session.identity, packet, done);
      },
      // aedes answers 0x80 for null (MQTT 3.1.1, 3.9.3).
      authorizeSubscribe: (client, subscription, done) => {
        const { topic, qos } = subscription;
        if (!this.#doorman.maySubscribe(client, topic, qos)) done(null, null);
        // aedes delivers at the QoS of one filter, even where another of the client's has a higher one, or at
        // that of the message: so it is told 2, and the granted QoS is set on forwarding.
        else done(null, { ...subscription, qos: 2 });
      },
      authorizeForward: (client, packet) => this.#forward(client, packet),
    };
  }

  #attach(source: Duplex, remote: string, certificate: ShownCertificate): void {
    if (this.#isStopping || this.#sessions.size >= this.#limits.connections_max) {
      this.#turnAway(source, 'too many connections', `${this.#sessions.size} connections, from ${remote}`);
      return;
    }
    if (certificate.kind === 'bad') {
      this.#turnAway(source, 'client certificate not good', `${certificate.reason}, from ${remote}`);
      return;
    }
    const certified = certificate.kind === 'good' ? certificate.deviceIds : [];
    const connection = guardConnection(
      source,
      this.#limits,
      this.#budget,
      (violation, head) => this.#receiver.cut(this.#sessions.get(client), violation, head),
      this.#direct.laneOf(() => this.#sessions.get(client)),
    );
    const client = this.#aedes.handle(connection.stream);
    this.#report.counts.connectionsTotal += 1;
    this.#sessions.set(client, { connection, client, remote, certified, filters: new Map() });
    connection.stream.once('close', () => {
      // The last will is judged after the connection has closed, with the identity that it had.
      setImmediate(() => {
        this.#sessions.delete(client);
        this.#audience.leave(client);
      });
    });
  }

  #turnAway(source: Duplex, fault: string, message: string): void {
    this.#report.counts.connectionsRefused += 1;
    this.#report.trouble(fault, message);
    source.on('error', () => undefined);
    source.destroy();
  }

  /**
   * What goes to a client of a message, if anything. Rights are checked once more, for they may have changed
   * since it was queued. And who does not keep up is cut, else aedes lets publishers wait for it.
   */
  #forward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const session = this.#sessions.get(client);
    if (session?.identity === undefined || !mayReceive(session.identity, packet.topic)) {
      this.#persistence.withdraw(client.id, packet);
      return null;
    }
    const isQueued = !client.clean && packet.qos > 0 && !packet.retain;
    if (isQueued && !(session.isOpen && this.#persistence.isDue(client.id, packet))) return null;
    const { stream } = session.connection;
    const qos = grantedQos(session, packet.topic);
    if (stream.writableLength <= this.#limits.backlog_bytes_max) {
      return qos < packet.qos ? { ...packet, qos } : packet;
    }
    if (!session.isReported) {
      session.isReported = true;
      this.#report.counts.slow += 1;
      this.#report.trouble('connection cut: does not read', sessionName(session));
    }
    stream.destroy();
    return null;
  }

  #onClientError(client: Client, error: Error): void {
    const session = this.#sessions.get(client);
    if (session === undefined || session.isReported || this.#isStopping) return;
    session.isReported = true;
    // A connection that just breaks is nobody's mistake.
    if ((error as NodeJS.ErrnoException).code !== undefined || error.message === 'connection closed') return;
    this.#report.counts.protocolErrors += 1;
    this.#report.trouble(`connection cut: ${error.message.slice(0, 80)}`, sessionName(session));
  }

  #sweep(): void {
    this.#persistence
      .sweep()
      .catch((error: Error) => this.#report.trouble('sessions not swept', error.message));
  }

  #endRevoked(): void {
    try {
      this.#doorman.endRevoked(this.#options.log);
    } catch (error) {
      // The registry is busy or its disk is full: asked again in two seconds.
      this.#report.trouble('revocations unknown', (error as Error).message);
    }
  }
}
