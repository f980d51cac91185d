import type * as THREE from 'three';
import { type Actor, driver, rider, type Stop, walker } from './clip-actors.ts';
import { CLIP_BINS_X, CLIP_HEAP_X, CLIP_PAVEMENT, type ClipStages } from './clip-scene.ts';
import type { Kit } from './library.ts';
import { KERB } from './street.ts';
import { createTricycle } from './two-wheelers.ts';
import { createCar, createTruck } from './vehicles.ts';

/** Length of the clip in seconds; it is played in a loop. */
export const CLIP_SECONDS = 80;

/** Moments of the clip in seconds. */
export const CLIP_MOMENTS = {
  firstBags: 8.4,
  moreBags: 12.6,
  binOpen: 16.6,
  binOver: 20.2,
  /** The refuse truck hides the bins, then the heap, and behind it they are cleaned. */
  binCleaned: 77.6,
  heapCleaned: 78.3,
} as const;

const LANE_NEAR = 1.75;
const LANE_FAR = 4.9;
const WALK = -1.35;
const BIN_X = CLIP_BINS_X + 3 * 0.72;

/** Shows what has been left so far and tells apart the states of the street. */
export function setStages(stages: ClipStages, seconds: number): string {
  const m = CLIP_MOMENTS;
  const dirty = seconds < m.heapCleaned;
  const over = seconds < m.binCleaned && seconds >= m.binOver;
  const open = !over && seconds < m.binOver && seconds >= m.binOpen;
  stages.heapStart.visible = dirty && seconds >= m.firstBags;
  stages.heapRest.visible = dirty && seconds >= m.moreBags;
  stages.binOver.visible = over;
  stages.binOpen.visible = open;
  stages.binShut.visible = !over && !open;
  return [stages.heapStart, stages.heapRest, stages.binOver, stages.binOpen]
    .map((stage: THREE.Group) => (stage.visible ? 1 : 0))
    .join('');
}

/** Straight way past the camera at a steady speed (metres per second), from left to right or back. */
function pass(start: number, z: number, speed: number, direction: 1 | -1, reach: number): readonly Stop[] {
  return [
    [start, -direction * reach, z],
    [start + (2 * reach) / speed, direction * reach, z],
  ];
}

function culprits(kit: Kit): Actor[] {
  const heapZ = -CLIP_PAVEMENT + 1.35;
  const binZ = -CLIP_PAVEMENT + 1.4;
  const m = CLIP_MOMENTS;
  return [
    walker(kit, {
      ground: KERB,
      bagsUntil: m.firstBags,
      stoops: true,
      path: [
        [1.2, -8.5, -1.6],
        [7.4, CLIP_HEAP_X - 0.5, heapZ],
        [9.2, CLIP_HEAP_X - 0.5, heapZ],
        [14.2, 8.5, -1.5],
      ],
    }),
    walker(kit, {
      ground: KERB,
      bagsUntil: m.moreBags,
      stoops: true,
      path: [
        [6.6, 9, -1.2],
        [11.8, CLIP_HEAP_X + 0.6, heapZ + 0.1],
        [13.3, CLIP_HEAP_X + 0.6, heapZ + 0.1],
        [18.6, 9, -1.0],
      ],
    }),
    walker(kit, {
      ground: KERB,
      bagsUntil: m.binOpen,
      path: [
        [10.2, -9, -1.1],
        [15.8, BIN_X - 0.1, binZ],
        [17.2, BIN_X - 0.1, binZ],
        [22.5, -9, -1.4],
      ],
    }),
    walker(kit, {
      ground: KERB,
      bagsUntil: m.binOver,
      stoops: true,
      path: [
        [12.8, 9, -1.8],
        [19.3, BIN_X + 0.35, binZ],
        [20.8, BIN_X + 0.35, binZ],
        [27.5, 9, -1.7],
      ],
    }),
  ];
}

function passersBy(kit: Kit): Actor[] {
  const plans: readonly [number, number, number, 1 | -1, 'nothing' | 'bag' | 'umbrella' | 'suitcase'][] = [
    [24, WALK, 1.3, 1, 'bag'],
    [29.5, -0.8, 1.2, -1, 'nothing'],
    [35, -2.0, 1.35, 1, 'suitcase'],
    [39.5, WALK, 1.1, -1, 'umbrella'],
    [41, -0.9, 1.3, 1, 'nothing'],
    [48, WALK, 1.25, 1, 'bag'],
    [54.5, -1.0, 1.4, -1, 'bag'],
    [57, -1.9, 1.2, 1, 'nothing'],
    [62.5, WALK, 1.2, -1, 'nothing'],
    [63.4, -0.9, 1.2, -1, 'bag'],
  ];
  return plans.map(([start, z, speed, direction, carries]) =>
    walker(kit, { path: pass(start, z, speed, direction, 8.6), ground: KERB, carries }),
  );
}

/** Vans are drawn a little taller than built, so that they hide what lies behind them. */
function tall(truck: THREE.Group): THREE.Group {
  truck.scale.y = 1.16;
  return truck;
}

function traffic(kit: Kit): Actor[] {
  const far = (start: number, speed: number): readonly Stop[] => pass(start, LANE_FAR, speed, -1, 11);
  const near = (start: number, speed: number): readonly Stop[] => pass(start, LANE_NEAR, speed, 1, 11);
  return [
    driver(createCar(kit), near(2, 7)),
    driver(createCar(kit), far(5, 6.5)),
    rider(kit, near(10.4, 4.6)),
    driver(createCar(kit), far(15.5, 7)),
    driver(createCar(kit), near(22.5, 6)),
    driver(tall(createTruck(kit)), near(31, 4.6)),
    rider(kit, far(37, 5)),
    driver(createCar(kit), far(33.5, 7.5)),
    driver(createTricycle(kit), near(43.5, 3.8)),
    driver(createCar(kit), far(46, 6)),
    driver(createCar(kit), near(51.5, 6.5)),
    rider(kit, near(56, 5)),
    driver(createCar(kit), far(59.5, 7)),
    driver(tall(createTruck(kit)), near(65.5, 5.2)),
    driver(createCar(kit), far(70, 6.5)),
    rider(kit, far(73.5, 5)),
    driver(tall(createTruck(kit, 'refuse')), [
      [75.9, -9.5, LANE_NEAR],
      [77.9, -1.2, LANE_NEAR],
      [78.7, 0.2, LANE_NEAR],
      [79.9, 9, LANE_NEAR],
    ]),
  ];
}

/** Everybody who moves through the clip. */
export function createCast(kit: Kit): Actor[] {
  return [...culprits(kit), ...passersBy(kit), ...traffic(kit)];
}
