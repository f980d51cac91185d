import type { Device } from '../domain/device.ts';
import type { Observation, ObservationText } from '../domain/observation.ts';
import { deviceTopic, telemetryChannels } from '../domain/topics.ts';
import type { Clock } from '../runtime/clock.ts';
import type { TelemetryAudience } from './mqtt-audience.ts';
import type { DirectLane, DirectlyTaken } from './mqtt-guard.ts';
import type { IntakeSinks, MqttIntake } from './mqtt-intake.ts';
import { publishCost } from './mqtt-packet-scanner.ts';
import type { MqttReport, MqttSession } from './mqtt-session.ts';

/** PUBLISH at QoS 1, not retained (MQTT 3.1.1, 3.3.1); with DUP it is the same to whoever stores at least once. */
const PUBLISH_QOS_1 = 0x32;
const DUP = 0x08;
/** Larger packets are the broker's: of these, one that has not all come yet is kept until it has. */
const PACKET_BYTES_MAX = 16 * 1024;
const PUBACK = 0x40;

const NOTHING: DirectlyTaken = { end: 0, messages: 0, cost: 0, isCut: false };

/** What a message holds, or what is stored of it where that is known already. */
export type DirectMessage = ObservationText | readonly Observation[];

/** Where messages go that come directly. */
export interface DirectSinks extends Pick<IntakeSinks, 'onDeviceSeen'> {
  /** Several messages; resolves once all are on disk, rejects where one may not be. */
  acceptAll(messages: readonly DirectMessage[]): Promise<unknown>;
  readonly clock: Clock;
}

/** A topic that a device publishes telemetry on, as it stands in a packet. */
interface OwnTopic {
  readonly topic: string;
  readonly bytes: Buffer;
  readonly channel: string;
  /** Somebody subscribes to it: then the broker delivers. */
  isHeard: boolean;
}

/** Where the parts of a packet lie in a chunk. */
interface Borders {
  readonly topicStart: number;
  readonly topicEnd: number;
  readonly end: number;
}

/**
 * Takes the telemetry of devices in without the broker, which spends several times the work on a message: QoS 1
 * messages of a device on its own topics that nobody subscribes to. Everything else, what cannot be decoded
 * included, is left to the broker, which has the packets in the same order.
 */
export class MqttDirect {
  readonly #intake: Pick<MqttIntake, 'decode' | 'text'>;
  readonly #sinks: DirectSinks;
  readonly #report: MqttReport;
  readonly #audience: TelemetryAudience;
  #inflight = 0;

  constructor(
    intake: Pick<MqttIntake, 'decode' | 'text'>,
    sinks: DirectSinks,
    report: MqttReport,
    audience: TelemetryAudience,
  ) {
    this.#intake = intake;
    this.#sinks = sinks;
    this.#report = report;
    this.#audience = audience;
  }

  /** Messages that are being stored. */
  get inflight(): number {
    return this.#inflight;
  }

  /** The lane of one connection; `sessionOf` gives its session while there is one. */
  laneOf(sessionOf: () => MqttSession | undefined): DirectLane {
    let topics: readonly OwnTopic[] = [];
    let device: Device | undefined;
    let version = -1;
    return {
      take: (chunk, messages_max, done) => {
        const session = sessionOf();
        const { identity, client } = session ?? {};
        // The PUBLISH of MQTT 5 has another form.
        if (session === undefined || identity?.kind !== 'device' || (client?.version ?? 5) > 4)
          return NOTHING;
        if (device !== identity.device) {
          device = identity.device;
          topics = ownTopics(device);
          version = -1;
        }
        if (version !== this.#audience.version) {
          version = this.#audience.version;
          for (const own of topics) own.isHeard = this.#audience.hears(own.topic);
        }
        return this.#take({ session, device, topics }, chunk, messages_max, done);
      },
    };
  }

