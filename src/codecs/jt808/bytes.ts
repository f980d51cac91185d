import iconv from 'iconv-lite';

/**
 * Reads big-endian fields one after the other. Beyond the end it gives zeros and remembers that it was short, so
 * that a decoder reads all fields first and asks once.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;
  #isShort = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** True where more was read than there is. */
  get isShort(): boolean {
    return this.#isShort;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#has(1) ? this.#bytes.readUInt8(this.#offset - 1) : 0;
  }

  u16(): number {
    return this.#has(2) ? this.#bytes.readUInt16BE(this.#offset - 2) : 0;
  }

  u32(): number {
    return this.#has(4) ? this.#bytes.readUInt32BE(this.#offset - 4) : 0;
  }

  /** A view of the next `count` bytes; empty where they are not all there. */
  bytes(count: number): Buffer {
    return this.#has(count) ? this.#bytes.subarray(this.#offset - count, this.#offset) : Buffer.alloc(0);
  }

  /** A view of what is left. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** Text of a fixed width, filled up with zeros or blanks. */
  text(count: number): string {
    return decodeText(this.bytes(count));
  }

  #has(count: number): boolean {
    if (this.left < count) {
      this.#isShort = true;
      this.#offset = this.#bytes.length;
      return false;
    }
    this.#offset += count;
    return true;
  }
}

/** GBK text without its filling (JT/T 808 4.2: STRING is GBK). Bytes that are no GBK become U+FFFD. */
export function decodeText(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end -= 1;
  return iconv.decode(bytes.subarray(0, end), 'gbk');
}

/** Text as GBK. */
export function encodeText(text: string): Buffer {
  return iconv.encode(text, 'gbk');
}

/** Text as GBK in a field of `width` bytes, cut or filled up with zeros. */
export function fixedText(text: string, width: number): Buffer {
  const field = Buffer.alloc(width);
  encodeText(text).copy(field);
  return field;
}

/** One byte, unsigned. */
export function u8(value: number): Buffer {
  return Buffer.of(value & 0xff);
}

/** Two bytes, unsigned, big-endian. */
export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

/** Four bytes, unsigned, big-endian. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** The nibbles of BCD as text; a nibble that is no decimal digit shows as `a` to `f`. */
export function decodeBcd(bytes: Buffer): string {
  return bytes.toString('hex');
}

/** Text of digits as BCD of `width` bytes, filled up with zeros on the left. Throws where it is too long. */
export function encodeBcd(digits: string, width: number): Buffer {
  if (!/^[0-9a-f]*$/.test(digits) || digits.length > 2 * width) {
    throw new RangeError(`"${digits}" is not ${2 * width} digits`);
  }
  return Buffer.from(digits.padStart(2 * width, '0'), 'hex');
}
