import { rename, rm, writeFile } from 'node:fs/promises';
import type { Comparison } from '../compare.ts';
import type { GateFailure } from '../gates.ts';
import type { Score } from '../score-result.ts';
import { collectPictures, type PictureBounds, type PictureSources } from './collect-pictures.ts';
import { reportPage } from './page.ts';

/** What a report is made of. */
export interface ReportOptions {
  /** The HTML file; one that is there is replaced at once. */
  readonly file: string;
  readonly score: Score;
  /** Of an earlier run with `score`. */
  readonly comparison?: Comparison;
  /** Given where gates were. */
  readonly failures?: readonly GateFailure[];
  readonly sources: PictureSources;
  readonly bounds?: PictureBounds;
}

/** Writes the report and tells its size and what it holds. Rejects where the file cannot be written. */
export async function writeReport(
  options: ReportOptions,
): Promise<{ readonly bytes: number; readonly pictures: number; readonly notes: readonly string[] }> {
  const { file, score, comparison, failures, sources, bounds } = options;
  const pictures = await collectPictures(score, comparison, sources, bounds);
  const page = reportPage({
    score,
    pictures,
    ...(comparison === undefined ? {} : { comparison }),
    ...(failures === undefined ? {} : { failures }),
  });
  const partial = `${file}.partial`;
  try {
    await writeFile(partial, page);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return { bytes: Buffer.byteLength(page), pictures: pictures.pictures.size, notes: pictures.notes };
}
