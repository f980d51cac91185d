import type { StageActor, StageFixture, StageScene } from '../../../simulators/city/stage/stage-scene.ts';

function still(
  id: string,
  kind: StageActor['kind'],
  [from_s, to_s]: readonly [number, number],
  [x_m, y_m, heading_deg]: readonly [number, number, number],
  more: Partial<StageActor> = {},
): StageActor {
  return {
    id,
    kind,
    look: id.length * 7919 + Math.round(x_m * 31),
    from_s,
    to_s,
    path: [{ t_s: from_s, x_m, y_m, heading_deg }],
    ...more,
  };
}

/** Somebody or something on the way from one place to another. */
function way(
  id: string,
  kind: StageActor['kind'],
  [from_s, to_s]: readonly [number, number],
  from: readonly [number, number],
  to: readonly [number, number],
  more: Partial<StageActor> = {},
): StageActor {
  const heading_deg = (Math.atan2(to[0] - from[0], to[1] - from[1]) * 180) / Math.PI;
  const look = [...id].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 100_003;
  const path = [
    { t_s: from_s, x_m: from[0], y_m: from[1], heading_deg },
    { t_s: to_s, x_m: to[0], y_m: to[1], heading_deg },
  ];
  return { id, kind, look, from_s, to_s, path, ...more };
}

function fixtures(): StageFixture[] {
  const made: StageFixture[] = [];
  for (const x_m of [-50, -30, 12, 30, 50]) {
    made.push({ kind: 'lamp', x_m, y_m: 10.8, heading_deg: 180, look: 1 });
    made.push({ kind: 'lamp', x_m: x_m + 6, y_m: -10.8, heading_deg: 0, look: 1 });
  }
  for (const x_m of [-44, -36, -22, -14, 18, 25, 37, 44])
    made.push({ kind: 'tree', x_m, y_m: 11.2, heading_deg: 0, look: x_m + 99 });
  made.push({ kind: 'bench', x_m: 21, y_m: 14.2, heading_deg: 180, look: 3 });
  made.push({ kind: 'cabinet', x_m: 9.6, y_m: 13.9, heading_deg: 180, look: 4 });
  made.push({ kind: 'parked-bicycles', x_m: 28, y_m: 11.5, heading_deg: 0, look: 5 });
  made.push({ kind: 'litter-bin', x_m: 15.5, y_m: 11.4, heading_deg: 180, look: 6 });
  made.push({ kind: 'crane', x_m: 60, y_m: 70, heading_deg: 250, look: 8 });
  return made;
}

