import type { Device } from '../domain/device.ts';
import type { Log } from '../runtime/log.ts';
import type { MqttSessionStore } from '../store/mqtt-session-store.ts';
import type { DirectSinks } from './mqtt-direct.ts';
import type { Credentials, OpenBroker } from './mqtt-doorman.ts';
import type { IntakeCodecs, IntakeSinks } from './mqtt-intake.ts';
import type { MqttLimits } from './mqtt-limits.ts';
import type { Address, TlsSource } from './mqtt-listeners.ts';
import type { MqttCounts } from './mqtt-session.ts';

/** Everything that the broker needs of the gateway. */
export interface MqttBrokerOptions extends IntakeSinks, DirectSinks, Credentials {
  /** Where plain TCP is listened for, if anywhere. */
  readonly listen?: Address;
  /** The same with TLS. */
  readonly listenTls?: Address & { readonly tls: TlsSource };
  readonly limits?: Partial<MqttLimits>;
  /** The device of that id, unless it was revoked. */
  admittedDevice(id: string): Device | undefined;
  /** Where persistent sessions and retained messages are kept. */
  readonly sessions: MqttSessionStore;
  /** Present where everybody may do everything, and nothing is taken in. */
  readonly open?: OpenBroker;
  readonly codecs: IntakeCodecs;
  readonly log: Log;
}

/** Counters since the start; connections, and the cost of messages worked on, as they are now. */
export type MqttStats = Readonly<MqttCounts> & {
  readonly connections: number;
  readonly inflight_bytes: number;
  /** Persistent sessions, and messages that wait in them. */
  readonly sessions: number;
  readonly queued: number;
};
