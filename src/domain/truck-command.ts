import Type, { type Static } from 'typebox';
import { StationCommand } from './station-command.ts';

const closed = { additionalProperties: false } as const;

/** Sizes of a picture that a terminal can be asked for, by their number in 0x8801. */
export const PICTURE_SIZES = {
  '320x240': 1,
  '640x480': 2,
  '800x600': 3,
  '1024x768': 4,
  '176x144': 5,
  '352x288': 6,
  '704x288': 7,
  '704x576': 8,
} as const;
const SIZES = Object.keys(PICTURE_SIZES) as (keyof typeof PICTURE_SIZES)[];

/** What a truck's terminal that speaks JT/T 808 can be told or asked. */
export const TruckCommand = Type.Union([
  Type.Object(
    {
      name: Type.Literal('send-text'),
      text: Type.String({ minLength: 1, maxLength: 480 }),
      urgent: Type.Optional(Type.Boolean()),
      display: Type.Optional(Type.Boolean({ description: "on the terminal's screen; absent: yes" })),
      speak: Type.Optional(Type.Boolean({ description: 'read out' })),
    },
    closed,
  ),
  Type.Object(
    {
      name: Type.Literal('track'),
      interval_s: Type.Integer({ minimum: 1, maximum: 3600 }),
      for_s: Type.Integer({ minimum: 1, maximum: 86_400 }),
    },
    closed,
  ),
  Type.Object({ name: Type.Literal('stop-tracking') }, closed),
  Type.Object({ name: Type.Literal('get-position') }, closed),
  Type.Object(
    {
      name: Type.Literal('get-parameters'),
      ids: Type.Optional(
        Type.Array(Type.Integer({ minimum: 1, maximum: 0xffff_ffff }), {
          minItems: 1,
          maxItems: 100,
          description: 'absent: all',
        }),
      ),
    },
    closed,
  ),
  Type.Object(
    {
      name: Type.Literal('take-picture'),
      channel: Type.Integer({ minimum: 1, maximum: 255 }),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
      interval_s: Type.Optional(Type.Integer({ minimum: 0, maximum: 60 })),
      size: Type.Optional(Type.Enum(SIZES)),
      quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: '1: least lost' })),
    },
    closed,
  ),
]);
export type TruckCommand = Static<typeof TruckCommand>;

/** Every command that some device takes. */
export const DeviceCommand = Type.Union([...StationCommand.anyOf, ...TruckCommand.anyOf]);
export type DeviceCommand = Static<typeof DeviceCommand>;

const TRUCK_COMMANDS: readonly string[] = TruckCommand.anyOf.map(({ properties }) => properties.name.const);

/** True for a command that trucks take. */
export function isTruckCommand(command: DeviceCommand): command is TruckCommand {
  return TRUCK_COMMANDS.includes(command.name);
}
