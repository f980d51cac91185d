import {
  aborted,
  cliLog,
  numberOption,
  readOptions,
  type SimulateExit,
  type SimulateIo,
  SimulateUsageError,
} from './cli-io.ts';
import { reportCameras, reportEvery_ms } from './cli-report.ts';
import { type OnvifCamera, startOnvifCamera } from './onvif/onvif-camera.ts';
import { checkOpenFiles } from './open-files.ts';
import { type CameraMount, type RtspServer, startRtspServer } from './rtsp-server/rtsp-server.ts';

const CAMERAS_MAX = 1_000;
/** WS-Discovery's own (IANA). */
const DISCOVERY_PORT = 3702;
const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8554' },
  count: { type: 'string' },
  path: { type: 'string', default: '/camera' },
  user: { type: 'string' },
  report: { type: 'string' },
  onvif: { type: 'string' },
  'clock-ahead': { type: 'string' },
} as const;

/** `xuncheng simulate camera FILE…`: serves until the signal aborts. */
export async function runCamera(args: readonly string[], io: SimulateIo): Promise<SimulateExit> {
  const { values, positionals: files } = readOptions(args, OPTIONS, CAMERAS_MAX);
  if (files.length === 0) throw new SimulateUsageError('camera needs an mp4 file');
  const bounds = { min: 1, max: CAMERAS_MAX, integer: true };
  const count = values.count === undefined ? files.length : numberOption('count', values.count, bounds);
  const password = io.env.XUNCHENG_CAMERA_PASSWORD;
  if (values.user !== undefined && (password ?? '') === '') {
    throw new SimulateUsageError(
      '--user needs a password in the environment variable XUNCHENG_CAMERA_PASSWORD',
    );
  }
  const login = values.user !== undefined && password !== undefined ? { user: values.user, password } : {};
  const base = values.path.startsWith('/') ? values.path : `/${values.path}`;
  const mounts = Array.from({ length: count }, (_none, index): CameraMount => {
    const path = index === 0 ? base : `${base}-${index + 1}`;
    // 3.7 seconds apart: neither at the same picture nor at the same phase of their key frames.
    return { path, file: files[index % files.length] ?? '', offset_s: index * 3.7, ...login };
  });
  const port = numberOption('port', values.port, { min: 0, max: 65_535, integer: true });
  const every_ms = reportEvery_ms(values.report);
  // A viewer for each, at least.
  checkOpenFiles(count);
  const server = await startRtspServer({ host: values.host, port, mounts, log: cliLog(io) });
  for (const { path } of mounts) io.out(server.url(path));
  const onvif = await onvifOf(values, server, login, io);
  const stop = every_ms === undefined ? () => undefined : reportCameras(server, every_ms, io);
  await aborted(io.signal);
  stop();
  await onvif?.stop();
  await server.stop();
  return 0;
}

/** An ONVIF device whose profiles are the served cameras; found by WS-Discovery where the network has multicast. */
async function onvifOf(
  values: {
    readonly host: string;
    readonly onvif?: string | undefined;
    readonly 'clock-ahead'?: string | undefined;
  },
  server: RtspServer,
  login: { readonly user?: string; readonly password?: string },
  io: SimulateIo,
): Promise<OnvifCamera | undefined> {
  const { host, onvif, 'clock-ahead': ahead } = values;
  if (onvif === undefined) {
    if (ahead !== undefined) throw new SimulateUsageError('--clock-ahead is for --onvif');
    return undefined;
  }
  const bounds = { min: -3_650 * 86_400, max: 3_650 * 86_400 };
  const { user, password } = login;
  const camera = await startOnvifCamera({
    host,
    port: numberOption('onvif', onvif, { min: 0, max: 65_535, integer: true }),
    name: 'simulated camera',
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
    clockAhead_ms: ahead === undefined ? 0 : numberOption('clock-ahead', ahead, bounds) * 1000,
    discovery: { port: DISCOVERY_PORT, group: true },
    streams: server.tracks().map(({ path, codec, ...track }) => ({
      ...{ token: path.slice(1), name: path.slice(1), codec: codec === 'h264' ? 'H264' : 'H265' },
      ...track,
      uri: server.url(path),
    })),
  });
  io.out(camera.url);
  return camera;
}
