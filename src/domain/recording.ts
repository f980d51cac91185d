import Type, { type Static } from 'typebox';

/**
 * A recording: a folder with `manifest.json`, `observations.ndjson.gz`, `video/`, and, where the truth is known, `labels.json`.
 * docs/RECORDING.md describes it.
 */
export const RECORDING_FORMAT = 'xuncheng-recording';
export const RECORDING_VERSION = 1;

const Time_ms = Type.Integer({ minimum: 0, description: 'epoch milliseconds' });
const closed = { additionalProperties: false };

/** A stretch of a camera's video. A frame's event time is `start_ms` + its presentation time × `time_scale`. */
export const RecordedVideo = Type.Object(
  {
    /** Relative to the recording, `/`-separated. */
    file: Type.String({ pattern: '^video/[A-Za-z0-9._-]{1,120}\\.mp4$' }),
    start_ms: Time_ms,
    end_ms: Time_ms,
    /** Seconds of event time in a second of video: 1 as recorded, more for a time lapse. */
    time_scale: Type.Number({ exclusiveMinimum: 0, maximum: 3_600, default: 1 }),
  },
  closed,
);
export type RecordedVideo = Static<typeof RecordedVideo>;

/** `manifest.json`. */
export const RecordingManifest = Type.Object(
  {
    format: Type.Literal(RECORDING_FORMAT),
    version: Type.Literal(RECORDING_VERSION),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    from_ms: Time_ms,
    to_ms: Time_ms,
    /** Whether the end was written: one that was cut off can be replayed, and continued. */
    complete: Type.Boolean(),
    cameras: Type.Array(Type.Object({ id: Type.String(), videos: Type.Array(RecordedVideo) }, closed), {
      maxItems: 10_000,
    }),
    observations: Type.Object(
      {
        file: Type.Literal('observations.ndjson.gz'),
        count: Type.Integer({ minimum: 0 }),
        /** Whether detections are among them, so that a replay need not infer. */
        detections: Type.Boolean(),
      },
      closed,
    ),
    /** What made it: a scenario with its seed, or a gateway by its name. */
    source: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum(['scenario', 'gateway']),
          name: Type.String(),
          seed: Type.Optional(Type.Integer()),
        },
        closed,
      ),
    ),
    /** How far its writer came, so that it can go on: whole bytes of observations, and its place in the journal. */
    progress: Type.Optional(
      Type.Object({ bytes: Type.Integer({ minimum: 0 }), place: Type.Integer({ minimum: 0 }) }, closed),
    ),
    /** What is not in it and why: a bound reached, a camera that could not be opened. */
    gaps: Type.Array(
      Type.Object(
        { deviceId: Type.Optional(Type.String()), reason: Type.String(), from_ms: Time_ms, to_ms: Time_ms },
        closed,
      ),
      { default: [] },
    ),
  },
  closed,
);
export type RecordingManifest = Static<typeof RecordingManifest>;

/** One true incident. */
export const IncidentLabel = Type.Object(
  {
    id: Type.String({ minLength: 1 }),
    type: Type.String({ minLength: 1 }),
    /** When the state began that is an incident once it has lasted (a stall was set up), not when a rule may say so. */
    from_ms: Time_ms,
    to_ms: Time_ms,
    place: Type.Object({ lon: Type.Number(), lat: Type.Number() }, closed),
    /** Metres around the place within which a finding is about it. */
    radius_m: Type.Number({ exclusiveMinimum: 0, default: 30 }),
    /** The camera, station or truck that could have noticed; several where more than one could. */
    deviceIds: Type.Array(Type.String(), { minItems: 1 }),
    plate: Type.Optional(Type.String()),
    /** How long the state must last at this place by the scenario's policy, the base of the delay. */
    dwell_s: Type.Number({ minimum: 0, default: 0 }),
    /** Where in the camera's picture, x1, y1, x2, y2 as shares. */
    box: Type.Optional(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
    note: Type.Optional(Type.String()),
  },
  closed,
);
export type IncidentLabel = Static<typeof IncidentLabel>;

/** `labels.json`. What looks like an incident and is none (a stall in its hours) is listed too, to explain a false alarm. */
export const RecordingLabels = Type.Object(
  {
    incidents: Type.Array(IncidentLabel),
    decoys: Type.Array(IncidentLabel, { default: [] }),
    /** Types that the labels are complete for; findings of other types are not scored. */
    types: Type.Array(Type.String()),
  },
  closed,
);
export type RecordingLabels = Static<typeof RecordingLabels>;
