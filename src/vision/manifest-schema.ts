import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false };
const PlainFileName = Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$' });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const triple = (value: number) =>
  Type.Tuple([Type.Number(), Type.Number(), Type.Number()], { default: [value, value, value] });

/** Names of detectors are folder names under `models/`, so their alphabet is small. */
export const MODEL_NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';

/** How a picture becomes the network's input; fed value = (pixel * scale - mean) / std. */
export const ManifestInput = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    width: Type.Integer({ minimum: 16, maximum: 4096 }),
    height: Type.Integer({ minimum: 16, maximum: 4096 }),
    layout: Type.Union([Type.Literal('nchw'), Type.Literal('nhwc')]),
    channels: Type.Union([Type.Literal('rgb'), Type.Literal('bgr')]),
    scale: Type.Number({ exclusiveMinimum: 0, default: 1 }),
    /** In the order in which channels are fed. */
    mean: triple(0),
    std: triple(1),
    letterbox: Type.Object(
      {
        mode: Type.Union([Type.Literal('top-left'), Type.Literal('center'), Type.Literal('stretch')]),
        pad: Type.Number({ minimum: 0, maximum: 255, default: 114 }),
      },
      strict,
    ),
  },
  strict,
);
export type ManifestInput = Static<typeof ManifestInput>;

/** What the network's output means. */
export const ManifestHead = Type.Object(
  {
    type: Type.Union([Type.Literal('yolox'), Type.Literal('fastestdet')]),
    strides: Type.Array(Type.Integer({ minimum: 1, maximum: 256 }), { minItems: 1, maxItems: 8 }),
    iou_threshold: Share,
    score_threshold: Share,
    /** Whether one place may be reported as several classes at once (`yolox` only). */
    multi_label: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type ManifestHead = Static<typeof ManifestHead>;

/** A picture and the boxes (pixels of that picture) that the detector must find in it. */
export const ManifestGolden = Type.Object(
  {
    image: PlainFileName,
    iou: Share,
    score_tolerance: Share,
    boxes: Type.Array(
      Type.Object(
        {
          class: Type.String({ minLength: 1 }),
          score: Share,
          box: Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]),
        },
        strict,
      ),
      { maxItems: 300 },
    ),
  },
  strict,
);
export type ManifestGolden = Static<typeof ManifestGolden>;

/** `models/<name>/model.yaml`: everything about a detector that its graph does not say. */
export const ModelManifest = Type.Object(
  {
    name: Type.String({ pattern: MODEL_NAME_PATTERN }),
    version: Type.Union([Type.Integer(), Type.String()]),
    description: Type.Optional(Type.String()),
    file: PlainFileName,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    licence: Type.String({ minLength: 1 }),
    source: Type.String({ minLength: 1 }),
    input: ManifestInput,
    head: ManifestHead,
    labels: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 10_000 }),
    /** Label to class of the gateway; labels that are not named here are dropped. */
    classes: Type.Record(Type.String(), Type.String({ minLength: 1 })),
    /** By class of the gateway; others take `head.score_threshold`. */
    class_thresholds: Type.Optional(Type.Record(Type.String(), Share)),
    golden: ManifestGolden,
    figures: Type.Optional(Type.Unknown()),
  },
  strict,
);
export type ModelManifest = Static<typeof ModelManifest>;
