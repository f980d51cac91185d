import Type, { type Static } from 'typebox';

const fault = (type: string, after_s: number, clear_s: number, severity: number) => ({
  enabled: Type.Boolean({ default: true }),
  type: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', default: type }),
  after_s: Type.Number({
    minimum: 0,
    maximum: 86_400,
    default: after_s,
    description: 'it must last so long',
  }),
  clear_s: Type.Number({
    minimum: 0,
    maximum: 86_400,
    default: clear_s,
    description: 'gone for so long, it is over',
  }),
  severity: Type.Integer({ minimum: 1, maximum: 4, default: severity }),
});
const section = { default: {}, additionalProperties: false } as const;

/** What counts as a fault of a camera, and from when on it is an incident. */
export const CameraHealthConfig = Type.Object(
  {
    kind: Type.Literal('camera-health'),
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    enabled: Type.Boolean({ default: true }),
    update_s: Type.Number({ minimum: 1, maximum: 86_400, default: 600 }),
    frozen: Type.Object(fault('camera-frozen', 180, 30, 2), section),
    obscured: Type.Object(fault('camera-obscured', 60, 30, 2), section),
    dark: Type.Object(fault('camera-obscured', 60, 30, 2), section),
    defocused: Type.Object(fault('camera-obscured', 60, 30, 1), section),
    moved: Type.Object(fault('camera-moved', 60, 60, 2), section),
    clock: Type.Object(
      {
        ...fault('device-clock-wrong', 0, 0, 1),
        tolerance_s: Type.Number({
          minimum: 1,
          maximum: 86_400,
          default: 60,
          description: 'off by no more than this',
        }),
      },
      section,
    ),
  },
  { additionalProperties: false },
);
export type CameraHealthConfig = Static<typeof CameraHealthConfig>;
