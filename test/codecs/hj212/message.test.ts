import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerTo,
  commandMessage,
  decodeCommand,
  failureOf,
  refusalOf,
} from '../../../src/codecs/hj212/commands.ts';
import { Hj212Splitter } from '../../../src/codecs/hj212/frame-splitter.ts';
import {
  decodeMessage,
  encodeFrame,
  type Hj212Message,
  versionOf,
  wantsAnswer,
} from '../../../src/codecs/hj212/message.ts';
import { formatHj212Time, formatQn, parseHj212Time } from '../../../src/codecs/hj212/time.ts';
import type { StationCommand } from '../../../src/domain/station-command.ts';
import { frameOf } from '../../support/hj212.ts';

const AT_MS = Date.parse('2026-07-01T09:30:00+08:00');
const decode = (segment: string) => decodeMessage(Buffer.from(segment));

/** The message and its deviations; throws where it is refused. */
function read(segment: string): { message: Hj212Message; deviations: readonly string[] } {
  const result = decode(segment);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('a data segment', () => {
  it('is read into its fields', () => {
    const { message, deviations } = read(
      'QN=20160801085857534;ST=32;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801080000;w00000-Min=16.4,w00000-Flag=N&&',
    );
    expect(deviations).toEqual([]);
    expect(message).toEqual({
      qn: '20160801085857534',
      st: '32',
      cn: '2061',
      pw: '123456',
      mn: '010000A8900016F000169DC0',
      flag: 7,
      pnum: 2,
      pno: 1,
      cp: [
        [['DataTime', '20160801080000']],
        [
          ['w00000-Min', '16.4'],
          ['w00000-Flag', 'N'],
        ],
      ],
    });
    expect([wantsAnswer(message), versionOf(message)]).toEqual([true, 1]);
  });

  it.each([
    ['FLAG=5;CN=2011;MN=X;QN=20260701093000001;CP=&&&&', ['name-case'], { flag: 5 }],
    ['QN=201909262113836CST;CN=2011;MN=X;Flag=0;CP=&&&&', ['qn-form'], { qn: '201909262113836CST', flag: 0 }],
    ['CN=2011;MN=X;Flag=4;CP=&&&&', ['qn-missing'], {}],
    ['QN=20260701093000001;CN=2011;MN=X;CP=&&&&', ['flag-missing'], {}],
    ['QN=20260701093000001;CN=2011;MN=X;CP=&&DataTime=20260701093000;Flag=5&&', ['flag-in-cp'], { flag: 5 }],
    [
      'QN=20260701093000001;CN=2051;MN=X;Flag=6;PNO=0002;PNUM=0002;CP=&&&&',
      ['padded-number'],
      { pnum: 2, pno: 2 },
    ],
    ['QN=20260701093000001;CN=2011;MN=X;Flag=4;CP=&&a=1;&&', ['empty-item'], { cp: [[['a', '1']]] }],
    ['QN=20260701093000001;ST=;CN=9015;MN=X;Flag=9;CP=&&&&', [], { flag: 9, cp: [] }],
    ['QN=20260701093000001;CN=2011;MN=X;Flag=4;Extra=1;CP=&&&&', [], { cn: '2011' }],
  ])('is taken with what the field makes of it: %s', (segment, deviations, wanted) => {
    const found = read(segment);
    expect(found.deviations).toEqual(deviations);
    expect(found.message).toMatchObject(wanted);
  });

  it.each([
    ['QN=1;CN=2011;MN=X', 'CP'],
    ['QN=1;CN=2011;MN=X;CP=&&a=1', 'CP'],
    ['QN=1;CN=2011;MN=X;CP=&&a=1&&more', 'CP'],
    ['QN=1;CN=2011;MN=X;CP=&&a&&', 'a'],
    ['CN=2011;CP=&&&&', 'MN'],
    ['MN=X Y;CN=2011;CP=&&&&', 'MN'],
    ['MN=X;CN=20;CP=&&&&', 'CN'],
    ['MN=X;CP=&&&&', 'CN'],
    ['MN=X;CN=2011;QN=12-3;CP=&&&&', 'QN'],
    ['MN=X;CN=2011;Flag=x;CP=&&&&', 'Flag'],
    ['MN=X;CN=2011;Flag=999;CP=&&&&', 'Flag'],
    ['MN=X;CN=2011;PNUM=2;PNO=3;CP=&&&&', 'PNO'],
    ['MN=X;CN=2011;PNUM=2;PNO=0;CP=&&&&', 'PNO'],
    ['MN=X;CN=2011;PW=a=b;CP=&&&&', 'PW'],
    [`MN=${'X'.repeat(65)};CN=2011;CP=&&&&`, 'MN'],
  ])('is refused where it cannot be used: %s', (segment, where) => {
    expect(decode(segment)).toMatchObject({ ok: false, error: { code: 'malformed', where } });
  });

  const word = fc.stringMatching(/^[0-9A-Za-z]{1,20}$/);
  const text = fc.stringMatching(/^[0-9A-Za-z.仪器 -]{0,12}$/).map((value) => value.trim());
  const field = fc.tuple(fc.stringMatching(/^[A-Za-z][0-9A-Za-z-]{0,12}$/), text);
  const messages: fc.Arbitrary<Hj212Message> = fc.record(
    {
      qn: fc
        .date({ min: new Date('2000-01-02'), max: new Date('2099-12-30'), noInvalidDate: true })
        .map((date) => formatQn(date.getTime())),
      st: fc.constantFrom('39', '22', 'A1'),
      cn: fc.constantFrom('2011', '2051', '9014', '1012'),
      pw: word,
      mn: word,
      flag: fc.integer({ min: 0, max: 255 }),
      cp: fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
    },
    { requiredKeys: ['cn', 'mn', 'flag', 'cp'] },
  );

  it('is what was encoded', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const pieces = new Hj212Splitter().push(encodeFrame(message));
        const [piece] = pieces;
        expect(pieces).toHaveLength(1);
        if (piece?.kind !== 'frame') throw new Error(`no frame: ${piece?.kind}`);
        expect(decodeMessage(piece.segment)).toMatchObject({ ok: true, value: { message } });
      }),
      { numRuns: 300 },
    );
  });

  it('never throws, and can be answered where it was taken, whatever bytes it has', () => {
    const frame = frameOf('2011', 'DataTime=20260701093000;a34002-Rtd=80.5,a34002-Flag=N', {
      pnum: 2,
      pno: 1,
    });
    const segment = frame.subarray(6, -6);
    const changes = fc.array(fc.tuple(fc.nat(segment.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    });
    const mutated = changes.map((list) => {
      const bytes = Buffer.from(segment);
      for (const [at, value] of list) bytes[at] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const result = decodeMessage(bytes);
        if (result.ok) expect(encodeFrame(answerTo(result.value.message, '9014')).length).toBeGreaterThan(20);
        else expect(result.error.message).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('times', () => {
  it.each([
    ['20260701093000', '2026-07-01T09:30:00.000+08:00', true],
    ['20260701093000123', '2026-07-01T09:30:00.123+08:00', false],
    ['20260701093000CST', '2026-07-01T09:30:00.000+08:00', false],
    ['202607010930', '2026-07-01T09:30:00.000+08:00', false],
    ['20260701', '2026-07-01T00:00:00.000+08:00', false],
    // Seconds without their zero in front of three digits more.
    ['201909262113836', '2019-09-26T21:13:08.000+08:00', false],
    ['202607010930001', '2026-07-01T09:30:00.000+08:00', false],
  ])('%s is %s', (text, iso, isRegular) => {
    expect(parseHj212Time(text)).toEqual({ at_ms: Date.parse(iso), isRegular });
  });

  it.each([
    '',
    'now',
    '2026070109300',
    '20260631093000',
    '20260701243000',
    '20260701096000',
    '19990701093000',
    '21000701093000',
    '20260701093000;',
  ])('"%s" is none', (text) => {
    expect(parseHj212Time(text)).toBeUndefined();
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0, 2), max: Date.UTC(2099, 11, 30) }), (at_ms) => {
        expect(parseHj212Time(formatQn(at_ms), 17)).toEqual({ at_ms, isRegular: true });
        expect(parseHj212Time(formatHj212Time(at_ms))?.at_ms).toBe(Math.floor(at_ms / 1000) * 1000);
      }),
    );
  });
});

