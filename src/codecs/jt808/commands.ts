import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import type { CommandValues } from '../../domain/station-command.ts';
import { PICTURE_SIZES, type TruckCommand } from '../../domain/truck-command.ts';
import { tooShort } from './answers.ts';
import { ByteReader, decodeText, encodeText, u8, u16, u32 } from './bytes.ts';
import type { Jt808Edition } from './frame.ts';
import { MESSAGE } from './message-ids.ts';
import { readParameters } from './parameters.ts';

/** A command as it goes out, and the message that answers it. */
export interface EncodedCommand {
  readonly id: number;
  readonly body: Buffer;
  readonly answeredBy: number;
}

/** Flags of a text (8.11): urgent, and where it goes. 2019 writes "urgent" as 2 in two bits, and adds the text's kind. */
const TEXT_FLAG = {
  urgent2013: 0b1,
  service2019: 0b01,
  urgent2019: 0b10,
  display: 0b100,
  speak: 0b1000,
} as const;
const TEXT_KIND_NOTICE = 1;
const SHOOT = { saveAtOnce: 0, middle: 0x80, level: 0x40 } as const;
const SHOT_RESULTS: readonly string[] = ['ok', 'it failed', 'no such channel'];

/** A command in the terminal's edition; refused where its text is not GBK. */
export function encodeCommand(command: TruckCommand, edition: Jt808Edition): Decoded<EncodedCommand> {
  const acknowledged = (id: number, body: Buffer): Decoded<EncodedCommand> =>
    decoded({ id, body, answeredBy: MESSAGE.terminalAck });
  switch (command.name) {
    case 'send-text': {
      const text = encodeText(command.text);
      if (decodeText(text) !== command.text.trimEnd())
        return refused('schema', 'has characters that are not in GBK', 'text');
      return acknowledged(MESSAGE.text, Buffer.concat([textHead(command, edition), text]));
    }
    case 'track':
      return acknowledged(MESSAGE.track, Buffer.concat([u16(command.interval_s), u32(command.for_s)]));
    case 'stop-tracking':
      // With 0 the second field is left out (8.27).
      return acknowledged(MESSAGE.track, u16(0));
    case 'get-position':
      return decoded({
        id: MESSAGE.positionQuery,
        body: Buffer.alloc(0),
        answeredBy: MESSAGE.positionAnswer,
      });
    case 'get-parameters': {
      const { ids } = command;
      const answeredBy = MESSAGE.parameterAnswer;
      if (ids === undefined)
        return decoded({ id: MESSAGE.parameterQuery, body: Buffer.alloc(0), answeredBy });
      const body = Buffer.concat([u8(ids.length), ...ids.map(u32)]);
      return decoded({ id: MESSAGE.someParametersQuery, body, answeredBy });
    }
    case 'take-picture': {
      const { channel, count = 1, interval_s = 0, size = '640x480', quality = 5 } = command;
      const light = [SHOOT.middle, SHOOT.level, SHOOT.level, SHOOT.middle].map(u8);
      const how = [u8(SHOOT.saveAtOnce), u8(PICTURE_SIZES[size]), u8(quality), ...light];
      const body = Buffer.concat([u8(channel), u16(count), u16(interval_s), ...how]);
      return decoded({ id: MESSAGE.shoot, body, answeredBy: MESSAGE.shotAnswer });
    }
  }
}

function textHead(
  { urgent = false, display = true, speak = false }: Extract<TruckCommand, { name: 'send-text' }>,
  edition: Jt808Edition,
): Buffer {
  const where = (display ? TEXT_FLAG.display : 0) | (speak ? TEXT_FLAG.speak : 0);
  if (edition !== '2019') return u8(where | (urgent ? TEXT_FLAG.urgent2013 : 0));
  const level = urgent ? TEXT_FLAG.urgent2019 : TEXT_FLAG.service2019;
  return Buffer.concat([u8(where | level), u8(TEXT_KIND_NOTICE)]);
}

