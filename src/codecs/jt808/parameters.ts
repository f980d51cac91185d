import { type ByteReader, decodeText, encodeText, u8, u16, u32 } from './bytes.ts';

type Parameter = readonly [name: string, kind: 'number' | 'text'];

/** Terminal parameters that have a name here (8.9, table 12); others are given as hex under their number. */
const PARAMETERS: ReadonlyMap<number, Parameter> = new Map([
  [0x0001, ['heartbeat_interval_s', 'number']],
  [0x0010, ['apn', 'text']],
  [0x0013, ['server', 'text']],
  [0x0017, ['backup_server', 'text']],
  [0x0018, ['tcp_port', 'number']],
  [0x0020, ['report_strategy', 'number']],
  [0x0027, ['asleep_interval_s', 'number']],
  [0x0028, ['emergency_interval_s', 'number']],
  [0x0029, ['default_interval_s', 'number']],
  [0x002c, ['default_interval_m', 'number']],
  [0x0055, ['speed_max_kmh', 'number']],
  [0x0056, ['overspeed_s', 'number']],
  [0x0057, ['drive_time_max_s', 'number']],
  [0x005a, ['parking_time_max_s', 'number']],
  [0x0080, ['odometer_100m', 'number']],
  [0x0081, ['province', 'number']],
  [0x0082, ['city', 'number']],
  [0x0083, ['plate', 'text']],
  [0x0084, ['plate_colour', 'number']],
]);
/** Dial-in passwords of the main and the backup server: nobody's business. */
const SECRETS: readonly number[] = [0x0012, 0x0016];
/** A parameter's length is one byte, and so is their count. */
const NUMBER_BYTES: Readonly<Record<number, (reader: ByteReader) => number>> = {
  1: (reader) => reader.u8(),
  2: (reader) => reader.u16(),
  4: (reader) => reader.u32(),
};

/** The list of 0x0104, read from its count on; undefined where it is cut. */
export function readParameters(reader: ByteReader): Record<string, number | string> | undefined {
  const count = reader.u8();
  const parameters: Record<string, number | string> = {};
  for (let n = 0; n < count; n += 1) {
    const id = reader.u32();
    const length = reader.u8();
    if (reader.isShort || reader.left < length) return undefined;
    const [name, kind] = PARAMETERS.get(id) ?? [];
    const readNumber = kind === 'number' ? NUMBER_BYTES[length] : undefined;
    if (readNumber !== undefined && name !== undefined) {
      parameters[name] = readNumber(reader);
      continue;
    }
    const bytes = reader.bytes(length);
    if (SECRETS.includes(id)) continue;
    if (kind === 'text' && name !== undefined) parameters[name] = decodeText(bytes);
    else parameters[`0x${id.toString(16).padStart(4, '0')}`] = bytes.toString('hex');
  }
  return reader.isShort ? undefined : parameters;
}

/** The body of 0x0104 with some parameters by number: what a simulated terminal answers. */
export function encodeParameters(serial: number, values: ReadonlyMap<number, number | string>): Buffer {
  const items = [...values].map(([id, value]) => {
    const bytes = typeof value === 'number' ? u32(value) : encodeText(value);
    return Buffer.concat([u32(id), u8(bytes.length), bytes]);
  });
  return Buffer.concat([u16(serial), u8(items.length), ...items]);
}
