import type { Duplex } from 'node:stream';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { refused } from '../domain/decoded.ts';
import type { Device } from '../domain/device.ts';
import { parseTopic } from '../domain/topics.ts';
import { backoff_ms } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { redactUrls } from '../runtime/redact.ts';
import {
  ExternalSubscription,
  isProbe,
  type SharedChoice,
  type SubscriptionMode,
} from './external-subscription.ts';
import { type IntakeCodecs, type IntakeSinks, MqttIntake } from './mqtt-intake.ts';
import type { MqttStats } from './mqtt-options.ts';
import { MqttReport } from './mqtt-session.ts';

/** How to reach the broker, and as whom. */
export interface ExternalAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** The broker keeps messages for this name while the gateway is away; no other client may use it. */
  readonly clientId: string;
  /** Of the shared subscription: gateways with the same one share the messages. */
  readonly group: string;
  readonly shared: SharedChoice;
  /** Messages that are stored at once; of more, none is read until some are. */
  readonly inflight_max: number;
  /** PEM; the broker's authorities where they are not the system's, and our own certificate. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** Everything that the connection needs of the gateway. */
export interface ExternalMqttOptions extends IntakeSinks {
  readonly address: ExternalAddress;
  readonly codecs: IntakeCodecs;
  /** The device of that id unless it is unknown or revoked. */
  admittedDevice(id: string): Device | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const BACKOFF = { first_ms: 500, max_ms: 30_000 };
const KEEPALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5000;
/** Given to the client in place of an acknowledgement, which is sent when the message is on disk. */
const NOT_YET = new Error('acknowledged later');

/**
 * The way in and out through a broker that is not ours. A message is acknowledged once it is on disk; while
 * the gateway is away the broker keeps them for its session. That the device of a topic sent the message is
 * the word of the broker's access rules alone.
 */
export class ExternalMqtt {
  readonly #options: ExternalMqttOptions;
  readonly #intake: MqttIntake;
  readonly #report: MqttReport;
  #client: MqttClient | undefined;
  #subscription: ExternalSubscription | undefined;
  /** Of this connection, once it is subscribed. */
  #mode: SubscriptionMode | undefined;
  #attempt = 0;
  #inflight = 0;
  #isStopping = false;

  constructor(options: ExternalMqttOptions) {
    this.#options = options;
    this.#intake = new MqttIntake(options.codecs, options, options.clock);
    this.#report = new MqttReport(options.log);
  }

