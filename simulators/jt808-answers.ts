import { ACK, encodeAck } from '../src/codecs/jt808/answers.ts';
import { u16 } from '../src/codecs/jt808/bytes.ts';
import { decodeCommand, encodeShotAnswer } from '../src/codecs/jt808/commands.ts';
import type { Jt808Edition } from '../src/codecs/jt808/frame.ts';
import { encodeLocation, type Location } from '../src/codecs/jt808/location.ts';
import { MESSAGE } from '../src/codecs/jt808/message-ids.ts';
import { encodeMedia } from '../src/codecs/jt808/multimedia.ts';
import { encodeParameters } from '../src/codecs/jt808/parameters.ts';

/** A message with which a simulated terminal answers. */
export interface TerminalAnswer {
  readonly id: number;
  readonly body: Buffer;
}

const PARAMETERS: ReadonlyMap<number, number | string> = new Map<number, number | string>([
  [0x0001, 60],
  [0x0013, 'gateway.example'],
  [0x0029, 30],
  [0x0055, 60],
]);
/** The smallest grey JPEG: what a simulated camera sees. */
const PICTURE = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==',
  'base64',
);

/**
 * What a simulated terminal answers a command with: it takes texts and tracking, knows four parameters, and has one
 * camera, on channel 1. Nothing for messages that are no command.
 */
export function answerCommand(
  { id, body, serial }: { readonly id: number; readonly body: Buffer; readonly serial: number },
  edition: Jt808Edition,
  location: Location | undefined,
): TerminalAnswer[] {
  const ack = (result: number): TerminalAnswer => ({
    id: MESSAGE.terminalAck,
    body: encodeAck({ serial, id, result }),
  });
  const command = decodeCommand(id, body, edition);
  if (!command.ok) return command.error.code === 'unsupported' ? [] : [ack(ACK.wrong)];
  switch (command.value.name) {
    case 'get-position':
      if (location === undefined) return [ack(ACK.failed)];
      return [{ id: MESSAGE.positionAnswer, body: Buffer.concat([u16(serial), encodeLocation(location)]) }];
    case 'get-parameters': {
      const { ids } = command.value;
      const known = [...PARAMETERS].filter(([key]) => ids === undefined || ids.includes(key));
      return [{ id: MESSAGE.parameterAnswer, body: encodeParameters(serial, new Map(known)) }];
    }
    case 'take-picture': {
      const { channel, count = 1 } = command.value;
      if (channel !== 1 || location === undefined) {
        return [{ id: MESSAGE.shotAnswer, body: encodeShotAnswer(serial, 2, []) }];
      }
      const ids = Array.from({ length: count }, (_none, n) => serial * 16 + n + 1);
      const pictures = ids.map((mediaId) => ({
        id: MESSAGE.multimediaData,
        body: encodeMedia({ id: mediaId, type: 0, format: 0, event: 0, channel, location, data: PICTURE }),
      }));
      return [ack(ACK.ok), { id: MESSAGE.shotAnswer, body: encodeShotAnswer(serial, 0, ids) }, ...pictures];
    }
    default:
      return [ack(ACK.ok)];
  }
}
