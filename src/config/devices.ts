import type { Device } from '../domain/device.ts';
import type { Problem, YamlFile } from '../runtime/yaml-file.ts';
import type { ConfigFile } from './schema.ts';

/** The devices that the file names, its cameras among them; an id is used once. */
export function readDevices(yaml: YamlFile<ConfigFile>): { devices: Device[]; problems: Problem[] } {
  const devices = new Map<string, Device>();
  const problems: Problem[] = [];
  const add = (device: Device, path: readonly (string | number)[]): void => {
    if (devices.has(device.id)) problems.push(yaml.problem(path, `device ${device.id} is defined twice`));
    devices.set(device.id, device);
  };
  yaml.value.devices.forEach((entry, index) => {
    add(toDevice(entry), ['devices', index, 'id']);
  });
  yaml.value.cameras.forEach((camera, index) => {
    add(toDevice({ ...camera, kind: 'camera' }), ['cameras', index, 'id']);
  });
  return { devices: [...devices.values()], problems };
}

type DeviceEntry = Pick<ConfigFile['devices'][number], 'id' | 'kind'> &
  Partial<ConfigFile['devices'][number]>;

function toDevice(entry: DeviceEntry): Device {
  const { id, kind, name, lon, lat, street, grid_code, plate, crs, jt808, hj212, expected_interval_s } =
    entry;
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(lon === undefined ? {} : { lon }),
    ...(lat === undefined ? {} : { lat }),
    ...(street === undefined ? {} : { street }),
    ...(grid_code === undefined ? {} : { gridCode: grid_code }),
    ...(plate === undefined ? {} : { plate }),
    ...(crs === undefined ? {} : { crs }),
    ...(jt808 === undefined ? {} : { protocol: 'jt808' as const }),
    ...(hj212 === undefined ? {} : { protocol: 'hj212' as const }),
    ...(expected_interval_s === undefined ? {} : { expectedInterval_s: expected_interval_s }),
  };
}
