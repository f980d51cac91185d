import { existsSync } from 'node:fs';
import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Observation } from '../domain/observation.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { recordedStills } from '../recording/recorded-stills.ts';
import { LABELS_FILE, recordingPath } from '../recording/recording-files.ts';
import { RecordingWriter } from '../recording/recording-writer.ts';
import type { ReplayItem } from './replay-input.ts';

/**
 * Hands a replay's observations on and writes them, with the detections made on the way, into a copy of the recording in a
 * folder that has none yet. Films, stills and labels are hard links where the file system allows it, else copies. The copy
 * of a replay that was interrupted is not complete. Throws a `RecordingError` where a recording is there already.
 */
export async function* keeping(
  input: AsyncGenerator<readonly ReplayItem[]>,
  out: string,
  { dir, manifest }: { readonly dir: string; readonly manifest: RecordingManifest },
): AsyncGenerator<readonly ReplayItem[]> {
  const { name, source, from_ms, to_ms, cameras, gaps } = manifest;
  const writer = await RecordingWriter.create(out, { name, from_ms, ...(source && { source }) });
  let isComplete = false;
  try {
    await takeOver(dir, out, manifest);
    for (const { id, videos } of cameras) for (const video of videos) writer.setVideo(id, video);
    for (const gap of gaps) writer.addGap(gap);
    for await (const batch of input) {
      await writer.append(batch.map(({ observation }) => withoutFilm(observation)));
      yield batch;
    }
    isComplete = true;
  } finally {
    if (isComplete) await writer.close({ to_ms });
    else await writer.flush().finally(() => writer.abandon());
  }
}

/** The picture of a film's frame is found by its time: no path to it is recorded. */
function withoutFilm(observation: Observation): Observation {
  if (observation.kind !== 'detections' && observation.kind !== 'picture') return observation;
  const { frame, ...rest } = observation;
  return frame?.path.startsWith('video/') ? rest : observation;
}

/** Labels, films and stills, as far as they are there. Throws where the path of one leaves the recording. */
async function takeOver(dir: string, out: string, { cameras }: RecordingManifest): Promise<void> {
  const films = cameras.flatMap(({ videos }) => videos.map(({ file }) => file));
  for (const file of [LABELS_FILE, ...films, ...(await recordedStills(dir))]) {
    const from = recordingPath(dir, file);
    if (existsSync(from)) await linkOrCopy(from, join(out, file));
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(error.code ?? '')) throw error;
    return copyFile(from, to);
  });
}
