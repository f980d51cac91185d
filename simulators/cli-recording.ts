import { parseAt_ms } from '../src/domain/time.ts';
import {
  brokerUrl,
  cliLog,
  numberOption,
  readOptions,
  type SimulateExit,
  type SimulateIo,
  SimulateUsageError,
  tellPlayed,
} from './cli-io.ts';
import { JT808_OPTIONS, jt808Target } from './cli-jt808.ts';
import { readDeviceSecrets } from './device-secrets.ts';
import { openPlayback } from './playback/playback.ts';
import { stationLinks, stationProtocol } from './station-links.ts';

const OPTIONS = {
  mqtt: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
  'device-secrets': { type: 'string' },
  speed: { type: 'string', default: '1' },
  start: { type: 'string', default: 'now' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8554' },
  'no-cameras': { type: 'boolean', default: false },
  trucks: { type: 'string', default: 'mqtt' },
  ...JT808_OPTIONS,
  stations: { type: 'string', default: 'mqtt' },
  hj212: { type: 'string', default: '127.0.0.1:8212' },
} as const;

/** `xuncheng simulate recording DIR`: the devices of a recording against a running gateway. */
export async function runRecording(args: readonly string[], io: SimulateIo): Promise<SimulateExit> {
  const { values, positionals } = readOptions(args, OPTIONS, 1);
  const [dir] = positionals;
  if (dir === undefined) throw new SimulateUsageError('which recording? name its folder');
  const speed = numberOption('speed', values.speed, { min: 0.01, max: 1_000 });
  const port = numberOption('port', values.port, { min: 0, max: 65_535, integer: true });
  const jt808 = jt808Target('trucks', values.trucks, values);
  const log = cliLog(io);
  const file = values['device-secrets'];
  const playback = await openPlayback({
    dir,
    mqttUrl: brokerUrl(values.mqtt),
    speed,
    signal: io.signal,
    linkOf: stationLinks(stationProtocol('stations', values.stations), values.hj212),
    log,
    ...startOf(values.start),
    ...(file === undefined ? {} : { secrets: await readDeviceSecrets(file, log) }),
    ...(jt808 === undefined ? {} : { jt808 }),
    ...(values['no-cameras'] ? {} : { rtsp: { host: values.host, port } }),
  });
  for (const url of playback.cameras.values()) io.out(url);
  return tellPlayed(await playback.play(), io);
}

function startOf(text: string): { readonly start_ms?: number } {
  if (text === 'recorded') return {};
  const start_ms = text === 'now' ? Date.now() : parseAt_ms(text);
  if (start_ms === undefined)
    throw new SimulateUsageError('--start takes now, recorded, or a time in ISO 8601 with offset');
  return { start_ms };
}
