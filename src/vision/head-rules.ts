import type { ManifestHead, ManifestInput } from './manifest-schema.ts';

/** What is wrong with a manifest's head: the key under `head`, and why. */
export interface HeadFault {
  readonly key: readonly (string | number)[];
  readonly message: string;
}

type Layout = NonNullable<ManifestHead['layout']>;
type Key = keyof ManifestHead;

/** Keys that go with every head. */
const COMMON: readonly Key[] = ['type', 'iou_threshold', 'score_threshold', 'nms'];

interface HeadKeys {
  /** The first is taken where the manifest names none. */
  readonly layouts: readonly Layout[];
  readonly needs: readonly Key[];
  readonly may: readonly Key[];
}

const KEYS: Readonly<Record<ManifestHead['type'], HeadKeys>> = {
  yolox: { layouts: ['rows'], needs: ['strides'], may: ['multi_label'] },
  yolov5: {
    layouts: ['rows', 'maps', 'grids'],
    needs: ['strides'],
    may: ['anchors', 'anchors_per_cell', 'multi_label'],
  },
  yolov8: { layouts: ['columns', 'rows'], needs: ['strides'], may: ['multi_label'] },
  nanodet: { layouts: ['rows'], needs: ['strides'], may: ['reg_max', 'cell_offset', 'multi_label'] },
  fastestdet: { layouts: ['maps'], needs: ['strides'], may: [] },
  'end-to-end': {
    layouts: ['rows', 'batched', 'parts'],
    needs: [],
    may: ['outputs', 'box_units', 'box_order', 'first_label'],
  },
};

/** Keys of a head that do not go together, or not with the input. */
export function headFaults(head: ManifestHead, input: ManifestInput): HeadFault[] {
  const { layouts, needs, may } = KEYS[head.type];
  const faults: HeadFault[] = [];
  const allowed = new Set<string>([...COMMON, 'layout', ...needs, ...may]);
  for (const key of Object.keys(head)) {
    if (!allowed.has(key)) faults.push({ key: [key], message: `the head ${head.type} has no such key` });
  }
  for (const key of needs) {
    if (head[key] === undefined)
      faults.push({ key: [key], message: `missing: the head ${head.type} needs it` });
  }
  if (head.layout !== undefined && !layouts.includes(head.layout)) {
    const message = `the head ${head.type} has ${layouts.join(', ')}`;
    faults.push({ key: ['layout'], message });
  }
  return [...faults, ...strideFaults(head, input), ...anchorFaults(head), ...partsFaults(head)];
}

function strideFaults({ type, strides = [] }: ManifestHead, { width, height }: ManifestInput): HeadFault[] {
  const faults: HeadFault[] = [];
  strides.forEach((stride, index) => {
    // NanoDet rounds its coarsest grid up: 416 has seven cells of 64.
    if (type === 'nanodet' || (width % stride === 0 && height % stride === 0)) return;
    faults.push({ key: ['strides', index], message: `does not divide the input size ${width}x${height}` });
  });
  if (type === 'fastestdet' && strides.length > 1) {
    faults.push({ key: ['strides'], message: 'fastestdet has one stride' });
  }
  return faults;
}

/** Raw maps cannot be read without anchors; what the graph has decoded needs only their number. */
function anchorFaults({ type, layout, anchors, anchors_per_cell, strides = [] }: ManifestHead): HeadFault[] {
  if (type !== 'yolov5') return [];
  if (layout !== 'maps' && layout !== 'grids') {
    return anchors === undefined
      ? []
      : [{ key: ['anchors'], message: 'for maps and grids alone; rows take anchors_per_cell' }];
  }
  if (anchors_per_cell !== undefined) {
    return [{ key: ['anchors_per_cell'], message: `for rows alone; ${layout} take anchors` }];
  }
  if (anchors === undefined) return [{ key: ['anchors'], message: `missing: ${layout} need them` }];
  if (anchors.length !== strides.length) {
    return [{ key: ['anchors'], message: `${strides.length} strides, but anchors for ${anchors.length}` }];
  }
  return anchors.flatMap((sizes, index) =>
    sizes.length % 2 === 0
      ? []
      : [{ key: ['anchors', index], message: 'width and height of each: an even number of them' }],
  );
}

function partsFaults({ type, layout, outputs }: ManifestHead): HeadFault[] {
  if (type !== 'end-to-end') return [];
  if (layout === 'parts' && outputs === undefined) {
    return [{ key: ['outputs'], message: 'missing: parts need the names of the outputs' }];
  }
  if (layout !== 'parts' && outputs !== undefined) return [{ key: ['outputs'], message: 'for parts alone' }];
  return [];
}
