import { problemText } from '../runtime/yaml-file.ts';
import { Detector } from './detector.ts';
import { compareGolden } from './golden.ts';
import { loadManifest, thresholdOf } from './manifest.ts';
import type { ManifestInput } from './manifest-schema.ts';
import { readPicture } from './picture.ts';
import type { RgbFrame } from './preprocess.ts';

/** What is wrong with a detector's folder; `problems` is empty where all is well. */
export interface ModelCheck {
  readonly dir: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  /** What its golden picture cannot tell. */
  readonly notes: readonly string[];
}

/** Checks manifest, files and graph of a detector, and runs it on its golden picture. Never rejects. */
export async function checkModel(dir: string): Promise<ModelCheck> {
  const { problems, notes } = await look(dir).catch((error: unknown) => ({
    problems: [error instanceof Error ? error.message : String(error)],
    notes: [],
  }));
  return { dir, ok: problems.length === 0, problems, notes };
}

async function look(dir: string): Promise<Pick<ModelCheck, 'problems' | 'notes'>> {
  const result = await loadManifest(dir);
  if (!result.ok) return { problems: result.problems.map(problemText), notes: [] };
  const { loaded } = result;
  const detector = await Detector.load(loaded);
  try {
    const picture = await readPicture(loaded.goldenPath);
    const found = await detector.detect(picture);
    const { golden, input } = loaded.manifest;
    const problems = compareGolden(found, golden, picture, (name) => thresholdOf(loaded.manifest, name)).map(
      (problem) => `${loaded.goldenPath}: ${problem}`,
    );
    return { problems, notes: notesOf(picture, golden.boxes.length, input) };
  } finally {
    await detector.close();
  }
}

function notesOf(picture: RgbFrame, boxes: number, { width, height }: ManifestInput): string[] {
  const notes: string[] = [];
  if (boxes === 0) notes.push('the golden picture shows nothing: hardly any mistake would be noticed by it');
  if (picture.width_px * height === picture.height_px * width) {
    notes.push("the golden picture has the input's shape: a wrong letterbox would not be noticed by it");
  }
  return notes;
}
