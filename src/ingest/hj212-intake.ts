import { answerTo, CN } from '../codecs/hj212/commands.ts';
import { decodeData, isData } from '../codecs/hj212/data.ts';
import { maskPasswords } from '../codecs/hj212/mask.ts';
import { decodeMessage, fieldOf, type Hj212Message, wantsAnswer } from '../codecs/hj212/message.ts';
import { type Decoded, type DecodeError, decoded, refused } from '../domain/decoded.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { Observation, ReadingObservation } from '../domain/observation.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Hj212Report } from './hj212-report.ts';
import type { Hj212Stations } from './hj212-stations.ts';

/** Where frames go. Each promise resolves once what it was given is on disk, and rejects if it is not. */
export interface Hj212Sinks {
  accept(observations: readonly Observation[]): Promise<unknown>;
  quarantine(item: QuarantineItem): Promise<unknown>;
  /** A device was heard, whatever it said. */
  onDeviceSeen(deviceId: string, at_ms: number): void;
}

/** What the intake knows of a connection. */
export interface Hj212Peer {
  readonly remote: string;
  /** DataTime of the newest packet of a split message, by MN and CN. */
  readonly packetTimes: Map<string, number>;
  /** A station has shown itself by MN and PW; false where the connection has too many of them. */
  identified(station: Hj212Station, message: Hj212Message): boolean;
  /** The station asks for the time. */
  timeWanted(station: Hj212Station): void;
  /** What may answer a command; false where nobody waits for it. */
  answered(message: Hj212Message): boolean;
}

/** What to do once a piece is on disk. `isGood` is false where it was refused. */
export interface Hj212Verdict {
  readonly isGood: boolean;
  readonly answer?: Hj212Message;
  readonly afterwards?: () => void;
}

/** Messages about the state of a station, kept as its status with their fields. */
const STATE_COMMANDS: ReadonlySet<string> = new Set(['1001', '2021', '2041', '2081', '3019', '3020']);
const ANSWERS: ReadonlySet<string> = new Set([
  ...[CN.requestAnswer, CN.result, CN.noticeAnswer],
  ...[CN.getTime, CN.getRealtimeInterval, CN.getMinuteInterval],
]);
const PACKET_TIMES_MAX = 64;
const STATE_FIELDS_MAX = 64;
const GOOD: Hj212Verdict = { isGood: true };
const REFUSED: Hj212Verdict = { isGood: false };

/** Judges each frame and hands it on: to the journal, to a waiting command, or to the quarantine. */
export class Hj212Intake {
  readonly #stations: Hj212Stations;
  readonly #sinks: Hj212Sinks;
  readonly #report: Hj212Report;
  readonly #clock: Clock;

  constructor(stations: Hj212Stations, sinks: Hj212Sinks, report: Hj212Report, clock: Clock) {
    this.#stations = stations;
    this.#sinks = sinks;
    this.#report = report;
    this.#clock = clock;
  }

  /** Takes a whole frame with a right CRC. Resolves once it is on disk; rejects where that fails. */
  async take(peer: Hj212Peer, segment: Uint8Array, bytes: Uint8Array): Promise<Hj212Verdict> {
    this.#report.counts.received += 1;
    const received_ms = this.#clock();
    const read = decodeMessage(segment);
    if (!read.ok) return this.#refuse(peer, bytes, read.error);
    const { message, deviations } = read.value;
    this.#report.deviated(deviations);
    const channel = `${message.mn}/${message.cn}`;
    const known = this.#stations.identify(message, peer.remote, received_ms);
    const station = known.ok && !peer.identified(known.value, message) ? TOO_MANY : known;
    if (!station.ok) {
      this.#report.counts.forbidden += 1;
      return this.#refuse(peer, bytes, station.error, { channel });
    }
    const { deviceId } = station.value;
    this.#sinks.onDeviceSeen(deviceId, received_ms);
    if (ANSWERS.has(message.cn)) {
      if (!peer.answered(message)) this.#report.counts.strayAnswers += 1;
      return GOOD;
    }
    if (message.cn === CN.heartbeat || message.cn === CN.timeRequest) {
      const answer = answering(message, CN.noticeAnswer);
      if (message.cn === CN.heartbeat) return answer;
      return { ...answer, afterwards: () => peer.timeWanted(station.value) };
    }
    const observations = this.#observe(peer, message, station.value, received_ms);
    if (!observations.ok) {
      await this.#refuse(peer, bytes, observations.error, { channel, deviceId });
      // A packet that lacks its time may have it the next time, after the one that has it.
      if (observations.error.where === 'DataTime' && (message.pnum ?? 1) > 1) return REFUSED;
      // Sent again it would be no better, and what waits behind it would never come.
      return { ...answering(message, CN.dataAnswer), isGood: false };
    }
    await this.#sinks.accept(observations.value);
    this.#report.counts.stored += 1;
    return answering(message, CN.dataAnswer);
  }

