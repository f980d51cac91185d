/** Kinds of device; the second level of the MQTT topic. */
export const DEVICE_KINDS = ['truck', 'dust', 'noise', 'camera'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** True for one of the device kinds. */
export function isDeviceKind(value: string): value is DeviceKind {
  return (DEVICE_KINDS as readonly string[]).includes(value);
}

/**
 * Device ids appear in topics, file names and URLs, so their alphabet is small: letters, digits, `-`, `_`
 * and `.`, not starting with a dot, at most 64 characters.
 */
export const DEVICE_ID_PATTERN = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$';
const DEVICE_ID = new RegExp(DEVICE_ID_PATTERN);

/** True for a well-formed device id. */
export function isDeviceId(value: string): boolean {
  return DEVICE_ID.test(value);
}

/** Where a fixed device stands, in WGS-84 degrees, and to which street and grid cell that belongs. */
export type DevicePlace = Pick<Device, 'lon' | 'lat' | 'street' | 'gridCode'>;

/** What the registry knows of a device. Position is where a fixed device stands, in WGS-84 degrees. */
export interface Device {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly name?: string;
  readonly lon?: number;
  readonly lat?: number;
  readonly street?: string;
  readonly gridCode?: string;
  readonly plate?: string;
  readonly crs?: Crs;
  /** What it speaks, where the configuration says so; MQTT and HTTP need no saying. */
  readonly protocol?: 'jt808' | 'hj212';
  /** How often it should say something; what is not configured is learnt. */
  readonly expectedInterval_s?: number;
}

/** Coordinate systems that devices send: WGS-84 (default), GCJ-02 or BD-09. */
export const COORDINATE_SYSTEMS = ['wgs84', 'gcj02', 'bd09'] as const;
export type Crs = (typeof COORDINATE_SYSTEMS)[number];
