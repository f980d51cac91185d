import type { BackoffLimits } from '../runtime/backoff.ts';
import type { VisionOptions } from './vision-options.ts';
import type { WorkerSetup } from './worker-protocol.ts';

const REOPEN: BackoffLimits = { first_ms: 1_000, max_ms: 30_000 };
/** Largest decoded frame: 5120x2880 has 44 MB. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const UNACCEPTED_MAX = 2;
const REFRESH_MS = 30_000;

/** What a vision process is told that shall have these cameras. */
export function setupOf(options: VisionOptions, cameraIds: readonly string[]): WorkerSetup {
  const {
    modelsDir,
    spool,
    threads,
    allowFiles,
    nice = 5,
    log_level = 'info',
    reopen = REOPEN,
    ring,
    models,
    shadows,
  } = options;
  const own = new Set(cameraIds);
  return {
    cameras: options.cameras.filter(({ id }) => own.has(id)),
    modelsDir,
    spoolRoot: spool.root,
    ...(ring === undefined ? {} : { ring }),
    threads,
    ...(models === undefined ? {} : { models }),
    ...(shadows === undefined ? {} : { shadows }),
    allowFiles,
    frame_bytes_max: FRAME_BYTES_MAX,
    nice,
    log_level,
    time: options.time,
    refresh_ms: options.refresh_ms ?? REFRESH_MS,
    unaccepted_max: UNACCEPTED_MAX,
    reopen,
  };
}