  /** Sets aside what is no frame, or a damaged one. */
  async refuse(peer: Hj212Peer, bytes: Uint8Array, error: DecodeError): Promise<Hj212Verdict> {
    this.#report.counts.received += 1;
    if (error.code === 'checksum') this.#report.counts.checksum += 1;
    return this.#refuse(peer, bytes, error);
  }

  async #refuse(
    peer: Hj212Peer,
    bytes: Uint8Array,
    error: DecodeError,
    { channel = peer.remote, deviceId }: { readonly channel?: string; readonly deviceId?: string } = {},
  ): Promise<Hj212Verdict> {
    this.#report.counts.quarantined += 1;
    this.#report.trouble(`frame refused: ${error.code}`, `${deviceId ?? channel}: ${error.message}`);
    await this.#sinks.quarantine({
      received_ms: this.#clock(),
      source: 'hj212',
      ...(deviceId !== undefined && { deviceId }),
      channel,
      error,
      payload: maskPasswords(bytes),
    });
    return REFUSED;
  }

  #observe(
    peer: Hj212Peer,
    message: Hj212Message,
    station: Hj212Station,
    received_ms: number,
  ): Decoded<readonly Observation[]> {
    if (STATE_COMMANDS.has(message.cn)) return stateOf(message, station, received_ms);
    if (!isData(message))
      return refused('unsupported', `CN ${message.cn} is none that this gateway knows`, 'CN');
    const key = `${station.mn} ${message.cn} ${message.pnum ?? 1}`;
    const data = decodeData(message, { ...station, received_ms, packetTime_ms: peer.packetTimes.get(key) });
    if (!data.ok) return data;
    const { readings, at_ms, hasTime, deviations } = data.value;
    this.#report.deviated(deviations);
    if (hasTime && (message.pnum ?? 1) > 1) remember(peer.packetTimes, key, at_ms);
    return decoded(readings satisfies readonly ReadingObservation[]);
  }
}

const TOO_MANY = refused('forbidden', 'too many stations on this connection', 'MN');

function answering(message: Hj212Message, cn: string): Hj212Verdict {
  return wantsAnswer(message) ? { isGood: true, answer: answerTo(message, cn) } : GOOD;
}

/** The oldest goes, so that a connection cannot make the gateway remember without end. */
function remember(times: Map<string, number>, key: string, at_ms: number): void {
  times.delete(key);
  const [oldest] = times.keys();
  if (times.size >= PACKET_TIMES_MAX && oldest !== undefined) times.delete(oldest);
  times.set(key, at_ms);
}

/** A start of the logger, states of instruments, serial numbers: what a station says about itself. */
function stateOf(
  message: Hj212Message,
  { deviceId, deviceKind }: Hj212Station,
  received_ms: number,
): Decoded<readonly Observation[]> {
  const fields = message.cp.flat().slice(0, STATE_FIELDS_MAX);
  const at_ms = received_ms;
  const extra = { cn: message.cn, ...Object.fromEntries(fields.filter(([name]) => name !== '__proto__')) };
  const restart = fieldOf(message, 'RestartTime');
  return decoded([
    {
      kind: 'status',
      deviceKind,
      deviceId,
      at_ms,
      received_ms,
      online: true,
      extra: { ...extra, ...(restart !== undefined && { RestartTime: restart }) },
    },
  ]);
}
