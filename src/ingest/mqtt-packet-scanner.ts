/** Sizes, in bytes of the whole packet, above which a client is not read any further. */
export interface PacketLimits {
  /** Of the first packet: whoever sends it is not known yet. */
  readonly connect_bytes_max: number;
  readonly packet_bytes_max: number;
}

/** Why a client is not read any further. `offset` is where its packet begins in the chunk, or 0. */
export interface PacketViolation {
  readonly code: 'too-large' | 'malformed';
  readonly message: string;
  readonly offset: number;
  /** Size that the packet says it has. */
  readonly packet_bytes: number;
}

/** What a chunk holds up to `end`. */
export interface Scan {
  /** The chunk's length, or where the first packet of the connection or the last message wanted ended. */
  readonly end: number;
  /** True where any packet is complete with this chunk. */
  readonly hasPacket: boolean;
  /** PUBLISH packets that are complete with this chunk. */
  readonly messages: number;
  /** Their summed cost; see `publishCost`. */
  readonly cost: number;
  readonly violation?: PacketViolation;
}

const CONNECT_HEADER = 0x10;
const PUBLISH = 3;
/** What a message costs the process beyond its bytes. */
const MESSAGE_OVERHEAD_BYTES = 256;

/** About the memory that one PUBLISH of this remaining length takes while it is worked on. */
export function publishCost(remaining_bytes: number): number {
  return remaining_bytes + MESSAGE_OVERHEAD_BYTES;
}

/**
 * Follows the packet borders in a stream of MQTT bytes by the fixed headers alone (MQTT 3.1.1, 2.2), so that
 * an oversize packet is known by its second to fifth byte and never gathered.
 */
export class PacketScanner {
  readonly #limits: PacketLimits;
  #isFirst = true;
  /** Header byte of the packet at hand; undefined between two packets. */
  #header: number | undefined;
  #remaining = 0;
  #lengthBytes = 0;
  #isLengthKnown = false;
  #left = 0;

  constructor(limits: PacketLimits) {
    this.#limits = limits;
  }

  /** True until the first packet of the connection is complete. */
  get isInFirst(): boolean {
    return this.#isFirst;
  }

  /** True between two packets. */
  get isAtBorder(): boolean {
    return this.#header === undefined;
  }

  /** Reads on; stops behind the first packet of the connection, and behind `messages_max` (1 or more) of PUBLISH. */
  scan(chunk: Uint8Array, messages_max = Number.POSITIVE_INFINITY): Scan {
    let offset = 0;
    let start = 0;
    let cost = 0;
    let messages = 0;
    let hasPacket = false;
    while (offset < chunk.length) {
      if (this.#header === undefined) {
        start = offset;
        this.#begin(chunk[offset] ?? 0);
        offset += 1;
      } else if (!this.#isLengthKnown) {
        this.#addLength(chunk[offset] ?? 0);
        offset += 1;
      } else {
        const taken = Math.min(this.#left, chunk.length - offset);
        offset += taken;
        this.#left -= taken;
      }
      const violation = this.#violation(start);
      if (violation !== undefined) return { end: start, cost, messages, hasPacket, violation };
      if (!this.#isLengthKnown || this.#left > 0) continue;
      if ((this.#header ?? 0) >> 4 === PUBLISH) {
        cost += publishCost(this.#remaining);
        messages += 1;
      }
      this.#header = undefined;
      this.#isLengthKnown = false;
      hasPacket = true;
      if (!this.#isFirst && messages < messages_max) continue;
      this.#isFirst = false;
      return { end: offset, cost, messages, hasPacket };
    }
    return { end: chunk.length, cost, messages, hasPacket };
  }

  #begin(header: number): void {
    this.#header = header;
    this.#remaining = 0;
    this.#lengthBytes = 0;
    this.#isLengthKnown = false;
    this.#left = 0;
  }

  /** Seven bits a byte, lowest first; the eighth says that another follows (2.2.3). */
  #addLength(byte: number): void {
    this.#remaining += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if (byte < 0x80) {
      this.#isLengthKnown = true;
      this.#left = this.#remaining;
    }
  }

  #violation(offset: number): PacketViolation | undefined {
    const packet_bytes = 1 + this.#lengthBytes + this.#remaining;
    const violation = (code: PacketViolation['code'], message: string): PacketViolation => {
      return { code, message, offset, packet_bytes };
    };
    if (this.#isFirst && this.#header !== CONNECT_HEADER) {
      return violation('malformed', 'the first packet is not a CONNECT');
    }
    if (!this.#isLengthKnown) {
      return this.#lengthBytes < 4
        ? undefined
        : violation('malformed', 'a remaining length of over four bytes');
    }
    const bytes_max = this.#isFirst ? this.#limits.connect_bytes_max : this.#limits.packet_bytes_max;
    if (packet_bytes <= bytes_max) return undefined;
    return violation('too-large', `a packet of ${packet_bytes} bytes; at most ${bytes_max} are taken`);
  }
}
