import type { Jt808Edition } from './frame.ts';

/** Alarm bits of 0x0200 by their number (JT/T 808-2019, table 24); a bit without a name is reserved. */
const ALARMS_2019: readonly (string | undefined)[] = [
  'emergency',
  'overspeed',
  'fatigue',
  'danger',
  'gnss-fault',
  'gnss-antenna-open',
  'gnss-antenna-short',
  'undervoltage',
  'power-lost',
  'display-fault',
  'tts-fault',
  'camera-fault',
  'ic-card-fault',
  'overspeed-warning',
  'fatigue-warning',
  'violation-driving',
  'tyre-pressure',
  'right-blind-spot',
  'day-driving-over',
  'parking-over',
  'area-in-out',
  'route-in-out',
  'segment-time',
  'route-deviation',
  'vss-fault',
  'oil-abnormal',
  'stolen',
  'illegal-ignition',
  'illegal-movement',
  'collision',
  'rollover',
  undefined,
];
const ALARMS_2013: readonly (string | undefined)[] = ALARMS_2019.map((name, bit) => {
  if (bit >= 15 && bit <= 17) return undefined;
  return bit === 31 ? 'illegal-door' : name;
});
/** Bits of item 0x14 (JT/T 1078-2016, table 14). */
const VIDEO_ALARMS: readonly string[] = [
  'video-signal-lost',
  'video-occluded',
  'video-storage-fault',
  'video-device-fault',
  'overcrowded',
  'abnormal-driving',
  'recording-threshold',
];

/** Names of the alarms that are set in the DWORD of a location. */
export function alarmNames(bits: number, edition: Jt808Edition): string[] {
  return namesOf(bits, edition === '2019' ? ALARMS_2019 : ALARMS_2013);
}

/** Names of the video alarms of item 0x14. */
export function videoAlarmNames(bits: number): string[] {
  return namesOf(bits, VIDEO_ALARMS);
}

/** The DWORD in which the alarms of these names are set; others are left out. */
export function alarmBits(names: readonly string[], edition: Jt808Edition): number {
  const table = edition === '2019' ? ALARMS_2019 : ALARMS_2013;
  let bits = 0;
  for (const name of names) {
    const bit = table.indexOf(name);
    if (bit >= 0) bits |= 1 << bit;
  }
  return bits >>> 0;
}

function namesOf(bits: number, table: readonly (string | undefined)[]): string[] {
  // As nearly every location has it.
  if (bits === 0) return [];
  return table.filter((name, bit): name is string => name !== undefined && (bits & (1 << bit)) !== 0);
}
