import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('gst-rtsp-server.py', import.meta.url));
const PROBE =
  "import gi; gi.require_version('Gst','1.0'); gi.require_version('GstRtspServer','1.0'); " +
  'from gi.repository import Gst, GstRtspServer; Gst.init(None); ' +
  "import sys; sys.exit(0 if all(map(Gst.ElementFactory.find, ['qtdemux','h264parse','rtph264pay','h265parse','rtph265pay'])) else 1)";

/** Why the tests against GStreamer's RTSP server cannot run here; undefined where they can. */
export function gstMissing(): string | undefined {
  const found = spawnSync(PYTHON, ['-c', PROBE], { timeout: 20_000 }).status === 0;
  return found
    ? undefined
    : 'GStreamer is absent (gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)';
}

/** A running GStreamer RTSP server; its stream is at `/live`. */
export interface GstServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Serves a clip; port 0 takes a free one. */
export async function startGstServer(
  clip: string,
  codec: 'h264' | 'h265',
  options: { readonly port?: number; readonly user?: string; readonly password?: string } = {},
): Promise<GstServer> {
  const login = options.user === undefined ? [] : [options.user, options.password ?? ''];
  const args = [SCRIPT, clip, codec, String(options.port ?? 0), ...login];
  const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^ready (\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { port: Number(port), stop: () => kill(child) };
  }
  throw new Error('the GStreamer RTSP server did not start');
}

function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
