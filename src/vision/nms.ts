import type { Candidate } from './boxes.ts';

/** Candidates compared with each other per frame; of more, the best scored are kept. */
export const CANDIDATES_MAX = 1000;

/**
 * Class-wise greedy non-maximum suppression: of boxes of one label that overlap by more than
 * `iouThreshold`, the best scored stays. The result is ordered by falling score; equal scores keep their order.
 */
export function suppress(candidates: readonly Candidate[], iouThreshold: number): Candidate[] {
  const ranked = [...candidates].sort((a, b) => b.score - a.score).slice(0, CANDIDATES_MAX);
  const kept: Candidate[] = [];
  const keptOf = new Map<number, Candidate[]>();
  for (const candidate of ranked) {
    const rivals = keptOf.get(candidate.label);
    if (rivals === undefined) keptOf.set(candidate.label, [candidate]);
    else if (rivals.some((rival) => overlap(rival, candidate) > iouThreshold)) continue;
    else rivals.push(candidate);
    kept.push(candidate);
  }
  return kept;
}

function overlap(a: Candidate, b: Candidate): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both);
}
