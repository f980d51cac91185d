import { type Decoded, type DecodeError, refused } from '../domain/decoded.ts';
import type { Crs, Device, DeviceKind } from '../domain/device.ts';
import type { Observation, ObservationText } from '../domain/observation.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { Clock } from '../runtime/clock.ts';
import { checkPublish, type MqttIdentity } from './mqtt-access.ts';

/** A still as it came from a camera; `at_ms` is the topic's stamp, or else its arrival. */
export interface Snapshot {
  readonly deviceId: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly jpeg: Uint8Array;
  readonly width_px: number;
  readonly height_px: number;
}

/** A telemetry message of a device as it came. */
interface TelemetryBytes {
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly received_ms: number;
  readonly crs?: Crs | undefined;
}

/** How bytes become observations. */
export interface IntakeCodecs {
  telemetry(
    input: TelemetryBytes & { readonly lastWill?: boolean | undefined },
  ): Decoded<readonly Observation[]>;
  /** The quick way to what is stored of a usual message; undefined for those that `telemetry` must look at. */
  telemetryText?(input: TelemetryBytes): ObservationText | undefined;
  jpeg(bytes: Uint8Array): Decoded<{ readonly width_px: number; readonly height_px: number }>;
}

/** Where messages go. Each promise resolves once what it was given is on disk, and rejects if it is not. */
export interface IntakeSinks {
  accept(observations: readonly Observation[]): Promise<unknown>;
  acceptSnapshot(snapshot: Snapshot): Promise<unknown>;
  quarantine(item: QuarantineItem): Promise<unknown>;
  /** A device was heard, whatever it said. */
  onDeviceSeen(deviceId: string, at_ms: number): void;
}

/** A message from an authenticated client. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly lastWill: boolean;
}

/** Stamps further from the clock than this are no camera's memory but a wrong unit. */
const STAMP_EARLIEST_MS = Date.UTC(2000, 0, 1);
const STAMP_LATEST_MS = Date.UTC(2100, 0, 1);

/** Judges each message and hands it on: to the journal, or to the quarantine. */
export class MqttIntake {
  readonly #codecs: IntakeCodecs;
  readonly #sinks: IntakeSinks;
  readonly #clock: Clock;

  constructor(codecs: IntakeCodecs, sinks: IntakeSinks, clock: Clock) {
    this.#codecs = codecs;
    this.#sinks = sinks;
    this.#clock = clock;
  }

  /** True where the identity may publish on the topic. */
  isOwnTopic(identity: MqttIdentity, topic: string): boolean {
    return checkPublish(identity, topic).ok;
  }

  /** Resolves, once the message is on disk, with undefined or the reason why it went to the quarantine. */
  async take(identity: MqttIdentity, message: MqttMessage): Promise<DecodeError | undefined> {
    const received_ms = this.#clock();
    if (identity.kind === 'device') this.#sinks.onDeviceSeen(identity.device.id, received_ms);
    const error = await this.#store(identity, message, received_ms);
    if (error !== undefined) await this.quarantine(identity, message, error);
    return error;
  }

  /** Sets a refused message aside; resolves once it is on disk. */
  async quarantine(
    identity: MqttIdentity | undefined,
    message: Pick<MqttMessage, 'topic' | 'payload'> & { readonly payload_bytes?: number },
    error: DecodeError,
  ): Promise<void> {
    const { topic, payload, payload_bytes } = message;
    await this.#sinks.quarantine({
      received_ms: this.#clock(),
      source: 'mqtt',
      ...(identity?.kind === 'device' && { deviceId: identity.device.id }),
      channel: topic,
      error,
      payload,
      ...(payload_bytes !== undefined && { payload_bytes }),
    });
  }

  /** Observations of a telemetry message of the device, or why it is none. */
  decode(
    { id, kind, crs }: Device,
    channel: string,
    payload: Uint8Array,
    received_ms: number,
    lastWill = false,
  ): Decoded<readonly Observation[]> {
    const from = { deviceKind: kind, deviceId: id, crs };
    return this.#codecs.telemetry({ ...from, channel, payload, received_ms, lastWill });
  }

  /** What is stored of a usual telemetry message of the device; undefined where `decode` must say. */
  text(
    { id, kind, crs }: Device,
    channel: string,
    payload: Uint8Array,
    received_ms: number,
  ): ObservationText | undefined {
    return this.#codecs.telemetryText?.({
      deviceKind: kind,
      deviceId: id,
      crs,
      channel,
      payload,
      received_ms,
    });
  }

  async #store(
    identity: MqttIdentity,
    message: MqttMessage,
    received_ms: number,
  ): Promise<DecodeError | undefined> {
    const topic = checkPublish(identity, message.topic);
    if (!topic.ok || identity.kind !== 'device') return topic.ok ? undefined : topic.error;
    const { channel, stamp_ms } = topic.value;
    if (channel === 'snapshot') return this.#storeSnapshot(identity.device, message, stamp_ms, received_ms);
    const lastWill = message.lastWill && channel === 'status';
    const observations = this.decode(identity.device, channel, message.payload, received_ms, lastWill);
    if (!observations.ok) return observations.error;
    await this.#sinks.accept(observations.value);
    return undefined;
  }

  async #storeSnapshot(
    { id }: Device,
    { payload }: MqttMessage,
    stamp_ms: number | undefined,
    received_ms: number,
  ): Promise<DecodeError | undefined> {
    const at_ms = stamp_ms ?? received_ms;
    const size =
      at_ms < STAMP_EARLIEST_MS || at_ms >= STAMP_LATEST_MS
        ? refused('schema', 'not epoch milliseconds of the years 2000 to 2099', 'topic')
        : this.#codecs.jpeg(payload);
    if (!size.ok) return size.error;
    const { width_px, height_px } = size.value;
    await this.#sinks.acceptSnapshot({
      deviceId: id,
      at_ms,
      received_ms,
      jpeg: payload,
      width_px,
      height_px,
    });
    return undefined;
  }
}
