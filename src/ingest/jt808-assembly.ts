import type { Jt808Edition, Jt808Message } from '../codecs/jt808/frame.ts';
import type { DecodeError } from '../domain/decoded.ts';
import type { Jt808Limits } from './jt808-limits.ts';

/** A message that comes in packets, as it is known by. */
export interface AssemblyKey {
  readonly phone: string;
  readonly edition: Jt808Edition;
  readonly messageId: number;
  readonly total: number;
  /** Serial of its first packet. */
  readonly serial: number;
}

/** Keeps packets on disk, so that each may be acknowledged by itself. */
export interface PacketStore {
  /** Resolves once it is on disk. */
  put(key: AssemblyKey, no: number, body: Buffer): Promise<void>;
  /** The bodies by number. */
  bodies(key: AssemblyKey): Buffer[];
  drop(key: AssemblyKey): void;
  /** What an earlier run left. */
  load(): readonly {
    readonly key: AssemblyKey;
    readonly numbers: readonly number[];
    readonly bytes: number;
  }[];
}

/** A message of which some packets are there. */
export interface Assembly {
  readonly key: AssemblyKey;
  readonly numbers: Set<number>;
  /** Monotonic ms of its newest packet, or of the newest request for the others. */
  touched_ms: number;
  resends: number;
  /** Of its bodies. */
  bytes: number;
  /** It is complete and being stored. */
  isTaken: boolean;
}

/** Bytes of packets that were given up, kept in the quarantine. */
export type GiveUp = (key: AssemblyKey, error: DecodeError, beginning: Buffer) => void;

/** Messages in packets, of all terminals. Bodies are in the store; here is what has come. */
export class Jt808Assemblies {
  readonly #store: PacketStore;
  readonly #limits: Jt808Limits;
  readonly #giveUp: GiveUp;
  /** By terminal; the one whose newest packet is oldest first. */
  readonly #byPhone = new Map<string, Assembly[]>();
  #count = 0;
  #bytes = 0;

  constructor(store: PacketStore, limits: Jt808Limits, giveUp: GiveUp) {
    this.#store = store;
    this.#limits = limits;
    this.#giveUp = giveUp;
    for (const { key, numbers, bytes } of store.load()) this.#open(key, numbers, bytes);
  }

  get count(): number {
    return this.#count;
  }

  of(phone: string): readonly Assembly[] {
    return this.#byPhone.get(phone) ?? [];
  }

  /** The message that a packet belongs to, opened where it is new; or why it is not taken. */
  find(phone: string, message: Jt808Message): Assembly | DecodeError {
    const { id, edition, serial, part } = message;
    const { total, no } = part ?? { total: 1, no: 1 };
    // Packets are sent with consecutive serials; some terminals give all of them the same one.
    const first = (serial - (no - 1)) & 0xffff;
    const known = this.of(phone).find(
      ({ key, numbers }) =>
        key.messageId === id &&
        key.total === total &&
        (key.serial === first || (key.serial === serial && !numbers.has(no))),
    );
    if (known !== undefined) return known;
    const bytes = total * message.body.length;
    if (bytes > this.#limits.assembled_bytes_max && no < total) {
      const most = this.#limits.assembled_bytes_max;
      return {
        code: 'too-large',
        message: `${total} packets of ${message.body.length} bytes; at most ${most} are taken`,
      };
    }
    return this.#open({ phone, edition, messageId: id, total, serial: first }, [], 0);
  }

  /** Keeps a packet; resolves once it is on disk. */
  async put(assembly: Assembly, no: number, body: Buffer): Promise<void> {
    assembly.touched_ms = performance.now();
    assembly.resends = 0;
    if (assembly.numbers.has(no)) return;
    await this.#store.put(assembly.key, no, body);
    if (assembly.numbers.has(no)) return;
    assembly.numbers.add(no);
    assembly.bytes += body.length;
    this.#bytes += body.length;
    this.#makeRoom(assembly);
  }

  /** Numbers that have not come. */
  missing({ key, numbers }: Assembly): number[] {
    const missing: number[] = [];
    for (let no = 1; no <= key.total; no += 1) if (!numbers.has(no)) missing.push(no);
    return missing;
  }

  body({ key }: Assembly): Buffer {
    return Buffer.concat(this.#store.bodies(key));
  }

  /** Body of the first packet, where it has come. */
  beginning(assembly: Assembly): Buffer | undefined {
    return assembly.numbers.has(1) ? this.#store.bodies(assembly.key)[0] : undefined;
  }

  /** Done with, one way or the other. */
  close({ key, bytes }: Assembly): void {
    const left = this.of(key.phone).filter((one) => one.key !== key);
    if (left.length < this.of(key.phone).length) {
      this.#count -= 1;
      this.#bytes -= bytes;
    }
    if (left.length === 0) this.#byPhone.delete(key.phone);
    else this.#byPhone.set(key.phone, left);
    this.#store.drop(key);
  }

  /** Gives up what has waited too long; calls `ask` for what should be asked for again. */
  check(now_ms: number, ask: (assembly: Assembly) => void): void {
    const { resend_after_ms, resends_max, assembly_timeout_ms } = this.#limits;
    for (const assembly of [...this.#byPhone.values()].flat()) {
      if (assembly.isTaken) continue;
      const waited_ms = now_ms - assembly.touched_ms;
      if (waited_ms > assembly_timeout_ms) this.#drop(assembly);
      else if (waited_ms > resend_after_ms && assembly.resends < resends_max) ask(assembly);
    }
  }

  #open(key: AssemblyKey, numbers: readonly number[], bytes: number): Assembly {
    const { assemblies_per_terminal_max, assemblies_max } = this.#limits;
    const [oldest] = this.of(key.phone);
    if (oldest !== undefined && this.of(key.phone).length >= assemblies_per_terminal_max) this.#drop(oldest);
    if (this.#count >= assemblies_max) this.#dropOldest();
    const assembly = {
      key,
      numbers: new Set(numbers),
      touched_ms: performance.now(),
      resends: 0,
      bytes,
      isTaken: false,
    };
    this.#byPhone.set(key.phone, [...this.of(key.phone), assembly]);
    this.#count += 1;
    this.#bytes += bytes;
    return assembly;
  }

  /** Others go before the one at hand. */
  #makeRoom(assembly: Assembly): void {
    while (this.#bytes > this.#limits.packets_bytes_max && this.#count > 1) {
      const first = this.#byPhone.values().next().value?.[0];
      this.#drop(first === undefined || first === assembly ? this.#others(assembly) : first);
    }
  }

  #others(assembly: Assembly): Assembly {
    return [...this.#byPhone.values()].flat().find((other) => other !== assembly) ?? assembly;
  }

  #dropOldest(): void {
    const oldest = this.#byPhone.values().next().value?.[0];
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(assembly: Assembly): void {
    const missing = this.missing(assembly);
    const listed = missing.slice(0, 20).join(', ');
    const message = `incomplete: of ${assembly.key.total} packets these never came: ${listed}${missing.length > 20 ? ' …' : ''}`;
    this.#giveUp(assembly.key, { code: 'malformed', message, where: 'packets' }, this.body(assembly));
    this.close(assembly);
  }
}
