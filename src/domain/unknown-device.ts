import { isDeviceId } from './device.ts';

/** Protocols in which somebody can say who he is before anybody knows him. */
export const DEVICE_PROTOCOLS = ['mqtt', 'jt808', 'hj212'] as const;
export type DeviceProtocol = (typeof DEVICE_PROTOCOLS)[number];

/** Somebody who is in no registry, in the words of its protocol. */
export interface UnknownDevice {
  readonly protocol: DeviceProtocol;
  /**
   * By which an operator would admit it: the user name (a device id), the phone number without leading zeros, or the
   * MN in upper case.
   */
  readonly identity: string;
  /** The address it came from. */
  readonly remote: string;
  readonly at_ms: number;
  /** What it told of itself. */
  readonly details?: Readonly<Record<string, string>>;
}

/** What an MN, and a PW, may be made of. */
export const HJ212_NAME_PATTERN = '^[A-Za-z0-9._-]{1,32}$';
const HJ212_NAME = new RegExp(HJ212_NAME_PATTERN);

/** True where a device could be admitted under that identity; anything else is noise on the wire. */
export function isIdentity({ protocol, identity }: Pick<UnknownDevice, 'protocol' | 'identity'>): boolean {
  if (protocol === 'mqtt') return isDeviceId(identity);
  return protocol === 'jt808' ? /^[1-9]\d{0,19}$/.test(identity) : HJ212_NAME.test(identity);
}
