import { ACK, encodeAck, encodeResend, encodeServerTime, RESEND_MAX } from '../codecs/jt808/answers.ts';
import { decodeFrame, encodeFrame, type Jt808Header, type Jt808Message } from '../codecs/jt808/frame.ts';
import type { SplitPiece } from '../codecs/jt808/frame-splitter.ts';
import { maskAuthentication } from '../codecs/jt808/mask.ts';
import { MESSAGE, messageIdText } from '../codecs/jt808/message-ids.ts';
import { decodeMediaInfo, encodeMediaAnswer } from '../codecs/jt808/multimedia.ts';
import type { DecodeError } from '../domain/decoded.ts';
import type { KnownTerminal } from '../domain/jt808-terminal.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Assembly, AssemblyKey, Jt808Assemblies } from './jt808-assembly.ts';
import { type Addressee, COMMAND_ANSWERS, type Jt808Commands } from './jt808-commands.ts';
import type { Jt808Gate } from './jt808-gate.ts';
import type { Jt808Intake } from './jt808-intake.ts';
import type { Jt808Limits } from './jt808-limits.ts';
import type { Jt808Report } from './jt808-report.ts';

/** What a session works with; shared by all of them. */
export interface SessionParts {
  readonly gate: Jt808Gate;
  readonly intake: Jt808Intake;
  readonly assemblies: Jt808Assemblies;
  readonly commands: Jt808Commands;
  readonly report: Jt808Report;
  readonly limits: Jt808Limits;
  readonly clock: Clock;
  /** The session has found out whose it is. */
  readonly onKnown: (session: Jt808Session, terminal: KnownTerminal) => void;
}

interface Taken {
  readonly done: Promise<void>;
  readonly isExclusive: boolean;
}

const DONE: Taken = { done: Promise.resolve(), isExclusive: false };
const SERIAL_MAX = 0xffff;

/**
 * The conversation with one terminal. Every frame is answered where it can be told what it was: after the commit
 * with "ok", a message of another kind with "unsupported", one that is wrong with "wrong", and one without
 * authentication with "failed". None of that ends the session.
 */
export class Jt808Session {
  readonly #parts: SessionParts;
  readonly #remote: string;
  readonly #send: (bytes: Buffer) => void;
  #terminal: KnownTerminal | undefined;
  #serial = 0;
  #strangerItems = 0;
  /** How this terminal writes its headers: of its newest frame. */
  #header: Jt808Header | undefined;
  /** The message in packets that was completed last: its packets may come again when our answer was lost. */
  #completed: { readonly key: AssemblyKey; readonly mediaId?: number } | undefined;

  constructor(parts: SessionParts, remote: string, send: (bytes: Buffer) => void) {
    this.#parts = parts;
    this.#remote = remote;
    this.#send = send;
  }

  /** Whose session this is, once that is proven. */
  get terminal(): KnownTerminal | undefined {
    return this.#terminal;
  }

  get remote(): string {
    return this.#remote;
  }

