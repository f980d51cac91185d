import { type GonePictureParts, keepGonePicture, sized } from '../gateway/gone-picture.ts';

interface Parts extends GonePictureParts {
  readonly signal: AbortSignal;
  /** A camera's recorded picture at a moment. */
  readonly jpeg: (cameraId: string, at_ms: number) => Promise<Buffer | undefined>;
}

const TASKS_MAX = 100_000;

/** Takes the pictures of places after their incidents from the videos, as they were when each incident ended. */
export async function takeGonePictures(parts: Parts): Promise<void> {
  const due = parts.table.due(Number.MAX_SAFE_INTEGER, TASKS_MAX);
  for (const { id, task } of due.sort((a, b) => a.id - b.id)) {
    if (parts.signal.aborted) return;
    if (task.kind !== 'gone') continue;
    const { at_ms } = task.finding;
    const jpeg = await parts.jpeg(task.cameraId, at_ms);
    const picture = jpeg && sized(jpeg, at_ms);
    if (picture === undefined) parts.table.done(id);
    else await keepGonePicture({ id, task }, picture, parts);
  }
}