describe('commands and answers', () => {
  it('answers under the same number and edition, and wants no answer', () => {
    const { message } = read('QN=20260701093000001;ST=39;CN=2011;PW=123456;MN=X;Flag=9;CP=&&&&');
    expect(encodeFrame(answerTo(message, '9014')).toString()).toMatch(
      /^##\d{4}QN=20260701093000001;ST=91;CN=9014;PW=123456;MN=X;Flag=8;CP=&&&&[0-9A-F]{4}\r\n$/,
    );
  });

  const commands: StationCommand[] = [
    { name: 'get-time' },
    { name: 'set-time', at_ms: AT_MS },
    { name: 'get-realtime-interval' },
    { name: 'set-realtime-interval', interval_s: 30 },
    { name: 'get-minute-interval' },
    { name: 'set-minute-interval', interval_min: 15 },
  ];
  it.each(commands)('reads what it writes: $name', (command) => {
    expect(decodeCommand({ mn: 'X', ...commandMessage(command, 0) })).toEqual({ ok: true, value: command });
  });

  it('gives a station the time of the platform where none is named', () => {
    expect(commandMessage({ name: 'set-time' }, AT_MS).cp).toEqual([[['SystemTime', '20260701093000']]]);
  });

  it.each([
    ['1062', 'RtdInterval=29'],
    ['1062', 'RtdInterval=x'],
    ['1064', 'MinInterval=7'],
    ['1012', 'SystemTime=x'],
    ['2011', ''],
  ])('refuses to be told %s %s', (cn, cp) => {
    expect(decodeCommand(read(`CN=${cn};MN=X;CP=&&${cp}&&`).message).ok).toBe(false);
  });

  it('says in words why a station did not', () => {
    expect(refusalOf(read('CN=9011;MN=X;CP=&&QnRtn=1&&').message)).toBeUndefined();
    expect(refusalOf(read('CN=9011;MN=X;CP=&&QnRtn=3&&').message)).toBe('wrong PW');
    expect(failureOf(read('CN=9012;MN=X;CP=&&ExeRtn=1&&').message)).toBeUndefined();
    expect(failureOf(read('CN=9012;MN=X;CP=&&ExeRtn=5&&').message)).toBe('busy');
    expect(failureOf(read('CN=9012;MN=X;CP=&&&&').message)).toBe('code none');
  });
});
