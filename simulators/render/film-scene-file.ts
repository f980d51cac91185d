import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { ACTOR_KINDS, type StageScene } from '../city/stage/stage-scene.ts';

const Number_ = Type.Number();
const Count = Type.Integer({ minimum: 0 });
const Point = Type.Tuple([Number_, Number_]);
const Line = Type.Array(Point, { minItems: 2, maxItems: 1_000 });
const Text = Type.String({ maxLength: 200 });

const Actor = Type.Object({
  id: Text,
  kind: Type.Enum([...ACTOR_KINDS]),
  form: Type.Optional(Text),
  look: Type.Integer(),
  from_s: Number_,
  to_s: Number_,
  path: Type.Array(Type.Object({ t_s: Number_, x_m: Number_, y_m: Number_, heading_deg: Number_ }), {
    minItems: 1,
    maxItems: 10_000,
  }),
  states: Type.Optional(
    Type.Array(
      Type.Object({
        t_s: Number_,
        name: Type.Enum([
          'body_deg',
          'load',
          'cover',
          'size',
          'fill',
          'doors',
          'umbrella',
          'posture',
          'wares',
          'lights',
        ]),
        value: Number_,
      }),
      { maxItems: 10_000 },
    ),
  ),
  plate: Type.Optional(Text),
});

/** A scene as it lies in a file. */
const SceneFile = Type.Object({
  seed: Count,
  camera: Type.Object({
    id: Text,
    x_m: Number_,
    y_m: Number_,
    height_m: Type.Number({ minimum: 1, maximum: 100 }),
    heading_deg: Number_,
    pitch_deg: Type.Number({ minimum: -30, maximum: 90 }),
    hfov_deg: Type.Number({ minimum: 5, maximum: 150 }),
    width_px: Type.Integer({ minimum: 32, maximum: 1920, multipleOf: 2 }),
    height_px: Type.Integer({ minimum: 32, maximum: 1920, multipleOf: 2 }),
  }),
  start_ms: Count,
  utc_offset_h: Type.Number({ minimum: -12, maximum: 14 }),
  duration_s: Type.Number({ exclusiveMinimum: 0, maximum: 864_000 }),
  frame_interval_s: Type.Number({ minimum: 0.02, maximum: 3_600 }),
  weather: Type.Object({
    sky: Type.Enum(['clear', 'overcast', 'rain', 'fog']),
    hour: Type.Number({ minimum: 0, maximum: 24 }),
  }),
  roads: Type.Array(
    Type.Object({
      id: Text,
      class: Type.Enum(['arterial', 'secondary', 'lane']),
      line: Line,
      carriageway_m: Type.Number({ exclusiveMinimum: 0, maximum: 100 }),
      pavement_m: Type.Number({ minimum: 0, maximum: 50 }),
    }),
    { maxItems: 200 },
  ),
  frontages: Type.Array(
    Type.Object({
      kind: Type.Enum(['shops', 'housing', 'wall', 'hoarding', 'hedge']),
      line: Type.Tuple([Point, Point]),
      look: Type.Integer(),
    }),
    { maxItems: 500 },
  ),
  fixtures: Type.Array(
    Type.Object({
      kind: Type.Enum([
        'lamp',
        'tree',
        'bench',
        'cabinet',
        'bollards',
        'litter-bin',
        'crane',
        'parked-bicycles',
      ]),
      x_m: Number_,
      y_m: Number_,
      heading_deg: Number_,
      look: Type.Integer(),
    }),
    { maxItems: 2_000 },
  ),
  paint: Type.Array(
    Type.Object({
      kind: Type.Enum(['vending-zone', 'zebra', 'bay']),
      outline: Type.Array(Point, { minItems: 3, maxItems: 200 }),
    }),
    { maxItems: 500 },
  ),
  actors: Type.Array(Actor, { maxItems: 20_000 }),
  lens: Type.Array(
    Type.Object({
      kind: Type.Enum(['obscured', 'dirty', 'frozen', 'dark', 'defocused', 'moved']),
      from_s: Number_,
      to_s: Number_,
    }),
    { maxItems: 1_000 },
  ),
});

/** Reads what one camera of a scenario sees from a JSON file; the error names file and key. */
export async function readStageScene(path: string): Promise<StageScene> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Value.Check(SceneFile, value)) {
    const first = Value.Errors(SceneFile, value)[0];
    throw new Error(`${path}: ${first?.instancePath || '/'} ${first?.message ?? 'is no scene'}`);
  }
  return value as StageScene;
}
