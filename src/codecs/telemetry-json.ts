import { isUtf8 } from 'node:buffer';
import { Compile, type Validator } from 'typebox/compile';
import { type Decoded, type DecodeError, decoded, refused } from '../domain/decoded.ts';
import type { Crs, DeviceKind } from '../domain/device.ts';
import type {
  Observation,
  PositionObservation,
  ReadingObservation,
  StatusObservation,
} from '../domain/observation.ts';
import {
  DUST_METRICS,
  DustPayload,
  NOISE_METRICS,
  NoisePayload,
  PositionPayload,
  StatusPayload,
} from '../domain/telemetry.ts';
import { parseAt_ms } from '../domain/time.ts';
import { extraFields } from './extra-fields.ts';
import { toWgs84 } from './to-wgs84.ts';

/** A telemetry message: bytes from the wire, or a value that was parsed already. */
export interface TelemetryInput {
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
  /** `position`, `reading` or `status`; another one is refused. */
  readonly channel: string;
  readonly payload: unknown;
  readonly received_ms: number;
  /** Of positions whose payload does not name its own. */
  readonly crs?: Crs | undefined;
  /** A last will was written when the device connected: its time is when the gateway noticed the silence. */
  readonly lastWill?: boolean | undefined;
}

/** Readings in one message (backfill). */
export const READINGS_PER_MESSAGE_MAX = 1000;
/** A thousand readings with every field are about 400 kB. */
export const TELEMETRY_BYTES_MAX = 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;
type Common = Pick<PositionObservation, 'deviceId' | 'at_ms' | 'received_ms' | 'extra'>;

interface Format {
  readonly validator: Validator;
  readonly fields: ReadonlySet<string>;
  readonly build: (fields: Fields, common: Common, input: TelemetryInput) => Decoded<Observation>;
}

const POSITION = format(PositionPayload, buildPosition);
const DUST = format(DustPayload, (fields, common) => buildReading(fields, common, 'dust', DUST_METRICS));
const NOISE = format(NoisePayload, (fields, common) => buildReading(fields, common, 'noise', NOISE_METRICS));
const STATUS = format(StatusPayload, buildStatus);
/** What is taken over as it came. */
const POSITION_REST = rest(POSITION, ['at', 'lon', 'lat', 'crs']);
const STATUS_REST = rest(STATUS, ['at']);

/**
 * Decodes a telemetry payload: one object, or an array of up to 1,000, which is taken whole or not at all.
 * Never throws; an error's `where` names the array index and the field.
 */
export function decodeTelemetry(input: TelemetryInput): Decoded<Observation[]> {
  const format = formatOf(input);
  if (format === undefined) {
    return refused('unsupported', `a ${input.deviceKind} has no channel "${input.channel.slice(0, 32)}"`);
  }
  const parsed = input.payload instanceof Uint8Array ? parse(input.payload) : decoded(input.payload);
  if (!parsed.ok) return parsed;
  if (!Array.isArray(parsed.value)) {
    const one = decodeOne(format, parsed.value, input);
    return one.ok ? decoded([one.value]) : one;
  }
  const items: readonly unknown[] = parsed.value;
  if (items.length === 0) return refused('schema', 'an empty array');
  if (items.length > READINGS_PER_MESSAGE_MAX) {
    return refused('too-large', `an array of ${items.length}; at most ${READINGS_PER_MESSAGE_MAX} are taken`);
  }
  const observations: Observation[] = [];
  for (const [index, item] of items.entries()) {
    const one = decodeOne(format, item, input);
    if (!one.ok) return within(index, one.error);
    observations.push(one.value);
  }
  return decoded(observations);
}

/** Bytes of a truck's position message. */
export function encodePosition(payload: PositionPayload | readonly PositionPayload[]): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** Bytes of a dust or noise station's reading message. */
export function encodeReading(
  payload: DustPayload | NoisePayload | readonly (DustPayload | NoisePayload)[],
): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** Bytes of a status message, also for a last will. */
export function encodeStatus(payload: StatusPayload): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

function format(
  schema: typeof PositionPayload | typeof DustPayload | typeof NoisePayload | typeof StatusPayload,
  build: Format['build'],
): Format {
  return { validator: Compile(schema), fields: new Set(Object.keys(schema.properties)), build };
}

function rest({ fields }: Format, others: readonly string[]): string[] {
  return [...fields].filter((name) => !others.includes(name));
}

function formatOf({ deviceKind, channel }: TelemetryInput): Format | undefined {
  if (channel === 'status') return STATUS;
  if (channel === 'position') return deviceKind === 'truck' ? POSITION : undefined;
  if (channel !== 'reading') return undefined;
  if (deviceKind === 'dust') return DUST;
  return deviceKind === 'noise' ? NOISE : undefined;
}

