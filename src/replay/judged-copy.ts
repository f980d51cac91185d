import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Observation } from '../domain/observation.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { LABELS_FILE } from '../recording/recording-files.ts';
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
  const writer = await begin(out, dir, manifest);
  let isComplete = false;
  try {
    for await (const batch of input) {
      await writer.append(batch.map(({ observation }) => withoutFilm(observation)));
      yield batch;
    }
    isComplete = true;
  } finally {
    if (isComplete) await writer.close({ to_ms: manifest.to_ms });
    else await writer.flush().finally(() => writer.abandon());
  }
}

async function begin(out: string, dir: string, manifest: RecordingManifest): Promise<RecordingWriter> {
  const { name, source, from_ms, cameras, gaps } = manifest;
  const writer = await RecordingWriter.create(out, { name, from_ms, ...(source && { source }) });
  for (const file of await filesOf(dir)) await linkOrCopy(join(dir, file), join(out, file));
  for (const { id, videos } of cameras) for (const video of videos) writer.setVideo(id, video);
  for (const gap of gaps) writer.addGap(gap);
  return writer;
}

/** The picture of a film's frame is found by its time: no path to it is recorded. */
function withoutFilm(observation: Observation): Observation {
  if (observation.kind !== 'detections' && observation.kind !== 'picture') return observation;
  const { frame, ...rest } = observation;
  return frame?.path.startsWith('video/') ? rest : observation;
}

/** Films, stills and labels of a recording, relative to it. Links are left out, as a reader refuses them. */
async function filesOf(dir: string): Promise<string[]> {
  const labels = await readdir(dir).then((names) => names.filter((name) => name === LABELS_FILE));
  const folders = await Promise.all(['video', 'stills'].map((folder) => filesUnder(dir, folder)));
  return [...labels, ...folders.flat()];
}

async function filesUnder(dir: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesUnder(dir, path);
      return entry.isFile() ? [path] : [];
    }),
  );
  return found.flat();
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(error.code ?? '')) throw error;
    return copyFile(from, to);
  });
}
