import { type Decoded, decoded, refused } from '../../domain/decoded.ts';
import { crcText, hj212Crc } from './crc.ts';
import type { Hj212Deviation } from './deviation.ts';

/** A name and its value, as they stand in CP. */
export type Hj212Field = readonly [name: string, value: string];

/** A data segment (HJ 212-2017, 6.3.2), its values as text. */
export interface Hj212Message {
  /** Request number; an answer carries that of what it answers. */
  readonly qn?: string;
  /** System type: 39 dust of building sites, 23 noise, 91 for answers. */
  readonly st?: string;
  /** Command number: what the message is. */
  readonly cn: string;
  readonly pw?: string;
  /** Identity of the station. */
  readonly mn: string;
  /** Version in the upper six bits; bit 0: an answer is wanted; bit 1: packet numbers follow. */
  readonly flag?: number;
  /** Packets that belong together, and which of them this is, from 1. */
  readonly pnum?: number;
  readonly pno?: number;
  /** CP: groups are separated by `;`, the fields of a group by `,`. */
  readonly cp: readonly (readonly Hj212Field[])[];
}

/** A message with what is peculiar about it. */
export interface Hj212Decoded {
  readonly message: Hj212Message;
  readonly deviations: readonly Hj212Deviation[];
}

/** Editions of the standard by their number in Flag. */
export const HJ212_VERSIONS = { 2005: 0, 2017: 1, 2025: 2 } as const;
const ANSWER_BIT = 1;
const PACKETS_BIT = 2;

