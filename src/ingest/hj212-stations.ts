import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hj212Message } from '../codecs/hj212/message.ts';
import { type Decoded, decoded, refused } from '../domain/decoded.ts';
import type { Hj212Station } from '../domain/hj212-station.ts';
import type { UnknownDevice } from '../domain/unknown-device.ts';

/** Who may send, as the gateway's registries say. */
export interface Hj212Registry {
  /** The station of an MN, in upper case. */
  stationOf(mn: string): Hj212Station | undefined;
  /** Devices whose frames are refused; asked every two seconds. */
  revoked(): ReadonlySet<string>;
  /** A station that nobody has told the gateway of sent something. */
  onUnknownDevice?(station: UnknownDevice): void;
}

/** Checks MN and PW of each frame: the protocol has no login, so every frame carries both. */
export class Hj212Stations {
  readonly #registry: Hj212Registry;
  #revoked: ReadonlySet<string>;

  constructor(registry: Hj212Registry) {
    this.#registry = registry;
    this.#revoked = registry.revoked();
  }

  /** Asks anew which devices are revoked. */
  refresh(): void {
    this.#revoked = this.#registry.revoked();
  }

  isRevoked(deviceId: string): boolean {
    return this.#revoked.has(deviceId);
  }

  /** The station that a message is of, or why it is refused. */
  identify(message: Hj212Message, remote: string, received_ms: number): Decoded<Hj212Station> {
    const mn = message.mn.toUpperCase();
    const station = this.#registry.stationOf(mn);
    if (station === undefined) {
      this.#registry.onUnknownDevice?.({ protocol: 'hj212', identity: mn, remote, at_ms: received_ms });
      return refused('forbidden', 'no device has this MN', 'MN');
    }
    if (station.pw !== undefined && !isEqual(station.pw, message.pw ?? '')) {
      return refused('forbidden', 'not the PW of this MN', 'PW');
    }
    if (this.#revoked.has(station.deviceId)) return refused('forbidden', 'the device was revoked', 'MN');
    return decoded(station);
  }
}

/** In a time that does not tell how much of it was right. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
