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
import { checkOpenFiles } from './open-files.ts';
import { type CameraMount, startRtspServer } from './rtsp-server/rtsp-server.ts';

const CAMERAS_MAX = 1_000;
const OPTIONS = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8554' },
  count: { type: 'string' },
  path: { type: 'string', default: '/camera' },
  user: { type: 'string' },
  report: { type: 'string' },
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
  const stop = every_ms === undefined ? () => undefined : reportCameras(server, every_ms, io);
  await aborted(io.signal);
  stop();
  await server.stop();
  return 0;
}
