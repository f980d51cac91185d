import { problemText } from '../runtime/yaml-file.ts';
import { Detector } from './detector.ts';
import { compareGolden } from './golden.ts';
import { loadManifest } from './manifest.ts';
import { readPicture } from './picture.ts';

/** What is wrong with a detector's folder; `problems` is empty where all is well. */
export interface ModelCheck {
  readonly dir: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** Checks manifest, files and graph of a detector, and runs it on its golden picture. Never rejects. */
export async function checkModel(dir: string): Promise<ModelCheck> {
  const problems = await findProblems(dir).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  return { dir, ok: problems.length === 0, problems };
}

async function findProblems(dir: string): Promise<string[]> {
  const result = await loadManifest(dir);
  if (!result.ok) return result.problems.map(problemText);
  const { loaded } = result;
  const detector = await Detector.load(loaded);
  try {
    const picture = await readPicture(loaded.goldenPath);
    const found = await detector.detect(picture);
    const { golden, head, class_thresholds } = loaded.manifest;
    const thresholdOf = (name: string): number => class_thresholds?.[name] ?? head.score_threshold;
    return compareGolden(found, golden, picture, thresholdOf).map(
      (problem) => `${loaded.goldenPath}: ${problem}`,
    );
  } finally {
    await detector.close();
  }
}
