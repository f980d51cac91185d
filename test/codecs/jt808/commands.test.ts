import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCommand,
  decodeCommandAnswer,
  encodeCommand,
  encodeShotAnswer,
} from '../../../src/codecs/jt808/commands.ts';
import { MESSAGE } from '../../../src/codecs/jt808/message-ids.ts';
import { encodeParameters } from '../../../src/codecs/jt808/parameters.ts';
import { PICTURE_SIZES, type TruckCommand } from '../../../src/domain/truck-command.ts';
import { mutated } from '../../support/mutate.ts';

const SEED = 8300;
const edition = fc.constantFrom('2013' as const, '2019' as const);
const command: fc.Arbitrary<TruckCommand> = fc.oneof(
  fc.record({
    name: fc.constant('send-text' as const),
    text: fc.stringMatching(/^[湘京A-Z0-9测试车！]{1,100}$/),
    urgent: fc.boolean(),
    display: fc.boolean(),
    speak: fc.boolean(),
  }),
  fc.record({
    name: fc.constant('track' as const),
    interval_s: fc.integer({ min: 1, max: 3600 }),
    for_s: fc.integer({ min: 1, max: 86_400 }),
  }),
  fc.constant<TruckCommand>({ name: 'stop-tracking' }),
  fc.constant<TruckCommand>({ name: 'get-position' }),
  fc.constant<TruckCommand>({ name: 'get-parameters' }),
  fc.record({
    name: fc.constant('get-parameters' as const),
    ids: fc.array(fc.integer({ min: 1, max: 0xffff_ffff }), { minLength: 1, maxLength: 100 }),
  }),
  fc.record({
    name: fc.constant('take-picture' as const),
    channel: fc.integer({ min: 1, max: 255 }),
    count: fc.integer({ min: 1, max: 10 }),
    interval_s: fc.integer({ min: 0, max: 60 }),
    size: fc.constantFrom(...(Object.keys(PICTURE_SIZES) as (keyof typeof PICTURE_SIZES)[])),
    quality: fc.integer({ min: 1, max: 10 }),
  }),
);

function encoded(order: TruckCommand, of: '2013' | '2019') {
  const made = encodeCommand(order, of);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

describe('commands to terminals', () => {
  it('are read as they were written, in both editions', () => {
    fc.assert(
      fc.property(command, edition, (order, of) => {
        const { id, body } = encoded(order, of);
        expect(decodeCommand(id, body, of)).toEqual({ ok: true, value: order });
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('never throw where their bytes, or those of an answer, are damaged, and say only what JSON can hold', () => {
    const bodies = [
      encoded({ name: 'get-parameters', ids: [1, 2, 3] }, '2019').body,
      encoded({ name: 'take-picture', channel: 1 }, '2019').body,
      encodeShotAnswer(7, 0, [1, 2, 3]),
      encodeParameters(
        7,
        new Map<number, number | string>([
          [0x0001, 60],
          [0x0012, 'secret'],
          [0x0083, '湘A12345'],
          [0xf001, 'x'],
        ]),
      ),
    ];
    const ids = Object.values(MESSAGE);
    fc.assert(
      fc.property(mutated(bodies), fc.constantFrom(...ids), edition, (bytes, id, of) => {
        for (const read of [decodeCommand(id, bytes, of), decodeCommandAnswer(id, bytes)]) {
          if (!read.ok) expect(read.error.message).not.toBe('');
          else expect(JSON.parse(JSON.stringify(read.value))).toEqual(read.value);
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
