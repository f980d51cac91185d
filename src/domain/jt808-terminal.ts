import type { Device } from './device.ts';
import type { TruckProfile } from './truck-profile.ts';

/** What the configuration or the registry says of a truck that speaks JT/T 808. */
export interface Jt808Terminal {
  /** The terminal's phone number without leading zeros: headers have 12 digits in 2013 and 20 in 2019. */
  readonly phone: string;
  readonly deviceId: string;
  /** Name of its {@link TruckProfile}; absent means `standard`. */
  readonly profile?: string;
  /** Where given, a registration must name it. */
  readonly terminalId?: string;
}

/** A terminal that may come in, with all that its messages are read with. */
export interface KnownTerminal {
  readonly phone: string;
  readonly device: Device;
  readonly profile: TruckProfile;
  readonly terminalId?: string;
}

/** The digits of a header's phone number without the zeros that fill it up. */
export function trimPhone(digits: string): string {
  return digits.replace(/^0+/, '');
}
