import type { Client } from 'aedes';
import { ErrorDigest } from '../runtime/error-digest.ts';
import type { Log } from '../runtime/log.ts';
import { identityName, type MqttIdentity } from './mqtt-access.ts';
import type { GuardedConnection } from './mqtt-guard.ts';
import { filterMatches } from './topic-filter.ts';

/** One connection, from its first byte until it has closed. */
export interface MqttSession {
  readonly connection: GuardedConnection;
  readonly client: Client;
  /** Address of the other side. */
  readonly remote: string;
  /** Device ids that its certificate names; empty where it showed none. */
  readonly certified: readonly string[];
  /** Granted QoS by filter. */
  readonly filters: Map<string, 0 | 1 | 2>;
  /** Absent until authenticated, and again once revoked. */
  identity?: MqttIdentity;
  /** Once its CONNECT has come: for so long the client may be silent. */
  silence_max_ms?: number;
  /** Set with the CONNECT, told to the client on authentication, which is where aedes can say why. */
  isClientIdBad?: boolean;
  /** The CONNACK was sent: messages may be. */
  isOpen?: boolean;
  /** Its end was counted and reported already. */
  isReported?: boolean;
}

/** The QoS at which a session gets a topic: the highest of its filters that match [MQTT-3.3.5-1]. */
export function grantedQos({ filters }: MqttSession, topic: string): 0 | 1 | 2 {
  let granted: 0 | 1 | 2 = 0;
  for (const [filter, qos] of filters) {
    if (qos > granted && filterMatches(filter, topic)) granted = qos;
  }
  return granted;
}

/** Sessions by aedes's client. */
export type MqttSessions = Map<Client, MqttSession>;

/** Who and where from, for a log line. */
export function sessionName(session: MqttSession | undefined): string {
  if (session === undefined) return 'unknown';
  const { identity, remote } = session;
  return identity === undefined ? remote : `${identityName(identity)} at ${remote}`;
}

/** Counters since the start. */
export interface MqttCounts {
  connectionsTotal: number;
  /** Connections turned away: limit, credentials, client id. */
  connectionsRefused: number;
  subscriptionsRefused: number;
  received: number;
  /** Of the received: taken in without aedes; see `MqttDirect`. */
  direct: number;
  acknowledged: number;
  quarantined: number;
  /** Of the quarantined: published where the sender may not. */
  forbidden: number;
  /** Packets above the limit; each cost its sender the connection. */
  oversize: number;
  protocolErrors: number;
  /** Messages that could not be stored, and so were not acknowledged. */
  failed: number;
  /** Subscribers cut because they left too much unread. */
  slow: number;
  /** Messages dropped because there was no room to keep them for a subscriber. */
  dropped: number;
}

/** What went on, in numbers, and as at most one log line a second for each kind of trouble. */
export class MqttReport {
  readonly counts: MqttCounts = {
    connectionsTotal: 0,
    connectionsRefused: 0,
    subscriptionsRefused: 0,
    received: 0,
    direct: 0,
    acknowledged: 0,
    quarantined: 0,
    forbidden: 0,
    oversize: 0,
    protocolErrors: 0,
    failed: 0,
    slow: 0,
    dropped: 0,
  };
  readonly #digest: ErrorDigest;

  constructor(log: Log) {
    this.#digest = new ErrorDigest(({ fault, count, last }) => log.warn({ fault, count, last }, 'mqtt'));
  }

  trouble(fault: string, message: string): void {
    this.#digest.report(fault, message);
  }

  close(): void {
    this.#digest.close();
  }
}
