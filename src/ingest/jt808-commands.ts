import { ACK, decodeAck } from '../codecs/jt808/answers.ts';
import { decodeCommandAnswer, encodeCommand } from '../codecs/jt808/commands.ts';
import type { Jt808Edition } from '../codecs/jt808/frame.ts';
import { MESSAGE } from '../codecs/jt808/message-ids.ts';
import type { DecodeError } from '../domain/decoded.ts';
import type { CommandOutcome } from '../domain/station-command.ts';
import type { TruckCommand } from '../domain/truck-command.ts';
import type { Jt808Limits } from './jt808-limits.ts';

/** A terminal that can be spoken to now. */
export interface Addressee {
  readonly phone: string;
  readonly edition: Jt808Edition;
  /** Sends a message and gives its serial; undefined where the connection is gone. */
  send(id: number, body: Buffer): number | undefined;
}

interface Waiting {
  readonly phone: string;
  readonly serial: number;
  readonly id: number;
  readonly answeredBy: number;
  readonly result_ms: number;
  readonly done: (outcome: CommandOutcome) => void;
  isTaken: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Messages that answer a command. */
export const COMMAND_ANSWERS: readonly number[] = [
  MESSAGE.parameterAnswer,
  MESSAGE.positionAnswer,
  MESSAGE.shotAnswer,
];

type Timing = Pick<Jt808Limits, 'answer_timeout_ms' | 'result_timeout_ms' | 'commands_waiting_max'>;

/** What a general acknowledgement says but "ok" (8.1). */
const REFUSALS: Readonly<Record<number, string>> = {
  [ACK.failed]: 'the terminal says that it failed',
  [ACK.wrong]: 'the terminal says that the message is wrong',
  [ACK.unsupported]: 'the terminal does not support it',
};

/**
 * Commands to terminals. Some are answered with 0x0001 alone, others with a message of their own that names the
 * command's serial; terminals may send 0x0001 before that. Nothing is sent again: the connection sees to that.
 */
export class Jt808Commands {
  readonly #limits: Timing;
  readonly #waiting = new Map<string, Waiting>();

  constructor(limits: Timing) {
    this.#limits = limits;
  }

  /** Sends a command. Resolves with what came of it, never rejects. */
  run(to: Addressee, command: TruckCommand): Promise<CommandOutcome> {
    const { phone } = to;
    const running = [...this.#waiting.values()].filter((other) => other.phone === phone).length;
    if (running >= this.#limits.commands_waiting_max) {
      return resolved('busy', `${running} commands wait for the terminal`);
    }
    const encoded = encodeCommand(command, to.edition);
    if (!encoded.ok) return resolved('unsupported', `${encoded.error.where}: ${encoded.error.message}`);
    const { id, body, answeredBy } = encoded.value;
    const serial = to.send(id, body);
    if (serial === undefined) return resolved('not-connected', 'the connection was lost');
    const shots_ms =
      command.name === 'take-picture' ? (command.count ?? 1) * (command.interval_s ?? 0) * 1000 : 0;
    const result_ms = this.#limits.result_timeout_ms + shots_ms;
    return new Promise((done) => {
      const common = { phone, serial, id, answeredBy, result_ms, done };
      const waiting: Waiting = { ...common, isTaken: false, timer: undefined };
      this.#waiting.set(keyOf(phone, serial), waiting);
      // A terminal that takes the pictures first and then answers says nothing until then.
      this.#wait(waiting, Math.max(this.#limits.answer_timeout_ms, shots_ms === 0 ? 0 : result_ms));
    });
  }

  /** Takes a general acknowledgement (0x0001) of a terminal. */
  takeAck(phone: string, body: Buffer): void {
    const ack = decodeAck(body);
    if (!ack.ok) return;
    const { serial, id, result } = ack.value;
    const waiting = this.#waiting.get(keyOf(phone, serial));
    if (waiting === undefined || waiting.id !== id) return;
    if (result !== ACK.ok) {
      this.#end(waiting, { ok: false, code: 'refused', message: REFUSALS[result] ?? `result ${result}` });
    } else if (waiting.answeredBy === MESSAGE.terminalAck) this.#end(waiting, { ok: true, values: {} });
    else {
      waiting.isTaken = true;
      this.#wait(waiting, waiting.result_ms);
    }
  }

  /** Takes an answer of another kind, whether anybody waits for it (any more) or not; gives what is wrong with it. */
  takeAnswer(phone: string, id: number, body: Buffer): DecodeError | undefined {
    const answer = decodeCommandAnswer(id, body);
    if (!answer.ok) return answer.error;
    const { serial, values, failure } = answer.value;
    const waiting = this.#waiting.get(keyOf(phone, serial));
    if (waiting === undefined || waiting.answeredBy !== id) return undefined;
    this.#end(
      waiting,
      failure === undefined ? { ok: true, values } : { ok: false, code: 'failed', message: failure },
    );
    return undefined;
  }

  /** The terminal's connection is gone: its commands end. Without a number, all do. */
  drop(phone?: string): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (phone !== undefined && waiting.phone !== phone) continue;
      this.#end(waiting, { ok: false, code: 'not-connected', message: 'the connection was lost' });
    }
  }

  #wait(waiting: Waiting, timeout_ms: number): void {
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => {
      const message = waiting.isTaken ? 'taken, but no result came' : 'no answer';
      this.#end(waiting, { ok: false, code: 'timeout', message });
    }, timeout_ms).unref();
  }

  #end(waiting: Waiting, outcome: CommandOutcome): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(keyOf(waiting.phone, waiting.serial));
    waiting.done(outcome);
  }
}

function resolved(code: 'busy' | 'unsupported' | 'not-connected', message: string): Promise<CommandOutcome> {
  return Promise.resolve({ ok: false, code, message });
}

function keyOf(phone: string, serial: number): string {
  return `${phone} ${serial}`;
}