function parse(bytes: Uint8Array): Decoded<unknown> {
  if (bytes.length > TELEMETRY_BYTES_MAX) {
    return refused('too-large', `${bytes.length} bytes; at most ${TELEMETRY_BYTES_MAX} are taken`);
  }
  if (!isUtf8(bytes)) return refused('malformed', 'not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    // Some field units put a byte order mark in front.
    return decoded(JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text));
  } catch (error) {
    return refused('malformed', `not JSON: ${(error as Error).message.slice(0, 160)}`);
  }
}

function decodeOne(format: Format, item: unknown, input: TelemetryInput): Decoded<Observation> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return refused('schema', 'not a JSON object');
  }
  const { received_ms, deviceId } = input;
  const given = withoutNulls(item as Fields, format.fields);
  // The time of a last will is not the sender's to know: see `lastWill`.
  const fields = input.lastWill ? { ...given, at: received_ms } : given;
  if (!format.validator.Check(fields)) return explain(format, fields);
  const at_ms = parseAt_ms(fields.at);
  if (at_ms === undefined) {
    return refused('schema', 'neither ISO 8601 with offset nor epoch ms of the years 2000 to 2099', 'at');
  }
  const extra = extraFields(fields, format.fields);
  if (!extra.ok) return extra;
  const common = { deviceId, at_ms, received_ms, ...(extra.value && { extra: extra.value }) };
  return format.build(fields, common, input);
}

/** A field unit says `null` for a sensor that gives nothing: for a known field that is the same as absent. */
function withoutNulls(item: Fields, known: ReadonlySet<string>): Fields {
  for (const name of known) {
    if (item[name] !== null || !Object.hasOwn(item, name)) continue;
    return Object.fromEntries(
      Object.entries(item).filter(([key, value]) => value !== null || !known.has(key)),
    );
  }
  return item;
}

function buildPosition(fields: Fields, common: Common, input: TelemetryInput): Decoded<Observation> {
  const { lon, lat, crs: named } = fields as unknown as PositionPayload;
  if (lon === 0 && lat === 0) {
    return refused('schema', 'longitude and latitude 0 stand for a receiver without a fix', 'lon');
  }
  const crs = named ?? input.crs ?? 'wgs84';
  const [wgsLon, wgsLat] = crs === 'wgs84' ? [lon, lat] : toWgs84(crs, lon, lat);
  const place = { kind: 'position', ...common, lon: wgsLon, lat: wgsLat } as const;
  const position = crs === 'wgs84' ? place : { ...place, given: { crs, lon, lat } };
  return decoded(copyTo(position, fields, POSITION_REST) as PositionObservation);
}

function buildReading(
  fields: Fields,
  common: Common,
  deviceKind: 'dust' | 'noise',
  names: readonly string[],
): Decoded<Observation> {
  const metrics: Record<string, number> = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number') metrics[name] = value;
  }
  const flag = fields.flag;
  const reading = { kind: 'reading', deviceKind, ...common, metrics, ...(flag !== undefined && { flag }) };
  return decoded(reading as ReadingObservation);
}

function buildStatus(fields: Fields, common: Common, input: TelemetryInput): Decoded<Observation> {
  const lastWill = input.lastWill ? { extra: { ...common.extra, lastWill: true } } : undefined;
  const status = { kind: 'status', deviceKind: input.deviceKind, ...common, ...lastWill };
  return decoded(copyTo(status, fields, STATUS_REST) as unknown as StatusObservation);
}

/** Adds the fields of these names that are there; its own object, since one is made for every message. */
function copyTo(target: object, fields: Fields, names: readonly string[]): object {
  const into = target as Record<string, unknown>;
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined) into[name] = value;
  }
  return target;
}

function explain(format: Format, fields: Fields): Decoded<never> {
  const [first] = format.validator.Errors(fields);
  if (first === undefined) return refused('schema', 'does not fit the schema');
  if (first.keyword === 'required') {
    const missing = (first.params as { requiredProperties?: readonly string[] }).requiredProperties ?? [];
    return refused('schema', `required and missing: ${missing.join(', ')}`, missing[0]);
  }
  const field = first.instancePath.slice(1).replaceAll('/', '.');
  return refused('schema', first.message, field === '' ? undefined : field);
}

function within(index: number, error: DecodeError): Decoded<never> {
  const where = error.where === undefined ? `[${index}]` : `[${index}].${error.where}`;
  return refused(error.code, error.message, where);
}
