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

/** Each head is a file in `heads/`; which keys go with which: `head-rules.ts`. */
export const HEAD_TYPES = ['yolox', 'yolov5', 'yolov8', 'nanodet', 'fastestdet', 'end-to-end'] as const;
export const HEAD_LAYOUTS = ['rows', 'columns', 'maps', 'grids', 'batched', 'parts'] as const;

const OutputName = Type.String({ minLength: 1, maxLength: 256 });

/** What the network's output means. docs/MODELS.md has the layouts of each type. */
export const ManifestHead = Type.Object(
  {
    type: Type.Enum(HEAD_TYPES),
    layout: Type.Optional(Type.Enum(HEAD_LAYOUTS)),
    strides: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 256 }), { minItems: 1, maxItems: 8 }),
    ),
    /** For each stride width and height of each anchor in pixels of the input, one after the other. */
    anchors: Type.Optional(
      Type.Array(Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 2, maxItems: 32 }), {
        minItems: 1,
        maxItems: 8,
      }),
    ),
    anchors_per_cell: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
    reg_max: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
    /** Where in its cell a place's point lies, as a share of the stride. */
    cell_offset: Type.Optional(Share),
    /** Names of the graph's outputs, where each has one part of the boxes. */
    outputs: Type.Optional(
      Type.Object(
        { boxes: OutputName, scores: OutputName, classes: OutputName, count: Type.Optional(OutputName) },
        strict,
      ),
    ),
    box_units: Type.Optional(Type.Enum(['pixels', 'shares'])),
    box_order: Type.Optional(Type.Enum(['xyxy', 'yxyx'])),
    /** The number by which the graph calls the first label. */
    first_label: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })),
    iou_threshold: Share,
    score_threshold: Share,
    /** Whether one place may be reported as several classes at once. */
    multi_label: Type.Optional(Type.Boolean()),
    /** Which boxes suppress each other; without it those of one label, or none where the graph has done so. */
    nms: Type.Optional(Type.Enum(['per-class', 'agnostic', 'none'])),
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
    /**
     * By class of the gateway: from this score on to its threshold a box is reported as weak. Rules that look at a place
     * for long count it where sure ones are, too; nothing else does.
     */
    weak_thresholds: Type.Optional(Type.Record(Type.String(), Share)),
    golden: ManifestGolden,
    figures: Type.Optional(Type.Unknown()),
  },
  strict,
);
export type ModelManifest = Static<typeof ModelManifest>;
