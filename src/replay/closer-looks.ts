import type { Config } from '../config/config.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import type { LaterEvidenceTable } from '../evidence/later-evidence.ts';
import { keepFocus } from '../gateway/focus.ts';
import { focusTask } from '../gateway/focus-plan.ts';
import type { IncidentRecorder } from '../incidents/incident-recorder.ts';
import { recordingPath } from '../recording/recording-files.ts';
import { pause } from '../runtime/backoff.ts';
import { type Clock, WALL_CLOCK } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { VisionWorkers } from '../vision/worker-pool.ts';

interface CloserLookParts {
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onNote: (note: string) => void;
  readonly table: LaterEvidenceTable;
  readonly spool: FrameSpool;
  readonly evidence: EvidenceStore;
  readonly recorder: Pick<IncidentRecorder, 'amend'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** No budget: how fast a machine is must not change what a replay says. */
const BUDGET_MS = Number.POSITIVE_INFINITY;
const READY_POLL_MS = 50;

/**
 * Takes the closer looks at a recording's videos, after everything else and in the order in which their incidents were
 * opened, so that the outcome does not depend on the pace of the replay.
 */
export async function takeCloserLooks(parts: CloserLookParts): Promise<void> {
  const { table, config, manifest, dir, signal, onNote, log } = parts;
  const due = table.dueFocuses(Number.MAX_SAFE_INTEGER).reverse();
  if (due.length === 0) return;
  const workers = new VisionWorkers({
    workers: 1,
    threads: config.vision.threads,
    cameras: [],
    modelsDir: config.vision.modelsDir,
    allowFiles: false,
    spool: parts.spool,
    env: parts.env,
    time: WALL_CLOCK,
    onDetections: async () => undefined,
    onCameraState: () => undefined,
    log,
  });
  workers.start();
  try {
    while (!signal.aborted && !workers.stats().workers.some(({ ready }) => ready))
      await pause(READY_POLL_MS, signal);
    for (const focus of due) {
      if (signal.aborted) return;
      const film = filmOf(manifest, dir, focus.task);
      if (film === undefined) continue;
      try {
        const answer = await workers.lookClosely(
          focusTask(focus.task, config, { budget_ms: BUDGET_MS, film }),
        );
        if (answer !== undefined) await keepFocus(focus, answer, parts);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        onNote(`${focus.task.cameraId}: no closer look for ${focus.task.incidentId}: ${why}`);
      }
    }
  } finally {
    await workers.stop();
  }
}

/** The video that shows most of the time. */
function filmOf(
  { cameras }: RecordingManifest,
  dir: string,
  {
    cameraId,
    from_ms,
    to_ms,
  }: { readonly cameraId: string; readonly from_ms: number; readonly to_ms: number },
): { readonly path: string; readonly start_ms: number; readonly time_scale: number } | undefined {
  const shown_ms = (video: { readonly start_ms: number; readonly end_ms: number }): number =>
    Math.min(video.end_ms, to_ms) - Math.max(video.start_ms, from_ms);
  const videos = cameras.find(({ id }) => id === cameraId)?.videos ?? [];
  const best = [...videos].sort((a, b) => shown_ms(b) - shown_ms(a))[0];
  if (best === undefined || shown_ms(best) <= 0) return undefined;
  const { file, start_ms, time_scale } = best;
  return { path: recordingPath(dir, file), start_ms, time_scale };
}
