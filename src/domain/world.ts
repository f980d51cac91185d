import type { Device, DevicePlace } from './device.ts';
import type { TruckRoute } from './route.ts';
import type { CameraZone, MapZone } from './zone.ts';

/** What rules know of the city before anything is observed. */
export interface World {
  readonly cameraZones: readonly CameraZone[];
  readonly mapZones: readonly MapZone[];
  /** Absent: none are known. */
  readonly routes?: readonly TruckRoute[];
  readonly devices: readonly Device[];
  /** Where a device stands that `devices` does not have: asked each time, since one may be admitted at any time. */
  readonly placeOf?: (deviceId: string) => DevicePlace | undefined;
  /** IANA name, such as `Asia/Shanghai`: hours of rules and zones are local to it. */
  readonly timeZone: string;
}
