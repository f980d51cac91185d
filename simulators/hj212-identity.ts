import { createHash } from 'node:crypto';
import { PARTICULATE_UNITS, type ParticulateUnit } from '../src/domain/hj212-station.ts';

/** How a simulated station shows itself over HJ 212. */
export interface SimulatedStation {
  readonly mn: string;
  readonly pw: string;
  readonly particulateUnit: ParticulateUnit;
}

/** MN, PW and unit of a device id: the same in every run, so that a gateway can be told of them beforehand. */
export function simulatedStation(deviceId: string): SimulatedStation {
  const digest = createHash('sha256').update(deviceId).digest('hex').toUpperCase();
  const unit = PARTICULATE_UNITS[Number.parseInt(digest.slice(-2), 16) % PARTICULATE_UNITS.length];
  return { mn: digest.slice(0, 24), pw: '123456', particulateUnit: unit ?? 'ug' };
}
