import type { Client, PublishPacket } from 'aedes';
import type { Device } from '../domain/device.ts';
import { identityName, type MqttIdentity } from './mqtt-access.ts';
import type { MqttIntake } from './mqtt-intake.ts';
import { type PacketViolation, publishCost } from './mqtt-packet-scanner.ts';
import { type MqttReport, type MqttSession, sessionName } from './mqtt-session.ts';

/** The part of aedes's persistence that knows QoS 2 messages between PUBREC and PUBREL. */
export interface IncomingPackets {
  /** Rejects where there is no such packet. */
  incomingGetPacket(client: Client, packet: PublishPacket): Promise<unknown>;
}

/** Where refused messages go instead of to subscribers: nobody may subscribe under `$`. */
const REFUSED_TOPIC = '$refused';
const QUARANTINE_HEAD_BYTES = 1024;

/** Takes in what clients publish, and lets aedes acknowledge it once it is on disk. */
export class MqttReceiver {
  readonly #intake: MqttIntake;
  readonly #report: MqttReport;
  readonly #incoming: IncomingPackets;
  #inflight = 0;

  constructor(intake: MqttIntake, report: MqttReport, incoming: IncomingPackets) {
    this.#intake = intake;
    this.#report = report;
    this.#incoming = incoming;
  }

  /** Messages that are being stored. */
  get inflight(): number {
    return this.#inflight;
  }

  /**
   * Called for each PUBLISH before its acknowledgement is written, and for last wills. aedes dispatches all
   * packets of a read at once and does not wait for one before the next, so one group commit acknowledges
   * many. With an error in `done` the connection closes without an acknowledgement.
   */
  receive(
    session: MqttSession,
    identity: MqttIdentity,
    packet: PublishPacket,
    done: (error: Error | null) => void,
  ): void {
    const { counts } = this.#report;
    if (identity.kind === 'open') {
      const cost = publishCost(packet.length ?? 0);
      session.connection.begin(cost);
      done(null);
      session.connection.settle(cost);
      return;
    }
    const isWill = session.client.closed;
    const cost = isWill ? 0 : publishCost(packet.length ?? 0);
    counts.received += 1;
    this.#inflight += 1;
    session.connection.begin(cost);
    this.#take(session, identity, packet, isWill).then(
      () => {
        this.#inflight -= 1;
        if (packet.qos > 0 && !isWill) counts.acknowledged += 1;
        done(null);
        session.connection.settle(cost);
      },
      (error: Error) => {
        this.#inflight -= 1;
        counts.failed += 1;
        session.isReported = true;
        this.#report.trouble('storing failed', error.message);
        done(error);
        session.connection.settle(cost);
      },
    );
  }

  /** Stores the last will of a device whose connection an earlier run of the gateway had; true where it was taken. */
  async takeLeftWill(
    device: Device,
    will: Pick<PublishPacket, 'topic'> & { readonly payload: Buffer },
  ): Promise<boolean> {
    const { topic, payload } = will;
    this.#report.counts.received += 1;
    const error = await this.#intake.take({ kind: 'device', device }, { topic, payload, lastWill: true });
    if (error !== undefined) this.#report.counts.quarantined += 1;
    return error === undefined;
  }

  /** Counts, and of a known client keeps, the beginning of a packet for which its connection was cut. */
  cut(session: MqttSession | undefined, violation: PacketViolation, head: Buffer): void {
    const { code, message, packet_bytes } = violation;
    const { counts } = this.#report;
    if (session) session.isReported = true;
    if (code === 'too-large') counts.oversize += 1;
    else counts.protocolErrors += 1;
    this.#report.trouble(`connection cut: ${code}`, `${sessionName(session)}: ${message}`);
    if (session?.identity === undefined) return;
    counts.quarantined += 1;
    const payload = head.subarray(0, QUARANTINE_HEAD_BYTES);
    this.#intake
      .quarantine(
        session.identity,
        { topic: topicOf(head), payload, payload_bytes: packet_bytes },
        { code, message },
      )
      .catch((error: Error) => this.#report.trouble('quarantine failed', error.message));
  }

  async #take(
    session: MqttSession,
    identity: MqttIdentity,
    packet: PublishPacket,
    lastWill: boolean,
  ): Promise<void> {
    const { topic } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const isStatus = topic.endsWith('/status');
    // An empty retained message takes the retained one back [MQTT-3.3.1-10]; it says nothing by itself.
    if (packet.retain && isStatus && payload.length === 0 && this.#intake.isOwnTopic(identity, topic)) return;
    // Retained messages stay in memory, so only the one that the contract has.
    if (!isStatus) packet.retain = false;
    if (packet.qos === 2 && packet.dup && (await this.#isTaken(session.client, packet))) return;
    const error = await this.#intake.take(identity, { topic, payload, lastWill });
    if (error === undefined) return;
    this.#report.counts.quarantined += 1;
    if (error.code === 'forbidden') this.#report.counts.forbidden += 1;
    this.#report.trouble(`message refused: ${error.code}`, `${identityName(identity)}: ${error.message}`);
    // From here on aedes acknowledges the packet and delivers it, to nobody now.
    packet.topic = REFUSED_TOPIC;
    packet.retain = false;
    packet.payload = Buffer.alloc(0);
  }

  /** True where a QoS 2 message is being sent again whose first copy was taken [MQTT-4.3.3-2]. */
  #isTaken(client: Client, packet: PublishPacket): Promise<boolean> {
    return this.#incoming.incomingGetPacket(client, packet).then(
      () => true,
      () => false,
    );
  }
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
