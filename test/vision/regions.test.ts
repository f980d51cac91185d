import { expect, it } from 'vitest';
import type { Detection } from '../../src/domain/observation.ts';
import type { RgbFrame } from '../../src/vision/preprocess.ts';
import { crop, detectRegions } from '../../src/vision/regions.ts';

/** A picture of 10x4 whose pixels hold their own column and row. */
const picture: RgbFrame = {
  width_px: 10,
  height_px: 4,
  data: Uint8Array.from({ length: 10 * 4 * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return [pixel % 10, Math.floor(pixel / 10), 7][index % 3] ?? 0;
  }),
};

it('cuts whole pixels and says which', () => {
  const { frame, placed } = crop(picture, [0.25, 0.5, 0.45, 1]);
  expect(frame).toMatchObject({ width_px: 3, height_px: 2 });
  expect([...frame.data.subarray(0, 9)]).toEqual([2, 2, 7, 3, 2, 7, 4, 2, 7]);
  expect(placed).toEqual([0.2, 0.5, 0.5, 1]);
});

it('gives boxes as shares of the whole picture, and what two regions show once', async () => {
  const seen: number[] = [];
  const detector = {
    manifest: { head: { iou_threshold: 0.5 } },
    nms: 'per-class' as const,
    detectAll: async (frame: RgbFrame): Promise<Detection[]> => {
      seen.push(frame.width_px);
      // The same thing, on columns 4 and 5, found in both parts.
      const left = 4 - (frame.data[0] ?? 0);
      const box = [left / frame.width_px, 0, (left + 2) / frame.width_px, 1] as const;
      return [{ class: 'heap', label: 'heap', score: frame.data[0] === 0 ? 0.6 : 0.8, box }];
    },
  };
  const found = await detectRegions(detector, picture, [
    [0, 0, 0.6, 1],
    [0.4, 0, 1, 1],
  ]);
  expect(seen).toEqual([6, 6]);
  expect(found).toHaveLength(1);
  expect(found[0]?.score).toBe(0.8);
  expect(found[0]?.box.map((share) => Number(share.toFixed(6)))).toEqual([0.4, 0, 0.6, 1]);
});

it('looks at the whole picture where no region is given', async () => {
  const detector = {
    manifest: { head: { iou_threshold: 0.5 } },
    nms: 'per-class' as const,
    detectAll: async (frame: RgbFrame): Promise<Detection[]> =>
      frame === picture ? [] : Promise.reject(new Error('cut')),
  };
  expect(await detectRegions(detector, picture, undefined)).toEqual([]);
});

it('leaves what one region cuts off to the one that shows it whole', async () => {
  const regions = [
    [0, 0, 0.8, 1],
    [0.5, 0, 1, 1],
  ] as const;
  /** Something from column 4 to 7 and something from 7 to 9, each as far as the part shows it. */
  const things: readonly (readonly [string, number, number])[] = [
    ['stall', 4, 7],
    ['table', 7, 9],
  ];
  const seenBy = (finds: (name: string, first: number) => boolean) => ({
    manifest: { head: { iou_threshold: 0.5 } },
    nms: 'per-class' as const,
    detectAll: async (frame: RgbFrame): Promise<Detection[]> => {
      const first = frame.data[0] ?? 0;
      return things.flatMap(([name, from, to]): Detection[] => {
        const left = Math.max(0, from - first) / frame.width_px;
        const right = Math.min(frame.width_px, to - first) / frame.width_px;
        const found = { class: name, label: name, score: 0.7, box: [left, 0, right, 1] } as const;
        return right > left && finds(name, first) ? [found] : [];
      });
    },
  });
  const found = await detectRegions(
    seenBy(() => true),
    picture,
    regions,
  );
  expect(found.map(({ label, box }) => [label, ...box.map((edge) => Number(edge.toFixed(3)))])).toEqual([
    ['stall', 0.4, 0, 0.7, 1],
    ['table', 0.7, 0, 0.9, 1],
  ]);
  // Where the one that shows it whole finds nothing, the cut-off part is no finding either.
  expect(
    (
      await detectRegions(
        seenBy((_name, first) => first > 0),
        picture,
        regions,
      )
    ).map(({ label }) => label),
  ).toEqual(['table']);
});
