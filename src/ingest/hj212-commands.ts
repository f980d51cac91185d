import { answeredValues, CN, commandMessage, failureOf, refusalOf } from '../codecs/hj212/commands.ts';
import { flagOf, type Hj212Message } from '../codecs/hj212/message.ts';
import { formatQn } from '../codecs/hj212/time.ts';
import type { CommandOutcome, StationCommand } from '../domain/station-command.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Hj212Limits } from './hj212-limits.ts';

/** How a station is spoken to, as its own frames showed. */
export interface Correspondent {
  readonly mn: string;
  readonly pw?: string | undefined;
  readonly st?: string | undefined;
  readonly version: number;
}

interface Waiting {
  readonly mn: string;
  readonly qn: string;
  readonly request: Hj212Message;
  readonly send: (message: Hj212Message) => boolean;
  readonly done: (outcome: CommandOutcome) => void;
  attempts: number;
  isTaken: boolean;
  values: Readonly<Record<string, number>> | undefined;
  timer: NodeJS.Timeout | undefined;
}

type Timing = Pick<
  Hj212Limits,
  'answer_timeout_ms' | 'attempts_max' | 'result_timeout_ms' | 'commands_waiting_max'
>;

/**
 * Requests to stations (HJ 212-2017, 6.4.1): the station says with 9011 that it takes one, sends what was asked
 * for, and closes with 9012. Without 9011 the request is sent again under the same number.
 */
export class Hj212Commands {
  readonly #limits: Timing;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #lastQn_ms = 0;

  constructor(limits: Timing, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Sends a command; `send` is false where the connection is gone. Resolves with what came of it, never rejects. */
  run(
    to: Correspondent,
    command: StationCommand,
    send: (message: Hj212Message) => boolean,
  ): Promise<CommandOutcome> {
    const mn = to.mn.toUpperCase();
    const running = [...this.#waiting.values()].filter((other) => other.mn === mn).length;
    if (running >= this.#limits.commands_waiting_max) {
      return Promise.resolve({
        ok: false,
        code: 'busy',
        message: `${running} commands wait for the station`,
      });
    }
    // Two requests of one millisecond must not share their number.
    this.#lastQn_ms = Math.max(this.#lastQn_ms + 1, this.#clock());
    const qn = formatQn(this.#lastQn_ms);
    const request: Hj212Message = {
      qn,
      st: to.st ?? '39',
      ...commandMessage(command, this.#clock()),
      ...(to.pw !== undefined && { pw: to.pw }),
      mn: to.mn,
      flag: flagOf(to.version, true),
    };
    return new Promise((done) => {
      const waiting: Waiting = {
        ...{ mn, qn, request, send, done },
        attempts: 0,
        isTaken: false,
        values: undefined,
        timer: undefined,
      };
      this.#waiting.set(keyOf(mn, qn), waiting);
      this.#send(waiting);
    });
  }

  /** Takes a message that may be an answer; false where nobody waits for it. */
  answered(message: Hj212Message): boolean {
    const waiting = this.#waiting.get(keyOf(message.mn.toUpperCase(), message.qn ?? ''));
    if (waiting === undefined) return false;
    if (message.cn === CN.requestAnswer) this.#onTaken(waiting, message);
    else if (message.cn === CN.result) {
      const failure = failureOf(message);
      this.#end(
        waiting,
        failure === undefined
          ? { ok: true, values: waiting.values ?? {} }
          : { ok: false, code: 'failed', message: failure },
      );
    } else if (message.cn === waiting.request.cn) {
      waiting.values = answeredValues(message);
      this.#onTaken(waiting, undefined);
    } else return false;
    return true;
  }

  /** The station's connection is gone: its commands end. Without an MN, all do. */
  drop(mn?: string): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (mn !== undefined && waiting.mn !== mn) continue;
      this.#end(waiting, { ok: false, code: 'not-connected', message: 'the connection was lost' });
    }
  }

  #send(waiting: Waiting): void {
    waiting.attempts += 1;
    if (!waiting.send(waiting.request)) {
      this.#end(waiting, { ok: false, code: 'not-connected', message: 'the connection was lost' });
      return;
    }
    this.#wait(waiting, this.#limits.answer_timeout_ms);
  }

  #onTaken(waiting: Waiting, answer: Hj212Message | undefined): void {
    const refusal = answer && refusalOf(answer);
    if (refusal !== undefined) {
      this.#end(waiting, { ok: false, code: 'refused', message: refusal });
      return;
    }
    waiting.isTaken = true;
    this.#wait(waiting, this.#limits.result_timeout_ms);
  }

  #wait(waiting: Waiting, timeout_ms: number): void {
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => this.#onTimeout(waiting), timeout_ms).unref();
  }

  #onTimeout(waiting: Waiting): void {
    if (!waiting.isTaken && waiting.attempts < this.#limits.attempts_max) {
      this.#send(waiting);
      return;
    }
    const { values, isTaken } = waiting;
    // What was asked for came; that it was all is not needed.
    if (values !== undefined && Object.keys(values).length > 0) this.#end(waiting, { ok: true, values });
    else {
      const message = isTaken ? 'taken, but no result came' : `no answer to ${waiting.attempts} requests`;
      this.#end(waiting, { ok: false, code: 'timeout', message });
    }
  }

  #end(waiting: Waiting, outcome: CommandOutcome): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(keyOf(waiting.mn, waiting.qn));
    waiting.done(outcome);
  }
}

function keyOf(mn: string, qn: string): string {
  return `${mn} ${qn}`;
}
