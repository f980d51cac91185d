import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Config } from '../config/config.ts';
import type { VisionObservation } from '../domain/observation.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { recordingPath } from '../recording/recording-files.ts';
import type { FilmedCamera, FromJudge, ToJudge } from './judge-worker.ts';

/** What the detectors say of one frame. */
export interface JudgedFrame {
  readonly at_ms: number;
  readonly observations: readonly VisionObservation[];
}

interface JudgeParts {
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onNote: (note: string) => void;
}

/** As in the configuration of a camera that does not say. */
const PATROL_INTERVAL_MS = 2000;
/** What the process and its decoders may know of our environment. */
const ENV_NAMES = ['PATH', 'FFMPEG_PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];

/** The filmed cameras that the configuration knows; of others a note. */
export function filmedCameras({ dir, manifest, config, onNote }: JudgeParts): FilmedCamera[] {
  const intervals = new Map(config.cameras.map((camera) => [camera.id, camera.patrol_interval_ms]));
  return manifest.cameras.flatMap(({ id, videos }): FilmedCamera[] => {
    const judging = config.judgingOf.get(id);
    if (judging === undefined) onNote(`${id}: not a camera of the configuration: its video is not judged`);
    if (judging === undefined || videos.length === 0) return [];
    const patrol_interval_ms = intervals.get(id) ?? PATROL_INTERVAL_MS;
    const placed = videos.map(({ file, ...video }) => ({ ...video, path: recordingPath(dir, file) }));
    return [{ id, judging, patrol_interval_ms, videos: placed }];
  });
}

/**
 * Judges the videos in a process of its own, which works ahead by some frames. Frames come in the order of event
 * time, those of one instant by camera. Rejects where a video or a detector fails; ends early when the signal aborts.
 */
export async function* judgedFrames(parts: JudgeParts): AsyncGenerator<JudgedFrame> {
  const cameras = filmedCameras(parts);
  if (cameras.length === 0) return;
  const { config, env, signal } = parts;
  const { path, execArgv } = entry();
  const known = Object.entries(env).filter(([name]) => ENV_NAMES.includes(name));
  const child = fork(path, [], {
    detached: true,
    serialization: 'advanced',
    execArgv,
    env: Object.fromEntries(known) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const inbox: FromJudge[] = [];
  let wake: () => void = () => undefined;
  const put = (message: FromJudge): void => {
    inbox.push(message);
    wake();
  };
  const aborted = (): void => put({ type: 'done' });
  child.on('message', put);
  child.once('error', (error) => put({ type: 'failed', reason: error.message }));
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, killed) => {
      put({ type: 'failed', reason: `the judging process ended (${killed ?? code})` });
      resolve();
    });
  });
  signal.addEventListener('abort', aborted);
  const send = (message: ToJudge): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  const { modelsDir, threads } = config.vision;
  send({ type: 'setup', cameras, modelsDir, threads });
  try {
    while (!signal.aborted) {
      const message = inbox.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (message.type === 'failed') throw new Error(message.reason);
      else if (message.type === 'done') return;
      else {
        send({ type: 'accepted' });
        yield message;
      }
    }
  } finally {
    signal.removeEventListener('abort', aborted);
    killGroup(child.pid);
    await gone;
  }
}

/** The process leads a group of its own: its decoders go with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

function entry(): { path: string; execArgv: string[] } {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return { path: fileURLToPath(new URL('./judge-worker.js', here)), execArgv: [] };
  const tsx = pathToFileURL(createRequire(here).resolve('tsx')).href;
  return { path: fileURLToPath(new URL('./judge-worker.ts', here)), execArgv: ['--import', tsx] };
}
