import type { Jt808Message } from '../codecs/jt808/frame.ts';
import {
  type Authentication,
  decodeAuthentication,
  decodeRegistration,
  encodeRegisterAnswer,
  REGISTERED,
  type Registration,
} from '../codecs/jt808/registration.ts';
import { type Decoded, decoded } from '../domain/decoded.ts';
import { type KnownTerminal, trimPhone } from '../domain/jt808-terminal.ts';
import type { UnknownDevice } from '../domain/unknown-device.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Jt808Report } from './jt808-report.ts';

/** Who may come in, as the gateway's registries say. */
export interface Jt808Registry {
  /** By the phone number without leading zeros; `revoked` where it was known once. */
  terminalOf(phone: string): KnownTerminal | 'revoked' | undefined;
  /** The code that a registration gives out. */
  codeOf(terminal: KnownTerminal): string;
  /** True for that code, and for the secret of the device. Rejects where it cannot tell at the moment. */
  isCode(terminal: KnownTerminal, code: string): Promise<boolean>;
  /** Takes the code back: the next registration gives another one. */
  deregister(terminal: KnownTerminal): void;
}

/** What the listener asks of terminals. */
export interface GatePolicy {
  /** False: a known number is taken at its word, without 0x0102. */
  readonly authenticate: boolean;
  /** `closed`: no code is given out over the air; terminals have their device's secret as their code. */
  readonly registration: 'open' | 'closed';
}

/** Somebody who showed what he has; `terminal` only where that was right. */
interface Proof extends Pick<Authentication, 'imei' | 'software'> {
  readonly terminal?: KnownTerminal;
}

/** Decides which terminals come in, and tells of those that nobody knows. */
export class Jt808Gate {
  readonly #registry: Jt808Registry;
  readonly #policy: GatePolicy;
  readonly #report: Jt808Report;
  readonly #onUnknown: (device: UnknownDevice) => void;
  readonly #clock: Clock;

  constructor(
    registry: Jt808Registry,
    policy: GatePolicy,
    report: Jt808Report,
    onUnknown: (device: UnknownDevice) => void,
    clock: Clock,
  ) {
    this.#registry = registry;
    this.#policy = policy;
    this.#report = report;
    this.#onUnknown = onUnknown;
    this.#clock = clock;
  }

  /** True where the message comes from that terminal, by its own word. */
  isOf(terminal: KnownTerminal, { phone }: Jt808Message): boolean {
    return trimPhone(phone) === terminal.phone;
  }

  /** The body of the answer to a registration (0x8100). */
  register(message: Jt808Message, remote: string): Decoded<Buffer> {
    const read = decodeRegistration(message.body, message.edition);
    if (!read.ok) return read;
    const { result, code } = this.#register(message, read.value, remote);
    if (result !== REGISTERED.ok) this.#refused(`registration refused: ${result}`, message, remote);
    return decoded(
      encodeRegisterAnswer({ serial: message.serial, result, ...(code !== undefined && { code }) }),
    );
  }

  /** Who authenticated himself, if he did. */
  async authenticate(message: Jt808Message, remote: string): Promise<Decoded<Proof>> {
    const read = decodeAuthentication(message.body, message.edition);
    if (!read.ok) return read;
    const { code, ...about } = read.value;
    const terminal = this.#known(message, remote);
    if (terminal === undefined) {
      this.#refused('authentication refused: unknown number', message, remote);
      return decoded(about);
    }
    if (this.#policy.authenticate && !(await this.#isCode(terminal, code))) {
      this.#refused('authentication refused: wrong code', message, remote);
      return decoded(about);
    }
    return decoded({ ...about, terminal });
  }

  /** The terminal of a message without authentication, where the policy lets it pass. */
  withoutCode(message: Jt808Message, remote: string): KnownTerminal | undefined {
    const terminal = this.#known(message, remote);
    return this.#policy.authenticate ? undefined : terminal;
  }

  deregister(terminal: KnownTerminal): void {
    this.#registry.deregister(terminal);
  }

  #register(
    message: Jt808Message,
    registration: Registration,
    remote: string,
  ): { readonly result: number; readonly code?: string } {
    const terminal = this.#known(message, remote, registration);
    if (terminal === undefined) return { result: REGISTERED.noTerminal };
    if (terminal.terminalId !== undefined && terminal.terminalId !== registration.terminalId) {
      return { result: REGISTERED.vehicleTaken };
    }
    if (this.#policy.registration === 'closed') return { result: REGISTERED.terminalTaken };
    return { result: REGISTERED.ok, code: this.#registry.codeOf(terminal) };
  }

  #known(message: Jt808Message, remote: string, registration?: Registration): KnownTerminal | undefined {
    const identity = trimPhone(message.phone);
    const terminal = this.#registry.terminalOf(identity);
    if (terminal === 'revoked') return undefined;
    if (terminal === undefined) {
      const { maker, model, terminalId, plate } = registration ?? {};
      const told = { maker, model, terminalId, plate, edition: message.edition };
      const details = Object.fromEntries(
        Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      this.#onUnknown({ protocol: 'jt808', identity, remote, at_ms: this.#clock(), details });
    }
    return terminal;
  }

  async #isCode(terminal: KnownTerminal, code: string): Promise<boolean> {
    try {
      return await this.#registry.isCode(terminal, code);
    } catch (error) {
      // Too many are being verified, or the registry is busy: the terminal comes again.
      this.#report.trouble('authentication failed', (error as Error).message);
      return false;
    }
  }

  #refused(fault: string, { phone }: Jt808Message, remote: string): void {
    this.#report.counts.authRefused += 1;
    this.#report.trouble(fault, `${trimPhone(phone)} at ${remote}`);
  }
}