/** A crossing in the evening: people, a stall set up and taken away, a truck that tips, cars; a frame each `frame_interval_s`. */
export function crossingScene(change: Partial<StageScene> = {}, width_px = 640): StageScene {
  const stall = still('stall-1', 'stall', [200, 1_500], [14, 13, 180], {
    form: 'cart',
    states: [
      { t_s: 200, name: 'wares', value: 0 },
      { t_s: 260, name: 'wares', value: 1 },
      { t_s: 1_400, name: 'wares', value: 1 },
      { t_s: 1_460, name: 'wares', value: 0 },
    ],
  });
  const truck: StageActor = {
    id: 'truck-1',
    kind: 'muck-truck',
    look: 12,
    from_s: 600,
    to_s: 800,
    plate: '巡A12345',
    path: [
      { t_s: 600, x_m: 60, y_m: 4, heading_deg: 270 },
      { t_s: 620, x_m: 9, y_m: 4, heading_deg: 270 },
      { t_s: 780, x_m: 9, y_m: 4, heading_deg: 270 },
      { t_s: 800, x_m: -50, y_m: 4, heading_deg: 270 },
    ],
    states: [
      { t_s: 600, name: 'load', value: 1 },
      { t_s: 640, name: 'body_deg', value: 0 },
      { t_s: 680, name: 'body_deg', value: 48 },
      { t_s: 690, name: 'load', value: 1 },
      { t_s: 720, name: 'load', value: 0 },
      { t_s: 740, name: 'body_deg', value: 48 },
      { t_s: 770, name: 'body_deg', value: 0 },
    ],
  };
  const heap = still('heap-1', 'heap', [690, 1e6], [14.5, 4, 0], {
    form: 'muck',
    states: [
      { t_s: 690, name: 'size', value: 0 },
      { t_s: 720, name: 'size', value: 1 },
    ],
  });
  const walkers = Array.from({ length: 60 }, (_, i) => {
    const from_s = i * 45;
    const [a, b] = i % 2 === 0 ? [-40, 45] : [45, -40];
    const y = (i % 3 === 0 ? -12.5 : 12.2) + (i % 5) * 0.4;
    return way(`walker-${i}`, 'person', [from_s, from_s + 65], [a, y], [b, y], {
      form: i % 4 === 0 ? 'bag' : 'plain',
    });
  });
  const cars = Array.from({ length: 90 }, (_, i) => {
    const kinds = ['car', 'car', 'two-wheeler', 'van', 'car', 'tricycle', 'bus', 'truck'] as const;
    const kind = kinds[i % kinds.length] ?? 'car';
    const east = i % 2 === 0;
    const y = (east ? -1 : 1) * (kind === 'two-wheeler' || kind === 'tricycle' ? 8.6 : 2 + (i % 2) * 3.2);
    const from_s = i * 31;
    return way(`car-${i}`, kind, [from_s, from_s + 12], [east ? -70 : 70, y], [east ? 70 : -70, y], {
      states: [{ t_s: 0, name: 'lights', value: i > 25 ? 1 : 0 }],
    });
  });
  return {
    seed: 5,
    camera: {
      id: '东风路口 01',
      x_m: -7,
      y_m: -12.5,
      height_m: 6.5,
      heading_deg: 42,
      pitch_deg: 17,
      hfov_deg: 64,
      width_px,
      height_px: Math.round((width_px * 9) / 32) * 2,
    },
    start_ms: Date.UTC(2026, 2, 14, 9, 30),
    utc_offset_h: 8,
    duration_s: 2_700,
    frame_interval_s: 1.5,
    weather: { sky: 'clear', hour: 17.5 },
    roads: [
      {
        id: 'arterial',
        class: 'arterial',
        line: [
          [-150, 0],
          [150, 0],
        ],
        carriageway_m: 20,
        pavement_m: 5,
      },
      {
        id: 'side',
        class: 'secondary',
        line: [
          [0, -150],
          [0, 150],
        ],
        carriageway_m: 9,
        pavement_m: 3.5,
      },
    ],
    frontages: [
      {
        kind: 'shops',
        line: [
          [8.2, 15.2],
          [75, 15.2],
        ],
        look: 11,
      },
      {
        kind: 'housing',
        line: [
          [-75, 15.2],
          [-8.2, 15.2],
        ],
        look: 12,
      },
      {
        kind: 'shops',
        line: [
          [8.2, 75],
          [8.2, 15.2],
        ],
        look: 13,
      },
      {
        kind: 'wall',
        line: [
          [-8.2, 15.2],
          [-8.2, 75],
        ],
        look: 14,
      },
      {
        kind: 'hoarding',
        line: [
          [75, -15.2],
          [8.2, -15.2],
        ],
        look: 15,
      },
    ],
    fixtures: fixtures(),
    paint: [
      {
        kind: 'zebra',
        outline: [
          [6, -9.6],
          [10, -9.6],
          [10, 9.6],
          [6, 9.6],
        ],
      },
      {
        kind: 'vending-zone',
        outline: [
          [30, 11.3],
          [42, 11.3],
          [42, 14.6],
          [30, 14.6],
        ],
      },
    ],
    actors: [
      stall,
      still('keeper-1', 'person', [190, 1_510], [14, 14.1, 180]),
      still('canopy-1', 'canopy', [300, 2_000], [36, 13, 180], { form: 'tent' }),
      still('stall-2', 'stall', [320, 1_990], [36, 13, 180], {
        form: 'table',
        states: [{ t_s: 0, name: 'wares', value: 1 }],
      }),
      still('goods-1', 'goods', [0, 3_000], [19, 14.2, 180]),
      still('parked-1', 'car', [0, 1_200], [22, 9.1, 90]),
      still('parked-2', 'van', [400, 3_000], [30, 9.1, 90], {
        states: [
          { t_s: 500, name: 'doors', value: 0 },
          { t_s: 520, name: 'doors', value: 1 },
        ],
      }),
      still('bin-1', 'bin', [0, 3_000], [11.5, 14.3, 180], {
        states: [
          { t_s: 0, name: 'fill', value: 0.2 },
          { t_s: 1_200, name: 'fill', value: 1.3 },
        ],
      }),
      still('bag-1', 'bag', [900, 3_000], [12.4, 14.2, 30]),
      truck,
      heap,
      ...walkers,
      ...cars,
    ],
    lens: [],
    ...change,
  };
}
