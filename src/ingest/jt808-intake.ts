import { decodeBatch } from '../codecs/jt808/batch.ts';
import type { Jt808Edition } from '../codecs/jt808/frame.ts';
import { decodeLocation } from '../codecs/jt808/location.ts';
import { decodeMedia, type MediaUpload } from '../codecs/jt808/multimedia.ts';
import { observeLocation } from '../codecs/jt808/observe-location.ts';
import { type Decoded, type DecodeError, refused } from '../domain/decoded.ts';
import type { Device } from '../domain/device.ts';
import type { KnownTerminal } from '../domain/jt808-terminal.ts';
import type { Observation, PositionObservation, StatusObservation } from '../domain/observation.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { UnknownDevice } from '../domain/unknown-device.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Jt808Report } from './jt808-report.ts';

/** A picture, sound or film that a terminal uploaded. */
export interface TerminalMedia {
  readonly device: Device;
  readonly received_ms: number;
  /** When it was taken, by the terminal's clock; its arrival where that is not set. */
  readonly at_ms: number;
  /** The terminal's own number for it, and what it says of it (see `MediaInfo`). */
  readonly mediaId: number;
  readonly type: number;
  readonly format: number;
  readonly event: number;
  readonly channel: number;
  /** Where it was taken, if the terminal knew. */
  readonly place?: { readonly lon: number; readonly lat: number };
  readonly data: Buffer;
}

/** Where messages go. Each promise resolves once what it was given is on disk, and rejects if it is not. */
export interface Jt808Sinks {
  accept(observations: readonly Observation[]): Promise<unknown>;
  acceptMedia(media: TerminalMedia): Promise<unknown>;
  quarantine(item: QuarantineItem): Promise<unknown>;
  /** A device was heard, whatever it said. */
  onDeviceSeen(deviceId: string, at_ms: number): void;
  /** A terminal whose number is in no registry asked to be let in. */
  onUnknownDevice(device: UnknownDevice): void;
}

/** Who sent a body, and how. */
interface BodyContext {
  readonly terminal: KnownTerminal;
  readonly edition: Jt808Edition;
}

/** A body of one location is no longer than that, whatever items it has. */
const LOCATION_BYTES_MAX = 4096;
/** Locations of one batch that are stored with one commit, as with every other protocol. */
const BATCH_MAX = 1000;

/** Stores what messages of known terminals say; gives the reason where a body cannot be used. */
export class Jt808Intake {
  readonly #sinks: Jt808Sinks;
  readonly #report: Jt808Report;
  readonly #clock: Clock;

  constructor(sinks: Jt808Sinks, report: Jt808Report, clock: Clock) {
    this.#sinks = sinks;
    this.#report = report;
    this.#clock = clock;
  }

  /** 0x0200. Resolves, once it is on disk, with the reason why it is not used, if so. */
  async takeLocation(body: Buffer, context: BodyContext): Promise<DecodeError | undefined> {
    const observed = this.#observe(body, context, false);
    if (!observed.ok) return observed.error;
    await this.#accept([observed.value]);
    return undefined;
  }

  /**
   * 0x0704. Each location stands for itself: those that can be used are stored, the others go to the quarantine. The
   * batch is refused where it is cut, too long, or none of it can be used.
   */
  async takeBatch(body: Buffer, context: BodyContext, channel: string): Promise<DecodeError | undefined> {
    const batch = decodeBatch(body);
    if (!batch.ok) return batch.error;
    const { bodies, isCatchUp } = batch.value;
    if (bodies.length > BATCH_MAX) {
      return { code: 'too-large', message: `${bodies.length} locations; at most ${BATCH_MAX} are taken` };
    }
    const observations: Observation[] = [];
    const refusals: { readonly body: Buffer; readonly error: DecodeError }[] = [];
    bodies.forEach((one, index) => {
      const observed = this.#observe(one, context, isCatchUp);
      if (observed.ok) observations.push(observed.value);
      else refusals.push({ body: one, error: within(index, observed.error) });
    });
    const [first] = refusals;
    if (first !== undefined && observations.length === 0) return first.error;
    await Promise.all([
      this.#accept(observations),
      ...refusals.map((refusal) =>
        this.quarantine(refusal.body, refusal.error, channel, context.terminal.device.id),
      ),
    ]);
    return undefined;
  }