/** A command as a terminal reads it; refused where it is none of those that are sent here. */
export function decodeCommand(id: number, body: Buffer, edition: Jt808Edition): Decoded<TruckCommand> {
  const reader = new ByteReader(body);
  if (id === MESSAGE.text) {
    const flag = reader.u8();
    if (edition === '2019') reader.u8();
    if (reader.isShort) return tooShort('text', body, edition === '2019' ? 2 : 1);
    const urgent = (flag & (edition === '2019' ? TEXT_FLAG.urgent2019 : TEXT_FLAG.urgent2013)) !== 0;
    const where = { display: (flag & TEXT_FLAG.display) !== 0, speak: (flag & TEXT_FLAG.speak) !== 0 };
    return decoded({ name: 'send-text', text: decodeText(reader.rest()), urgent, ...where });
  }
  if (id === MESSAGE.track) {
    const interval_s = reader.u16();
    if (reader.isShort) return tooShort('tracking', body, 2);
    if (interval_s === 0) return decoded({ name: 'stop-tracking' });
    const for_s = reader.u32();
    return reader.isShort ? tooShort('tracking', body, 6) : decoded({ name: 'track', interval_s, for_s });
  }
  if (id === MESSAGE.positionQuery) return decoded({ name: 'get-position' });
  if (id === MESSAGE.parameterQuery) return decoded({ name: 'get-parameters' });
  if (id === MESSAGE.someParametersQuery) {
    const count = reader.u8();
    if (reader.isShort || reader.left < 4 * count) return tooShort('parameter query', body, 1 + 4 * count);
    return decoded({ name: 'get-parameters', ids: Array.from({ length: count }, () => reader.u32()) });
  }
  if (id !== MESSAGE.shoot) return refused('unsupported', 'no command that is known', 'message id');
  const [channel, count, interval_s] = [reader.u8(), reader.u16(), reader.u16()];
  reader.u8();
  const number = reader.u8();
  const quality = reader.u8();
  if (reader.isShort) return tooShort('camera command', body, 8);
  const [size] = Object.entries(PICTURE_SIZES).find(([, value]) => value === number) ?? [];
  if (size === undefined) return refused('schema', `no picture size ${number}`, 'size');
  return decoded({
    ...{ name: 'take-picture', channel, count, interval_s, quality },
    size: size as keyof typeof PICTURE_SIZES,
  });
}

/** What a terminal answered: to which of our messages, and what, or that it could not. */
export interface CommandAnswer {
  readonly serial: number;
  readonly values: CommandValues;
  readonly failure?: string;
}

/** The bodies of 0x0104 and 0x0805; those of 0x0201 begin with the serial, and a location follows. */
export function decodeCommandAnswer(id: number, body: Buffer): Decoded<CommandAnswer> {
  const reader = new ByteReader(body);
  const serial = reader.u16();
  if (id === MESSAGE.positionAnswer) {
    return reader.isShort ? tooShort('position answer', body, 2) : decoded({ serial, values: {} });
  }
  if (id === MESSAGE.parameterAnswer) {
    const parameters = readParameters(reader);
    if (parameters === undefined) return refused('malformed', 'parameters that end too early', 'body');
    return decoded({ serial, values: { parameters } });
  }
  const result = reader.u8();
  if (reader.isShort) return tooShort('camera answer', body, 3);
  if (result !== 0) {
    return decoded({ serial, values: {}, failure: SHOT_RESULTS[result] ?? `result ${result}` });
  }
  const count = reader.u16();
  if (reader.isShort || reader.left < 4 * count) return tooShort('camera answer', body, 5 + 4 * count);
  return decoded({ serial, values: { media_ids: Array.from({ length: count }, () => reader.u32()) } });
}

/** The body of 0x0805: `result` 0 with the ids of what was taken. */
export function encodeShotAnswer(serial: number, result: number, mediaIds: readonly number[]): Buffer {
  const taken = result === 0 ? [u16(mediaIds.length), ...mediaIds.map(u32)] : [];
  return Buffer.concat([u16(serial), u8(result), ...taken]);
}