  /** Begins to connect; a broker that is away is tried again and again, ever less often. */
  async start(): Promise<{ readonly port: undefined; readonly tlsPort: undefined }> {
    const client = mqtt.connect(this.#options.address.url, this.#clientOptions());
    this.#client = client;
    this.#subscription = new ExternalSubscription(client, this.#options.address);
    client.handleMessage = (packet, done) => this.#take(client, packet, done);
    client.on('connect', ({ sessionPresent }) => void this.#subscribe(client, sessionPresent));
    client.on('error', (error) => this.#report.trouble('external broker', redactUrls(error.message)));
    client.on('close', () => {
      this.#mode = undefined;
      if (this.#isStopping) return;
      // Read by the client when it next plans to connect.
      client.options.reconnectPeriod = backoff_ms(this.#attempt, BACKOFF, Math.random);
      this.#attempt += 1;
    });
    return { port: undefined, tlsPort: undefined };
  }

  /** Takes nothing more, lets what is being stored be acknowledged (5 s at most), and disconnects. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const client = this.#client;
    if (client === undefined) return;
    const latest_ms = performance.now() + STOP_TIMEOUT_MS;
    while (this.#inflight > 0 && performance.now() < latest_ms) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await client.endAsync(!client.connected).catch(() => undefined);
    this.#report.close();
  }

  /** Resolves once the broker has taken the message; rejects where there is no connection, or it breaks. */
  publish(
    topic: string,
    payload: string | Buffer,
    options: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean } = {},
  ): Promise<void> {
    const client = this.#client;
    if (client === undefined || !client.connected || this.#isStopping) {
      return Promise.reject(new Error('the external MQTT broker is not connected'));
    }
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new Error('the connection to the external MQTT broker broke'));
      client.once('close', lost);
      client.publish(topic, payload, { qos: 0, retain: false, ...options }, (error) => {
        client.off('close', lost);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Whether it takes part, and how. */
  state(): { readonly ready: boolean; readonly detail: string } {
    if (!this.#client?.connected) return { ready: false, detail: 'not connected' };
    return this.#mode === undefined
      ? { ready: false, detail: 'not subscribed' }
      : { ready: true, detail: `${this.#mode} subscription` };
  }

  stats(): MqttStats {
    const connections = this.#client?.connected ? 1 : 0;
    return { connections, inflight_bytes: 0, sessions: 0, queued: 0, ...this.#report.counts };
  }

  async #subscribe(client: MqttClient, isKept: boolean): Promise<void> {
    this.#report.counts.connectionsTotal += 1;
    try {
      this.#mode = await this.#subscription?.subscribe(isKept);
      this.#attempt = 0;
      this.#options.log.info({ mode: this.#mode }, 'external MQTT broker connected');
    } catch (error) {
      if (!client.connected) return;
      this.#report.counts.subscriptionsRefused += 1;
      this.#report.trouble('external broker: not subscribed', (error as Error).message);
      client.stream.destroy();
    }
  }

  /**
   * Called for each message, one after the other. The next one is let come at once, so that one commit stores
   * many; the client is told that this one failed, which keeps it from acknowledging, and we do that later.
   */
  #take(client: MqttClient, packet: IPublishPacket, done: (error?: Error) => void): void {
    if (this.#subscription?.seen(packet.topic) || this.#isStopping) {
      done(this.#isStopping ? NOT_YET : undefined);
      return;
    }
    const { stream } = client;
    const { counts } = this.#report;
    const answer = packet.qos === 1 ? NOT_YET : undefined;
    counts.received += 1;
    this.#inflight += 1;
    const isRoom = packet.qos === 1 && this.#inflight < this.#options.address.inflight_max;
    const stored = this.#store(packet).then(
      () => {
        if (packet.qos === 1) acknowledge(stream, packet.messageId ?? 0);
        if (packet.qos > 0) counts.acknowledged += 1;
      },
      (error: Error) => {
        counts.failed += 1;
        this.#report.trouble('storing failed', error.message);
        // Without an acknowledgement the broker sends it again on the next connection.
        stream.destroy();
      },
    );
    void stored.then(() => {
      this.#inflight -= 1;
      if (!isRoom) done(answer);
    });
    if (isRoom) done(answer);
  }

  async #store({ topic, payload: given, retain }: IPublishPacket): Promise<void> {
    const payload = typeof given === 'string' ? Buffer.from(given) : given;
    const parsed = parseTopic(topic);
    // Commands are the gateway's own; a retained message that is empty takes one back.
    if (parsed?.channel === 'command' || isProbe(topic) || (retain && payload.length === 0)) return;
    const device = parsed && this.#options.admittedDevice(parsed.deviceId);
    if (parsed === undefined || device === undefined) {
      const reason =
        parsed === undefined
          ? refused('unsupported', 'no topic of a device', 'topic')
          : refused('forbidden', `no device "${parsed.deviceId}" is registered here`, 'topic');
      if (!retain && !reason.ok) await this.#refuse({ topic, payload }, reason.error);
      return;
    }
    const isUndated = parsed.channel === 'status' && !HAS_TIME.test(payload.toString('latin1'));
    // A last will has no time of its own. A retained copy without one says nothing about when.
    if (retain && isUndated) return;
    const message = { topic, payload, lastWill: isUndated };
    const error = await this.#intake.take({ kind: 'device', device }, message);
    if (error !== undefined) this.#count(error);
  }

  async #refuse(message: { topic: string; payload: Buffer }, error: Refusal): Promise<void> {
    await this.#intake.quarantine(undefined, message, error);
    this.#count(error);
  }

  #count(error: Refusal): void {
    this.#report.counts.quarantined += 1;
    if (error.code === 'forbidden') this.#report.counts.forbidden += 1;
    this.#report.trouble(`message refused: ${error.code}`, error.message);
  }

  #clientOptions(): IClientOptions {
    const { username, password, clientId, tls } = this.#options.address;
    return {
      protocolVersion: 4,
      clean: false,
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...tls,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: BACKOFF.first_ms,
      reconnectOnConnackError: true,
      resubscribe: false,
    };
  }
}

type Refusal = Parameters<MqttIntake['quarantine']>[2];

const HAS_TIME = /"at"\s*:/;

/** PUBACK (MQTT 3.1.1, 3.4) on the connection on which the message came, if that is still there. */
function acknowledge(stream: Duplex, messageId: number): void {
  if (!stream.destroyed && stream.writable) {
    stream.write(Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]));
  }
}
