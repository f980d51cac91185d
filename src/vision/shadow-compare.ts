import type { Detection } from '../domain/observation.ts';
import { emptyClass, type ShadowClass } from '../domain/shadow.ts';
import { iou } from './boxes.ts';

/** Boxes of one class that overlap by so much of their union are the same thing. */
const SAME_IOU = 0.5;

interface Pair {
  readonly active: Detection;
  readonly shadow: Detection;
  readonly overlap: number;
}

/** Compares what two detectors found in one frame, by class; of several boxes that overlap, the nearest pair first. */
export function compareDetections(
  active: readonly Detection[],
  shadow: readonly Detection[],
): Record<string, ShadowClass> {
  const classes: Record<string, ShadowClass> = {};
  const of = (name: string): ShadowClass => {
    classes[name] ??= emptyClass();
    return classes[name];
  };
  const free = new Set<Detection>([...active, ...shadow]);
  for (const pair of pairsOf(active, shadow)) {
    if (!free.has(pair.active) || !free.has(pair.shadow)) continue;
    free.delete(pair.active);
    free.delete(pair.shadow);
    const made = of(pair.active.class);
    made.agreed += 1;
    made.scoreShift += pair.shadow.score - pair.active.score;
    made.overlap += pair.overlap;
  }
  for (const left of active) if (free.has(left)) of(left.class).onlyActive += 1;
  for (const left of shadow) if (free.has(left)) of(left.class).onlyShadow += 1;
  return classes;
}

function pairsOf(active: readonly Detection[], shadow: readonly Detection[]): Pair[] {
  return active
    .flatMap((one) =>
      shadow
        .filter((two) => two.class === one.class)
        .map((two) => ({ active: one, shadow: two, overlap: iou(one.box, two.box) })),
    )
    .filter(({ overlap }) => overlap >= SAME_IOU)
    .sort((a, b) => b.overlap - a.overlap);
}
