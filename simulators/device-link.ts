import { connect, type ErrorWithReasonCode, type MqttClient } from 'mqtt';
import type { DeviceKind } from '../src/domain/device.ts';
import { isoTime } from '../src/domain/time.ts';
import { deviceTopic } from '../src/domain/topics.ts';
import type { Link, LinkEvent } from './link.ts';
import { encodeContent, joinPublications, type Publication, topicOf } from './schedule.ts';

/** How a device reaches its broker. */
export interface LinkOptions {
  readonly url: string;
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  /** Absent where the broker asks for none. */
  readonly secret?: string;
  /** Messages kept while the broker does not answer; beyond, the oldest reading is dropped and counted. */
  readonly queue_max: number;
  readonly onChange: (event: LinkEvent) => void;
}

/** Publications of one device that wait for their PUBACK at a time. */
const IN_FLIGHT_MAX = 8;
/** Waiting messages that go out as one array once the broker is back. */
const JOIN_MAX = 200;
const RECONNECT_MS = 1_000;
/** CONNACK codes of MQTT 3.1.1 that no retry will change: identifier, credentials, authorization. */
const REFUSALS = [2, 4, 5];

/** One device's connection: QoS 1, last will, a bounded queue, and nothing forgotten before its PUBACK. */
export class DeviceLink implements Link {
  private readonly options: LinkOptions;
  private client: MqttClient | undefined;
  private queue: Publication[] = [];
  /** Sent and not yet acknowledged, in the order of sending. */
  private readonly inFlight = new Set<readonly Publication[]>();
  private refused = false;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  /** Messages not yet acknowledged. */
  get waiting(): number {
    return this.refused ? 0 : this.queue.length + this.inFlight.size;
  }

  /** Connects; `at_ms` stands in the last will, since the broker cannot know better. */
  start(at_ms: number): void {
    if (this.client !== undefined || this.refused) return;
    const { url, deviceKind, deviceId, secret, onChange } = this.options;
    const client = connect(url, {
      protocolVersion: 4,
      clientId: `sim-${deviceId}`,
      username: deviceId,
      ...(secret === undefined ? {} : { password: secret }),
      reconnectPeriod: RECONNECT_MS,
      will: {
        topic: deviceTopic(deviceKind, deviceId, 'status'),
        payload: encodeContent({ channel: 'status', payload: { at: isoTime(at_ms), online: false } }),
        qos: 1,
        retain: true,
      },
    });
    this.client = client;
    client.on('connect', () => {
      onChange({ kind: 'connected' });
      this.flush();
    });
    client.on('close', () => {
      if (this.client === client) onChange({ kind: 'lost', reason: 'connection closed' });
    });
    client.on('error', (error: Error | ErrorWithReasonCode) => {
      if ('code' in error && typeof error.code === 'number' && REFUSALS.includes(error.code))
        this.refuse(error.message);
      else onChange({ kind: 'lost', reason: error.message });
    });
  }

  /** Loses the connection without a word, so that the broker sends the last will. */
  cut(): void {
    const { client } = this;
    this.client = undefined;
    client?.end(true);
    // Nobody will answer for these any more; they go first when the connection is back.
    this.queue = [...[...this.inFlight].flat(), ...this.queue];
    this.inFlight.clear();
  }

  /** Queues a message and sends as much as may be in flight. */
  publish(publication: Publication): void {
    if (this.refused) return;
    this.queue.push(publication);
    if (this.queue.length > this.options.queue_max) {
      this.queue.shift();
      this.options.onChange({ kind: 'dropped', messages: 1 });
    }
    this.flush();
  }

  /** Says goodbye (offline, retained) and ends; at most `patience_ms`. */
  async stop(at_ms: number, patience_ms: number): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    const { deviceKind, deviceId } = this.options;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        client.end(true, {}, () => resolve());
      };
      const timer = setTimeout(finish, patience_ms);
      if (!client.connected) return finish();
      const bytes = encodeContent({ channel: 'status', payload: { at: isoTime(at_ms), online: false } });
      // A polite DISCONNECT follows, so that the last will is not sent on top.
      client.publish(deviceTopic(deviceKind, deviceId, 'status'), bytes, { qos: 1, retain: true }, () =>
        client.end(false, {}, finish),
      );
    });
  }

  private flush(): void {
    const { client } = this;
    while (client?.connected && this.inFlight.size < IN_FLIGHT_MAX && this.queue.length > 0) {
      const parts = this.takeParts();
      const publication = joinPublications(parts);
      if (publication === undefined) return;
      this.inFlight.add(parts);
      this.options.onChange({ kind: 'sent', messages: parts.length });
      const retain = publication.channel === 'status';
      client.publish(topicOf(publication), encodeContent(publication), { qos: 1, retain }, (error) => {
        if (!this.inFlight.delete(parts)) return;
        if (error) this.queue = [...parts, ...this.queue];
        else this.options.onChange({ kind: 'acknowledged', messages: parts.length });
        if (!error) this.flush();
      });
    }
  }

  /** The next message; after a stall, several of one channel together, as units with a buffer do. */
  private takeParts(): Publication[] {
    const channel = this.queue[0]?.channel;
    let count = 1;
    if (this.queue.length > IN_FLIGHT_MAX && channel !== 'status' && channel !== 'snapshot') {
      while (count < JOIN_MAX && this.queue[count]?.channel === channel) count += 1;
    }
    return this.queue.splice(0, count);
  }

  private refuse(reason: string): void {
    this.refused = true;
    this.cut();
    this.queue = [];
    this.options.onChange({ kind: 'refused', reason });
  }
}