/** Four digits of length bound the segment; this is what the standard allows for CP. */
export const CP_BYTES_MAX = 950;
const SEGMENT_BYTES_MAX = 9999;
const HEADER_ITEMS_MAX = 32;
const TEXT_CHARS_MAX = 64;
/** What an answer has to repeat must not hold what separates values. */
const WORD = /^(?:(?![;,=&#])[!-~])+$/;
const HEADER_NAMES = ['QN', 'ST', 'CN', 'PW', 'MN', 'Flag', 'PNUM', 'PNO'] as const;
type HeaderName = (typeof HEADER_NAMES)[number];
type Header = Partial<Record<HeaderName, string>>;

/** True where the sender waits for an answer. */
export function wantsAnswer({ flag = 0 }: Pick<Hj212Message, 'flag'>): boolean {
  return (flag & ANSWER_BIT) !== 0;
}

/** The edition's number in a message's Flag; 2017's where it has none. */
export function versionOf({ flag }: Pick<Hj212Message, 'flag'>): number {
  return flag === undefined ? HJ212_VERSIONS[2017] : flag >> 2;
}

/** The Flag of a message. */
export function flagOf(version: number, isAnswerWanted = false, hasPackets = false): number {
  return (version << 2) | (hasPackets ? PACKETS_BIT : 0) | (isAnswerWanted ? ANSWER_BIT : 0);
}

/** Reads a data segment. Never throws; an error's `where` names the field. */
export function decodeMessage(segment: Uint8Array): Decoded<Hj212Decoded> {
  const text = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength).toString('utf8');
  const found = new Set<Hj212Deviation>();
  const opening = /(?:^|;)CP=&&/i.exec(text);
  if (opening === null) return refused('malformed', 'no CP=&&', 'CP');
  const from = opening.index + opening[0].length;
  const to = text.lastIndexOf('&&');
  if (to < from) return refused('malformed', 'CP is not closed with &&', 'CP');
  if (to + 2 !== text.length) return refused('malformed', 'more behind the end of CP', 'CP');
  const header = readHeader(text.slice(0, opening.index), found);
  if (!header.ok) return header;
  const cp = readCp(text.slice(from, to), found);
  if (!cp.ok) return cp;
  const message = build(header.value, cp.value, found);
  return message.ok ? decoded({ message: message.value, deviations: [...found] }) : message;
}

/** The frame of a message. Throws where a value holds what separates values, or the segment is too long: a bug. */
export function encodeFrame(message: Hj212Message): Buffer {
  const { qn, st, cn, pw, mn, flag, pnum, pno, cp } = message;
  const header = { QN: qn, ST: st, CN: cn, PW: pw, MN: mn, Flag: flag, PNUM: pnum, PNO: pno };
  const items = Object.entries(header).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${clean(String(value))}`],
  );
  const body = cp.map((group) => group.map(([name, value]) => `${clean(name)}=${clean(value)}`).join(','));
  const segment = Buffer.from(`${items.join(';')};CP=&&${body.join(';')}&&`);
  if (segment.length > SEGMENT_BYTES_MAX) throw new Error(`a data segment of ${segment.length} bytes`);
  const head = `##${String(segment.length).padStart(4, '0')}`;
  return Buffer.concat([Buffer.from(head), segment, Buffer.from(`${crcText(hj212Crc(segment))}\r\n`)]);
}

/** Value of a field of CP, whatever its case. */
export function fieldOf(message: Pick<Hj212Message, 'cp'>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const group of message.cp) {
    for (const [key, value] of group) if (key.toLowerCase() === wanted) return value;
  }
  return undefined;
}

function readHeader(text: string, found: Set<Hj212Deviation>): Decoded<Header> {
  const items = text.split(';', HEADER_ITEMS_MAX + 1);
  if (items.length > HEADER_ITEMS_MAX) return refused('malformed', 'too many fields before CP');
  const header: Header = {};
  for (const item of items) {
    const at = item.indexOf('=');
    const key = item.slice(0, at).trim();
    const name = HEADER_NAMES.find((known) => known.toLowerCase() === key.toLowerCase());
    // What other fields mean is not for us to know; an empty item is a separator too many.
    if (at === -1 || name === undefined) continue;
    if (name !== key) found.add('name-case');
    const value = item.slice(at + 1).trim();
    if (value.length > TEXT_CHARS_MAX)
      return refused('malformed', `longer than ${TEXT_CHARS_MAX} characters`, name);
    if (value !== '') header[name] ??= value;
  }
  return decoded(header);
}

function readCp(text: string, found: Set<Hj212Deviation>): Decoded<Hj212Field[][]> {
  const groups: Hj212Field[][] = [];
  if (text === '') return decoded(groups);
  for (const part of text.split(';')) {
    const group: Hj212Field[] = [];
    for (const item of part.split(',')) {
      if (item.trim() === '') {
        found.add('empty-item');
        continue;
      }
      const at = item.indexOf('=');
      if (at <= 0) return refused('malformed', 'a field without = in CP', printable(item.slice(0, 40)));
      group.push([item.slice(0, at).trim(), item.slice(at + 1).trim()]);
    }
    if (group.length > 0) groups.push(group);
  }
  return decoded(groups);
}

function build(
  header: Header,
  cp: readonly Hj212Field[][],
  found: Set<Hj212Deviation>,
): Decoded<Hj212Message> {
  const { QN: qn, ST: st, CN: cn, PW: pw, MN: mn, PNUM, PNO } = header;
  if (mn === undefined || !WORD.test(mn)) return refused('malformed', 'none, or not a word of ASCII', 'MN');
  if (cn === undefined || !/^\d{4}$/.test(cn)) return refused('malformed', 'not four digits', 'CN');
  if (qn === undefined) found.add('qn-missing');
  else if (!/^[0-9A-Za-z]{1,32}$/.test(qn)) return refused('malformed', 'not digits', 'QN');
  else if (!/^\d{17}$/.test(qn)) found.add('qn-form');
  if (pw !== undefined && !WORD.test(pw)) return refused('malformed', 'not a word of ASCII', 'PW');
  if (st !== undefined && !WORD.test(st)) return refused('malformed', 'not a word of ASCII', 'ST');
  const flag = readFlag(header.Flag ?? strayFlag(cp, found));
  if (flag === undefined) found.add('flag-missing');
  else if (Number.isNaN(flag)) return refused('malformed', 'not a number of one byte', 'Flag');
  const pnum = readNumber(PNUM, found);
  const pno = readNumber(PNO, found);
  if (Number.isNaN(pnum) || Number.isNaN(pno) || (pno ?? 1) > (pnum ?? 9999) || pno === 0) {
    return refused('malformed', 'no packet of that number', 'PNO');
  }
  return decoded({
    ...(qn !== undefined && { qn }),
    ...(st !== undefined && { st }),
    cn,
    ...(pw !== undefined && { pw }),
    mn,
    ...(flag !== undefined && { flag }),
    ...(pnum !== undefined && { pnum }),
    ...(pno !== undefined && { pno }),
    cp,
  });
}

/** Some put the header's Flag among the factors; a letter there is a data flag and no affair of ours here. */
function strayFlag(cp: readonly Hj212Field[][], found: Set<Hj212Deviation>): string | undefined {
  const value = fieldOf({ cp }, 'Flag');
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  found.add('flag-in-cp');
  return value;
}

function readFlag(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return value <= 255 ? value : Number.NaN;
}

function readNumber(text: string | undefined, found: Set<Hj212Deviation>): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,8}$/.test(text)) return Number.NaN;
  if (/^0\d/.test(text)) found.add('padded-number');
  return Number(text) <= 9999 ? Number(text) : Number.NaN;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function clean(text: string): string {
  if (/[;,=&\r\n]|##/.test(text)) throw new Error(`"${text}" cannot stand in a frame`);
  return text;
}