  /** 0x0801, whole. */
  async takeMedia(body: Buffer, context: BodyContext): Promise<Decoded<MediaUpload>> {
    const upload = decodeMedia(body);
    if (!upload.ok) return upload;
    const { id, type, format, event, channel, location, data } = upload.value;
    if (data.length === 0) return refused('schema', 'no data', 'body');
    const received_ms = this.#clock();
    // A place that cannot be believed takes nothing from the picture.
    const observed = observeLocation(location, this.#locationContext(context, received_ms, false));
    const place = observed.ok && observed.value.kind === 'position' ? observed.value : undefined;
    await this.#sinks.acceptMedia({
      device: context.terminal.device,
      received_ms,
      at_ms: observed.ok ? observed.value.at_ms : received_ms,
      ...{ mediaId: id, type, format, event, channel, data },
      ...(place && { place: { lon: place.lon, lat: place.lat } }),
    });
    this.#report.counts.media += 1;
    return upload;
  }

  /** A terminal was heard. */
  seen({ device }: KnownTerminal): void {
    this.#sinks.onDeviceSeen(device.id, this.#clock());
  }

  /** A terminal came, or went: journaled as its word on its state. */
  async takeStatus(
    terminal: KnownTerminal,
    status: Pick<StatusObservation, 'online' | 'firmware' | 'extra'>,
  ): Promise<void> {
    const now_ms = this.#clock();
    const { id, kind } = terminal.device;
    await this.#sinks.accept([
      { kind: 'status', deviceKind: kind, deviceId: id, at_ms: now_ms, received_ms: now_ms, ...status },
    ]);
  }

  /** Sets bytes aside; resolves once they are on disk. */
  async quarantine(
    payload: Buffer,
    error: DecodeError,
    channel: string,
    deviceId: string | undefined,
    payload_bytes = payload.length,
  ): Promise<void> {
    this.#report.counts.quarantined += 1;
    if (error.code === 'forbidden') this.#report.counts.forbidden += 1;
    this.#report.trouble(`frame refused: ${error.code}`, `${deviceId ?? 'unknown'}: ${error.message}`);
    await this.#sinks.quarantine({
      received_ms: this.#clock(),
      source: 'jt808',
      ...(deviceId !== undefined && { deviceId }),
      channel,
      error,
      payload,
      payload_bytes,
    });
  }

  #observe(
    body: Buffer,
    context: BodyContext,
    isCatchUp: boolean,
  ): Decoded<PositionObservation | StatusObservation> {
    if (body.length > LOCATION_BYTES_MAX) {
      return refused(
        'too-large',
        `a location of ${body.length} bytes; at most ${LOCATION_BYTES_MAX} are taken`,
      );
    }
    const location = decodeLocation(body);
    if (!location.ok) return location;
    return observeLocation(location.value, this.#locationContext(context, this.#clock(), isCatchUp));
  }

  #locationContext({ terminal, edition }: BodyContext, received_ms: number, isCatchUp: boolean) {
    const { device, profile } = terminal;
    return { deviceId: device.id, received_ms, edition, crs: device.crs, profile, isCatchUp };
  }

  async #accept(observations: readonly Observation[]): Promise<void> {
    if (observations.length === 0) return;
    await this.#sinks.accept(observations);
    for (const { kind } of observations) {
      if (kind === 'position') this.#report.counts.positions += 1;
      else this.#report.counts.unpositioned += 1;
    }
  }
}

function within(index: number, error: DecodeError): DecodeError {
  const where = error.where === undefined ? `[${index}]` : `[${index}].${error.where}`;
  return { ...error, where };
}