  #take(
    from: { readonly session: MqttSession; readonly device: Device; readonly topics: readonly OwnTopic[] },
    chunk: Buffer,
    messages_max: number,
    done: (acknowledgements: Buffer | Error) => void,
  ): DirectlyTaken {
    const received_ms = this.#sinks.clock();
    const messages: DirectMessage[] = [];
    const acknowledgements: number[] = [];
    let start = 0;
    let cost = 0;
    let isCut = false;
    while (messages.length < messages_max && start < chunk.length) {
      const borders = bordersOf(chunk, start);
      if (borders === undefined || borders === 'cut') {
        isCut = borders === 'cut';
        break;
      }
      const { topicStart, topicEnd, end } = borders;
      const own = from.topics.find(({ bytes }) => isAt(chunk, topicStart, topicEnd, bytes));
      const [high = 0, low = 0] = [chunk[topicEnd], chunk[topicEnd + 1]];
      if (own === undefined || own.isHeard || (high === 0 && low === 0)) break;
      const payload = chunk.subarray(topicEnd + 2, end);
      const message = this.#read(from.device, own.channel, payload, received_ms);
      if (message === undefined) break;
      messages.push(message);
      acknowledgements.push(PUBACK, 2, high, low);
      cost += publishCost(end - topicStart + 2);
      start = end;
    }
    if (messages.length > 0) {
      this.#sinks.onDeviceSeen(from.device.id, received_ms);
      this.#store(from.session, messages, (error) => done(error ?? Buffer.from(acknowledgements)));
    }
    return { end: start, messages: messages.length, cost, isCut };
  }

  /** Undefined for what cannot be decoded. */
  #read(device: Device, channel: string, payload: Buffer, received_ms: number): DirectMessage | undefined {
    const text = this.#intake.text(device, channel, payload, received_ms);
    if (text !== undefined) return text;
    const observations = this.#intake.decode(device, channel, payload, received_ms);
    return observations.ok ? observations.value : undefined;
  }

  #store(session: MqttSession, messages: readonly DirectMessage[], done: (error?: Error) => void): void {
    const { counts } = this.#report;
    counts.received += messages.length;
    counts.direct += messages.length;
    this.#inflight += messages.length;
    this.#sinks.acceptAll(messages).then(
      () => {
        this.#inflight -= messages.length;
        counts.acknowledged += messages.length;
        done();
      },
      (error: Error) => {
        this.#inflight -= messages.length;
        counts.failed += messages.length;
        session.isReported = true;
        this.#report.trouble('storing failed', error.message);
        done(error);
      },
    );
  }
}

function ownTopics({ kind, id }: Device): OwnTopic[] {
  return telemetryChannels(kind).map((channel) => {
    const topic = deviceTopic(kind, id, channel);
    return { topic, bytes: Buffer.from(topic), channel, isHeard: true };
  });
}

/** Borders of the packet that begins at `start`; `cut` where it goes on behind the chunk, undefined for others. */
function bordersOf(chunk: Buffer, start: number): Borders | 'cut' | undefined {
  if (((chunk[start] ?? 0) & ~DUP) !== PUBLISH_QOS_1) return undefined;
  let remaining = 0;
  let offset = start + 1;
  for (let shift = 0; ; shift += 7) {
    // Three bytes of length are more than enough for what is taken here.
    if (shift > 14) return undefined;
    const byte = chunk[offset];
    if (byte === undefined) return 'cut';
    offset += 1;
    remaining |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const end = offset + remaining;
  if (end - start > PACKET_BYTES_MAX) return undefined;
  if (end > chunk.length) return 'cut';
  const topicStart = offset + 2;
  const topicEnd = topicStart + (((chunk[offset] ?? 0) << 8) | (chunk[offset + 1] ?? 0));
  return topicEnd + 2 > end ? undefined : { topicStart, topicEnd, end };
}

function isAt(chunk: Buffer, start: number, end: number, bytes: Buffer): boolean {
  if (end - start !== bytes.length) return false;
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    if (chunk[start + index] !== bytes[index]) return false;
  }
  return true;
}
