import { Compile } from 'typebox/compile';
import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import { StationCommand } from '../../domain/station-command.ts';
import { fieldOf, flagOf, type Hj212Field, type Hj212Message, versionOf } from './message.ts';
import { formatHj212Time, parseHj212Time } from './time.ts';

/** Command numbers of what goes to and fro besides data. */
export const CN = {
  getTime: '1011',
  setTime: '1012',
  timeRequest: '1013',
  getRealtimeInterval: '1061',
  setRealtimeInterval: '1062',
  getMinuteInterval: '1063',
  setMinuteInterval: '1064',
  requestAnswer: '9011',
  result: '9012',
  noticeAnswer: '9013',
  dataAnswer: '9014',
  heartbeat: '9015',
} as const;

/** System type of messages about the exchange itself. */
const SYSTEM = '91';
/** What 9011 (QnRtn) and 9012 (ExeRtn) say (HJ 212-2017, annex B). */
const QN_RETURNS: Readonly<Record<string, string>> = {
  '2': 'refused',
  '3': 'wrong PW',
  '4': 'wrong MN',
  '5': 'wrong ST',
  '6': 'wrong Flag',
  '7': 'wrong QN',
  '8': 'wrong CN',
  '9': 'wrong CRC',
  '100': 'unknown',
};
const EXE_RETURNS: Readonly<Record<string, string>> = {
  '2': 'failed, the cause is not known',
  '3': 'failed: a condition is wrong',
  '4': 'timed out',
  '5': 'busy',
  '6': 'fault of the system',
  '100': 'no data',
};

/** The answer to a message: same request number, no answer wanted. */
export function answerTo(message: Hj212Message, cn: string, cp: readonly Hj212Field[] = []): Hj212Message {
  const { qn, pw, mn } = message;
  return {
    ...(qn !== undefined && { qn }),
    st: SYSTEM,
    cn,
    ...(pw !== undefined && { pw }),
    mn,
    flag: flagOf(versionOf(message)),
    cp: cp.length === 0 ? [] : [cp],
  };
}

/** The number and content of a command to a station. */
export function commandMessage(command: StationCommand, now_ms: number): Pick<Hj212Message, 'cn' | 'cp'> {
  switch (command.name) {
    case 'get-time':
      return { cn: CN.getTime, cp: [] };
    case 'set-time':
      return { cn: CN.setTime, cp: [[['SystemTime', formatHj212Time(command.at_ms ?? now_ms)]]] };
    case 'get-realtime-interval':
      return { cn: CN.getRealtimeInterval, cp: [] };
    case 'set-realtime-interval':
      return { cn: CN.setRealtimeInterval, cp: [[['RtdInterval', String(command.interval_s)]]] };
    case 'get-minute-interval':
      return { cn: CN.getMinuteInterval, cp: [] };
    case 'set-minute-interval':
      return { cn: CN.setMinuteInterval, cp: [[['MinInterval', String(command.interval_min)]]] };
  }
}

const COMMAND = Compile(StationCommand);
const NAMES: Readonly<Record<string, StationCommand['name']>> = {
  [CN.getTime]: 'get-time',
  [CN.setTime]: 'set-time',
  [CN.getRealtimeInterval]: 'get-realtime-interval',
  [CN.setRealtimeInterval]: 'set-realtime-interval',
  [CN.getMinuteInterval]: 'get-minute-interval',
  [CN.setMinuteInterval]: 'set-minute-interval',
};

/** A command as a station gets it; refused where the message is none, or asks for what a station cannot do. */
export function decodeCommand(message: Hj212Message): Decoded<StationCommand> {
  const name = NAMES[message.cn];
  if (name === undefined) return refused('unsupported', `CN ${message.cn} is no command to a station`, 'CN');
  const values = answeredValues(message);
  // Without a time of the platform there is nothing to set.
  if (name === 'set-time' && values.at_ms === undefined) return refused('schema', 'no time', 'SystemTime');
  const command: unknown = { name, ...(name.startsWith('set-') && values) };
  return COMMAND.Check(command) ? decoded(command) : refused('schema', `not within what ${name} takes`, 'CP');
}

/** What a station's 9011 says: undefined where it takes the request, or why not. */
export function refusalOf(message: Hj212Message): string | undefined {
  return returned(fieldOf(message, 'QnRtn'), QN_RETURNS);
}

/** What a station's 9012 says: undefined where it did what was asked, or why not. */
export function failureOf(message: Hj212Message): string | undefined {
  return returned(fieldOf(message, 'ExeRtn'), EXE_RETURNS);
}

/** What a station tells when it is asked: SystemTime as epoch milliseconds, intervals as they are named here. */
export function answeredValues(message: Hj212Message): Readonly<Record<string, number>> {
  const time = parseHj212Time(fieldOf(message, 'SystemTime') ?? '');
  const number = (name: string): number => Number(fieldOf(message, name) ?? Number.NaN);
  const values = {
    at_ms: time?.at_ms ?? Number.NaN,
    interval_s: number('RtdInterval'),
    interval_min: number('MinInterval'),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}

function returned(code: string | undefined, meanings: Readonly<Record<string, string>>): string | undefined {
  if (code === '1') return undefined;
  return meanings[code ?? ''] ?? `code ${(code ?? 'none').slice(0, 8)}`;
}
