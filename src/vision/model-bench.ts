import { problemText } from '../runtime/yaml-file.ts';
import { Detector, type DetectTimes, ModelLoadError } from './detector.ts';
import { loadManifest } from './manifest.ts';
import { readPicture } from './picture.ts';

/** Milliseconds of one part of a detection. */
export interface Spread {
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** How fast a detector is on its golden picture. */
export interface ModelBench {
  readonly name: string;
  readonly runs: number;
  readonly threads: number;
  readonly picture: { readonly width_px: number; readonly height_px: number };
  readonly pre: Spread;
  readonly infer: Spread;
  readonly post: Spread;
  readonly total: Spread;
}

/** Times `runs` detections on the golden picture. Throws {@link ModelLoadError} for an unusable model. */
export async function benchModel(
  dir: string,
  options: { runs: number; threads: number; execution_provider?: 'cpu' | 'cuda' },
): Promise<ModelBench> {
  const result = await loadManifest(dir);
  if (!result.ok) throw new ModelLoadError(result.problems.map(problemText).join('\n'));
  // What it was not run on is not to be measured as if it were.
  const detector = await Detector.load(result.loaded, { ...options, required: true });
  try {
    const picture = await readPicture(result.loaded.goldenPath);
    const all: DetectTimes[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      const times = { pre_ms: 0, infer_ms: 0, post_ms: 0 };
      await detector.detect(picture, times);
      all.push(times);
    }
    const { width_px, height_px } = picture;
    return {
      name: result.loaded.manifest.name,
      runs: options.runs,
      threads: options.threads,
      picture: { width_px, height_px },
      pre: spread(all.map(({ pre_ms }) => pre_ms)),
      infer: spread(all.map(({ infer_ms }) => infer_ms)),
      post: spread(all.map(({ post_ms }) => post_ms)),
      total: spread(all.map(({ pre_ms, infer_ms, post_ms }) => pre_ms + infer_ms + post_ms)),
    };
  } finally {
    await detector.close();
  }
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50_ms: at(0.5), p99_ms: at(0.99) };
}
