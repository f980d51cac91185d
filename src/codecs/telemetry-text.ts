import type { DeviceKind } from '../domain/device.ts';
import type { ObservationText } from '../domain/observation.ts';
import {
  DUST_METRICS,
  DustPayload,
  NOISE_METRICS,
  NoisePayload,
  PositionPayload,
} from '../domain/telemetry.ts';
import { parseAt_ms } from '../domain/time.ts';

/** Which message it is; `crs` other than WGS-84 is not for here. */
export interface TextInput {
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly received_ms: number;
  readonly crs?: string | undefined;
}

/** Longer payloads are lists of readings, or strange. */
const BYTES_MAX = 1024;
/** Decimals of up to so many digits come back from a double as they were written. */
const DIGITS_MAX = 15;
const POWERS_OF_TEN = Array.from({ length: DIGITS_MAX + 1 }, (_, exponent) => 10 ** exponent);
/** Smaller numbers are written with an exponent. */
const SMALLEST = 1e-6;

const [QUOTE, COMMA, COLON, BRACE, BRACE_END] = [34, 44, 58, 123, 125] as const;

const PLAIN_ID = /^[\w.-]*$/;

type Property = Readonly<Record<string, unknown>>;

/** What a field of a payload may hold. */
interface Field {
  readonly index: number;
  readonly type: 'number' | 'integer' | 'boolean' | 'text' | 'time';
  readonly minimum: number;
  readonly maximum: number;
  readonly texts: ReadonlySet<string>;
}

interface Form {
  readonly kind: 'position' | 'reading';
  readonly fields: ReadonlyMap<string, Field>;
  /** The same in order, each with its name and the quote behind it. */
  readonly tokens: readonly { readonly token: string; readonly field: Field }[];
  /** Of the fields that must be there. */
  readonly required: readonly number[];
  /** In which order they are written, each with the text before it. */
  readonly parts: readonly { readonly index: number; readonly key: string }[];
  /** What stands around the parts: readings have theirs in an object. */
  readonly open: string;
  readonly close: string;
  readonly deviceKind: string;
}

const POSITION = form('position', PositionPayload, ['lon', 'lat'], '');
const DUST = form('reading', DustPayload, DUST_METRICS, '"deviceKind":"dust",');
const NOISE = form('reading', NoisePayload, NOISE_METRICS, '"deviceKind":"noise",');
const LON = POSITION.fields.get('lon')?.index ?? 0;
const LAT = POSITION.fields.get('lat')?.index ?? 0;

/**
 * The quick way for the usual message: one flat object of known fields, its numbers written as JSON writes them.
 * Gives the text that `JSON.stringify` gives of what `decodeTelemetry` gives, without making either; undefined
 * for everything that is unusual or wrong, which is `decodeTelemetry`'s to take or to refuse.
 */
export function telemetryText(input: TextInput): ObservationText | undefined {
  const { deviceId, payload, received_ms, crs } = input;
  const form = formOf(input);
  if (form === undefined || payload.length > BYTES_MAX || (crs !== undefined && crs !== 'wgs84'))
    return undefined;
  // Bytes above 127 are in none of the fields, so what they stand for does not matter.
  const scan = new Scan(
    Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1'),
    form,
  );
  if (!scan.read()) return undefined;
  const { values, at_ms } = scan;
  if (form.kind === 'position' && values[LON] === '0' && values[LAT] === '0') return undefined;
  const head = `{"kind":"${form.kind}",${form.deviceKind}"deviceId":${quoted(deviceId)},"at_ms":${at_ms},"received_ms":${received_ms}`;
  return { kind: form.kind, deviceId, at_ms, received_ms, text: head + rest(form, values) };
}

function formOf({ deviceKind, channel }: TextInput): Form | undefined {
  if (channel === 'position') return deviceKind === 'truck' ? POSITION : undefined;
  if (channel !== 'reading') return undefined;
  if (deviceKind === 'dust') return DUST;
  return deviceKind === 'noise' ? NOISE : undefined;
}

function rest({ kind, parts, open, close, fields }: Form, values: readonly (string | undefined)[]): string {
  let text = '';
  for (const { index, key } of parts) {
    const value = values[index];
    if (value !== undefined) text += key + value;
  }
  if (kind === 'position') return `${text}}`;
  const flag = values[fields.get('flag')?.index ?? -1];
  return open + text.slice(1) + close + (flag === undefined ? '}' : `,"flag":${flag}}`);
}

function quoted(id: string): string {
  return PLAIN_ID.test(id) ? `"${id}"` : JSON.stringify(id);
}

function hasAll(values: readonly (string | undefined)[], indices: readonly number[]): boolean {
  for (const index of indices) if (values[index] === undefined) return false;
  return true;
}

/** One pass over a payload. */
class Scan {
  /** The fields' texts as they are to be written. */
  readonly values: (string | undefined)[] = [];
  at_ms = 0;
  readonly #text: string;
  readonly #form: Form;
  #at = 0;
  #expected = 0;

  constructor(text: string, form: Form) {
    this.#text = text;
    this.#form = form;
  }