  /** Takes a piece of the stream; see `PieceHandler`. */
  take(piece: SplitPiece): Taken {
    this.#parts.report.counts.received += 1;
    if (piece.kind === 'junk') {
      const code = piece.total_bytes > piece.bytes.length ? 'too-large' : 'malformed';
      return shared(this.#refuse(piece.bytes, { code, message: piece.reason }, undefined, piece.total_bytes));
    }
    const read = decodeFrame(piece.bytes);
    if (!read.ok) {
      const { error, header } = read;
      const result = error.code === 'unsupported' ? ACK.unsupported : ACK.wrong;
      return shared(this.#refuse(piece.bytes, error, header && { header, result }));
    }
    const { message } = read;
    this.#header = message;
    if (this.#terminal !== undefined) {
      this.#parts.intake.seen(this.#terminal);
      if (!this.#parts.gate.isOf(this.#terminal, message)) {
        const text = `phone ${message.phone} on the session of ${this.#terminal.phone}`;
        return shared(this.#forbid(piece.bytes, message, text));
      }
    }
    return this.#dispatch(piece.bytes, message);
  }

  /** Asks for packets that have not come. */
  askFor(assembly: Assembly): void {
    const header = this.#header;
    if (header === undefined) return;
    const { assemblies, report } = this.#parts;
    const missing = assemblies.missing(assembly).slice(0, RESEND_MAX);
    if (missing.length === 0) return;
    assembly.touched_ms = performance.now();
    assembly.resends += 1;
    report.counts.resendRequests += 1;
    // Terminals of the first edition know the list of 0x8800 alone, so the two take turns.
    const beginning = assembly.resends % 2 === 0 ? assemblies.beginning(assembly) : undefined;
    const info = beginning && decodeMediaInfo(beginning);
    if (assembly.key.messageId === MESSAGE.multimediaData && info?.ok) {
      this.#answer(header, MESSAGE.multimediaAnswer, encodeMediaAnswer({ id: info.value.id, missing }));
    } else {
      const request = { serial: assembly.key.serial, missing };
      this.#answer(header, MESSAGE.resend, encodeResend(request, header.edition));
    }
  }

  #dispatch(bytes: Buffer, message: Jt808Message): Taken {
    const { gate, clock } = this.#parts;
    switch (message.id) {
      case MESSAGE.terminalAck:
        if (this.#terminal !== undefined) this.#parts.commands.takeAck(this.#terminal.phone, message.body);
        return DONE;
      case MESSAGE.timeQuery:
        this.#answer(message, MESSAGE.timeAnswer, encodeServerTime(clock()));
        return DONE;
      case MESSAGE.register: {
        const answer = gate.register(message, this.#remote);
        if (!answer.ok)
          return shared(this.#refuse(bytes, answer.error, { header: message, result: ACK.wrong }));
        this.#answer(message, MESSAGE.registerAnswer, answer.value);
        return DONE;
      }
      case MESSAGE.authenticate:
        return { done: this.#authenticate(bytes, message), isExclusive: true };
    }
    const known = this.#terminal ?? gate.withoutCode(message, this.#remote);
    if (known === undefined) return shared(this.#forbid(bytes, message, 'not authenticated'));
    if (this.#terminal === undefined) this.#enter(known);
    return shared(this.#takeKnown(bytes, message, known));
  }

  /** What a command is sent through; undefined before the terminal has shown how it writes. */
  get addressee(): Addressee | undefined {
    const header = this.#header;
    if (header === undefined || this.#terminal === undefined) return undefined;
    const { phone } = this.#terminal;
    return { phone, edition: header.edition, send: (id, body) => this.#answer(header, id, body) };
  }

  async #takeKnown(bytes: Buffer, message: Jt808Message, terminal: KnownTerminal): Promise<void> {
    if (message.id === MESSAGE.heartbeat) return this.#acknowledge(message, ACK.ok);
    if (message.id === MESSAGE.deregister) {
      this.#parts.gate.deregister(terminal);
      return this.#acknowledge(message, ACK.ok);
    }
    // We send nothing in packets, so there is nothing to send again.
    if (message.id === MESSAGE.terminalResend) return this.#acknowledge(message, ACK.failed);
    if (message.part !== undefined && message.part.total > 1)
      return this.#takePacket(bytes, message, terminal);
    await this.#takeWhole(bytes, message, terminal);
  }

  /** Stores a message that is complete, and answers it; gives the id of what it uploaded. */
  async #takeWhole(
    bytes: Buffer,
    message: Jt808Message,
    terminal: KnownTerminal,
  ): Promise<number | undefined> {
    if (message.id === MESSAGE.multimediaData) return this.#takeMedia(bytes, message, terminal);
    const error = await this.#stored(this.#use(message, terminal));
    if (error === undefined) this.#acknowledge(message, ACK.ok);
    else {
      const result = error.code === 'unsupported' ? ACK.unsupported : ACK.wrong;
      await this.#refuse(bytes, error, { header: message, result });
    }
    return undefined;
  }

  async #use(message: Jt808Message, terminal: KnownTerminal): Promise<DecodeError | undefined> {
    const { intake, commands } = this.#parts;
    const { id, body, edition } = message;
    const context = { terminal, edition };
    if (id === MESSAGE.location) return intake.takeLocation(body, context);
    if (id === MESSAGE.locationBatch) return intake.takeBatch(body, context, channelOf(message));
    if (COMMAND_ANSWERS.includes(id)) {
      // The position that was asked for is one like any other.
      const isPosition = id === MESSAGE.positionAnswer;
      const error = isPosition ? await intake.takeLocation(body.subarray(2), context) : undefined;
      return error ?? commands.takeAnswer(terminal.phone, id, body);
    }
    if (id === MESSAGE.multimediaEvent) {
      // It announces what 0x0801 brings: nothing is to be kept of it.
      const info = decodeMediaInfo(body);
      return info.ok ? undefined : info.error;
    }
    return { code: 'unsupported', message: `no use for ${messageIdText(id)}`, where: 'message id' };
  }

  async #takeMedia(
    bytes: Buffer,
    message: Jt808Message,
    terminal: KnownTerminal,
  ): Promise<number | undefined> {
    const context = { terminal, edition: message.edition };
    const upload = await this.#stored(this.#parts.intake.takeMedia(message.body, context));
    if (!upload.ok) {
      await this.#refuse(bytes, upload.error, { header: message, result: ACK.wrong });
      return undefined;
    }
    this.#answerMedia(message, upload.value.id);
    return upload.value.id;
  }

  async #takePacket(bytes: Buffer, message: Jt808Message, terminal: KnownTerminal): Promise<void> {
    const { assemblies, report } = this.#parts;
    const { no, total } = message.part ?? { no: 1, total: 1 };
    const before = this.#completed;
    if (before !== undefined && isPacketOf(before.key, message)) {
      if (before.mediaId === undefined) return this.#acknowledge(message, ACK.ok);
      return this.#answerMedia(message, before.mediaId);
    }
    const assembly = assemblies.find(terminal.phone, message);
    if (!('key' in assembly)) return this.#refuse(bytes, assembly, { header: message, result: ACK.wrong });
    await this.#stored(assemblies.put(assembly, no, message.body));
    // Two packets of one commit may both find it complete: the first of them takes it.
    if (assembly.numbers.size < total || assembly.isTaken) {
      this.#acknowledge(message, ACK.ok);
      if (no === total && !assembly.isTaken) this.askFor(assembly);
      return;
    }
    assembly.isTaken = true;
    try {
      const body = assemblies.body(assembly);
      const mediaId = await this.#takeWhole(body, { ...message, body }, terminal);
      this.#completed = { key: assembly.key, ...(mediaId !== undefined && { mediaId }) };
    } catch (error) {
      assembly.isTaken = false;
      throw error;
    }
    assemblies.close(assembly);
    report.counts.assembled += 1;
  }

  async #authenticate(bytes: Buffer, message: Jt808Message): Promise<void> {
    const { gate, intake } = this.#parts;
    const proof = await gate.authenticate(message, this.#remote);
    if (!proof.ok) return this.#refuse(bytes, proof.error, { header: message, result: ACK.wrong });
    const { terminal, imei, software } = proof.value;
    if (terminal === undefined) {
      this.#acknowledge(message, ACK.failed);
      return;
    }
    const extra = { jt808: message.edition, ...(imei !== undefined && { imei }) };
    const firmware = software === undefined ? {} : { firmware: software };
    await this.#stored(intake.takeStatus(terminal, { online: true, ...firmware, extra }));
    this.#enter(terminal);
    this.#acknowledge(message, ACK.ok);
  }

  #enter(terminal: KnownTerminal): void {
    if (this.#terminal?.device.id === terminal.device.id) return;
    this.#terminal = terminal;
    this.#parts.intake.seen(terminal);
    this.#parts.onKnown(this, terminal);
  }

  async #forbid(bytes: Buffer, message: Jt808Message, text: string): Promise<void> {
    const error: DecodeError = { code: 'forbidden', message: text, where: 'phone' };
    return this.#refuse(bytes, error, { header: message, result: ACK.failed });
  }

  /** To the quarantine, and then an answer, where it is known to what. */
  async #refuse(
    bytes: Buffer,
    error: DecodeError,
    answer?: { readonly header: Jt808Header; readonly result: number },
    total_bytes = bytes.length,
  ): Promise<void> {
    const { intake, limits, report } = this.#parts;
    const isStranger = this.#terminal === undefined;
    if (isStranger) this.#strangerItems += 1;
    if (isStranger && this.#strangerItems > limits.stranger_items_max) report.counts.quarantined += 1;
    else {
      const channel = answer === undefined ? 'frame' : channelOf(answer.header);
      const deviceId = this.#terminal?.device.id;
      const kept = maskAuthentication(bytes);
      await this.#stored(intake.quarantine(kept, error, channel, deviceId, total_bytes));
    }
    if (answer !== undefined) this.#acknowledge(answer.header, answer.result);
  }

  /** Counts what could not be stored; the connection then closes without an acknowledgement. */
  async #stored<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#parts.report.counts.failed += 1;
      this.#parts.report.trouble('storing failed', (error as Error).message);
      throw error;
    }
  }

  #answerMedia(header: Jt808Header, id: number): void {
    this.#parts.report.counts.acknowledged += 1;
    this.#answer(header, MESSAGE.multimediaAnswer, encodeMediaAnswer({ id, missing: [] }));
  }

  #acknowledge(header: Jt808Header, result: number): void {
    if (result === ACK.ok) this.#parts.report.counts.acknowledged += 1;
    this.#answer(header, MESSAGE.platformAck, encodeAck({ serial: header.serial, id: header.id, result }));
  }

  /** In the edition of what is answered, to the number by which the terminal called itself; gives its serial. */
  #answer({ edition, protocolVersion, phone }: Jt808Header, id: number, body: Buffer): number {
    const version = protocolVersion === undefined ? {} : { protocolVersion };
    const serial = this.#serial;
    this.#send(encodeFrame({ id, edition, ...version, phone, serial, encryption: 0, body }));
    this.#serial = (serial + 1) & SERIAL_MAX;
    return serial;
  }
}

function shared(done: Promise<void>): Taken {
  return { done, isExclusive: false };
}

function isPacketOf(key: AssemblyKey, { id, serial, part }: Jt808Message): boolean {
  if (part === undefined || key.messageId !== id || key.total !== part.total) return false;
  return key.serial === ((serial - (part.no - 1)) & SERIAL_MAX);
}

/** As the quarantine lists it: what it was, and who said that he sent it. */
function channelOf({ id, phone }: Jt808Header): string {
  return `${messageIdText(id)} ${phone}`;
}
