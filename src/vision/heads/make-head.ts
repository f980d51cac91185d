import { endToEndHead } from './end-to-end.ts';
import { fastestDetHead } from './fastestdet.ts';
import type { Head, HeadShape } from './head.ts';
import { nanodetHead } from './nanodet.ts';
import { yolov5Head } from './yolov5.ts';
import { yolov8Head } from './yolov8.ts';
import { yoloxHead } from './yolox.ts';

const HEADS = {
  yolox: yoloxHead,
  yolov5: yolov5Head,
  yolov8: yolov8Head,
  nanodet: nanodetHead,
  fastestdet: fastestDetHead,
  'end-to-end': endToEndHead,
} as const satisfies Record<HeadShape['head']['type'], (shape: HeadShape) => Head>;

/** The reader of a network's output that its manifest asks for. */
export function makeHead(shape: HeadShape): Head {
  return HEADS[shape.head.type](shape);
}
