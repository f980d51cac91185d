/** Units in which stations give particulates. */
export const PARTICULATE_UNITS = ['ng', 'ug', 'mg'] as const;
/** What a station's particulate values are given in; it differs from maker to maker, whatever the standard says. */
export type ParticulateUnit = (typeof PARTICULATE_UNITS)[number];

/** A device that speaks HJ 212. */
export interface Hj212Station {
  readonly deviceId: string;
  readonly deviceKind: 'dust' | 'noise';
  /** Its identity in every frame, in upper case. */
  readonly mn: string;
  /** Its password in every frame; absent: any is taken, which is for loopback alone. */
  readonly pw?: string;
  readonly particulateUnit: ParticulateUnit;
}