  /** False for what is not for here. */
  read(): boolean {
    if (this.#next() !== BRACE) return false;
    for (;;) {
      if (this.#next() !== QUOTE || !this.#member()) return false;
      const end = this.#next();
      if (end === BRACE_END) break;
      if (end !== COMMA) return false;
    }
    this.#skip();
    return this.#at === this.#text.length && hasAll(this.values, this.#form.required);
  }

  #member(): boolean {
    const field = this.#field();
    if (field === undefined || this.values[field.index] !== undefined || this.#next() !== COLON) return false;
    this.#skip();
    const value = this.#value(field);
    this.values[field.index] = value;
    return value !== undefined;
  }

  /** The field whose name begins here; devices mostly send them in the order of the contract. */
  #field(): Field | undefined {
    const { tokens, fields } = this.#form;
    for (let index = this.#expected; index < tokens.length; index += 1) {
      const known = tokens[index];
      if (known === undefined || !this.#text.startsWith(known.token, this.#at)) continue;
      this.#at += known.token.length;
      this.#expected = index + 1;
      return known.field;
    }
    return fields.get(this.#quoted() ?? '');
  }

  #value(field: Field): string | undefined {
    const first = this.#text.charCodeAt(this.#at);
    if (first === 34) {
      this.#at += 1;
      const text = this.#quoted();
      if (text === undefined) return undefined;
      if (field.type === 'time') return this.#time(parseAt_ms(text));
      return field.type === 'text' && field.texts.has(text) ? `"${text}"` : undefined;
    }
    if (field.type === 'boolean') return this.#word('true') ?? this.#word('false');
    return field.type === 'text' ? undefined : this.#number(field);
  }

  #time(at_ms: number | undefined): string | undefined {
    this.at_ms = at_ms ?? 0;
    return at_ms === undefined ? undefined : '';
  }

  #word(word: string): string | undefined {
    if (!this.#text.startsWith(word, this.#at)) return undefined;
    this.#at += word.length;
    return word;
  }

  /** The text up to the closing quote, which is behind the place then; undefined where anything is escaped. */
  #quoted(): string | undefined {
    const from = this.#at;
    for (let at = from; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 34) {
        this.#at = at + 1;
        return this.#text.slice(from, at);
      }
      if (code === 92 || code < 32 || code > 126) return undefined;
    }
    return undefined;
  }

  /** A number's own text, where a double gives it back so and the field may hold it. */
  #number(field: Field): string | undefined {
    const from = this.#at;
    const text = this.#text;
    const isNegative = text.charCodeAt(from) === 45;
    let at = isNegative ? from + 1 : from;
    const digitsFrom = at;
    let point = -1;
    let mantissa = 0;
    let code = text.charCodeAt(at);
    for (; ; at += 1, code = text.charCodeAt(at)) {
      if (code >= 48 && code <= 57) mantissa = mantissa * 10 + (code - 48);
      else if (code === 46 && point < 0) point = at;
      else break;
    }
    const whole = (point < 0 ? at : point) - digitsFrom;
    const decimals = point < 0 ? 0 : at - point - 1;
    if (whole === 0 || whole + decimals > DIGITS_MAX || (code | 32) === 101) return undefined;
    if (whole > 1 && text.charCodeAt(digitsFrom) === 48) return undefined;
    if (point >= 0 && (decimals === 0 || text.charCodeAt(at - 1) === 48)) return undefined;
    const size = mantissa / (POWERS_OF_TEN[decimals] ?? 1);
    if (size < SMALLEST && (size > 0 || isNegative)) return undefined;
    const value = isNegative ? -size : size;
    if (value < field.minimum || value > field.maximum || (field.type === 'integer' && decimals > 0))
      return undefined;
    this.#at = at;
    return field.type === 'time' ? this.#time(parseAt_ms(value)) : text.slice(from, at);
  }

  #skip(): void {
    for (; ; this.#at += 1) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  }

  #next(): number {
    this.#skip();
    this.#at += 1;
    return this.#text.charCodeAt(this.#at - 1);
  }
}

function form(
  kind: Form['kind'],
  schema: { readonly properties: object; readonly required?: readonly string[] | undefined },
  first: readonly string[],
  deviceKind: string,
): Form {
  const names = Object.keys(schema.properties);
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(schema.properties)) {
    const field = fieldOf(names.indexOf(name), name, property as Property);
    if (field !== undefined) fields.set(name, field);
  }
  const rest = names.filter((name) => name !== 'at' && !first.includes(name));
  const order = kind === 'position' ? [...first, ...rest] : first;
  const parts = order.map((name) => ({ index: names.indexOf(name), key: `,${JSON.stringify(name)}:` }));
  const required = (schema.required ?? []).map((name) => names.indexOf(name));
  const tokens = [...fields].map(([name, field]) => ({ token: `${name}"`, field }));
  return { kind, fields, tokens, required, parts, open: ',"metrics":{', close: '}', deviceKind };
}

/** Undefined for what is not for here: lists, and coordinates of another system. */
function fieldOf(index: number, name: string, property: Property): Field | undefined {
  if (name === 'crs') return undefined;
  const texts = textsOf(property);
  const type = name === 'at' ? 'time' : texts.length > 0 ? 'text' : property.type;
  if (type !== 'time' && type !== 'text' && type !== 'number' && type !== 'integer' && type !== 'boolean')
    return undefined;
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = property;
  return { index, type, minimum: Number(minimum), maximum: Number(maximum), texts: new Set(texts) };
}

function textsOf({ enum: values, anyOf }: Property): string[] {
  const all = Array.isArray(values)
    ? values
    : Array.isArray(anyOf)
      ? anyOf.map((one: Property) => one.const)
      : [];
  return all.every((text: unknown) => typeof text === 'string') ? (all as string[]) : [];
}
