import { connect, type Socket } from 'node:net';
import { answeredValues, answerTo, CN, decodeCommand } from '../src/codecs/hj212/commands.ts';
import { encodeReadingMessages, periodsOf } from '../src/codecs/hj212/encode-data.ts';
import { Hj212Splitter } from '../src/codecs/hj212/frame-splitter.ts';
import {
  decodeMessage,
  encodeFrame,
  type Hj212Field,
  type Hj212Message,
} from '../src/codecs/hj212/message.ts';
import { formatHj212Time, formatQn } from '../src/codecs/hj212/time.ts';
import type { DustPayload, NoisePayload } from '../src/domain/telemetry.ts';
import { parseAt_ms } from '../src/domain/time.ts';
import { type SimulatedStation, simulatedStation } from './hj212-identity.ts';
import type { Link, LinkEvent } from './link.ts';
import type { Publication } from './schedule.ts';

/** How a station reaches its platform. */
export interface Hj212LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly deviceId: string;
  /** Frames kept while the platform does not answer; beyond, the oldest is dropped and counted. */
  readonly queue_max: number;
  readonly onChange: (event: LinkEvent) => void;
}

/** Frames that wait for their 9014 at a time. */
const IN_FLIGHT_MAX = 8;
/** HJ 212-2017, 6.4.1: waits so long for an answer, sends again so often, and then connects anew. */
const ANSWER_TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 3;
const RECONNECT_MS = 1000;
/** System type of a building site's dust. */
const SYSTEM_TYPE = '39';

interface Frame {
  readonly qn: string;
  readonly bytes: Buffer;
  attempts: number;
  timer?: NodeJS.Timeout;
}

/**
 * One station over HJ 212: asks for an answer to each frame and forgets none before it; after an outage what was
 * measured meanwhile follows, oldest first. It takes the platform's commands, and asks for the time when it
 * connects.
 */
export class Hj212Link implements Link {
  private readonly options: Hj212LinkOptions;
  private readonly identity: SimulatedStation;
  private readonly settings = { interval_s: 60, interval_min: 10 };
  private socket: Socket | undefined;
  private queue: Frame[] = [];
  private readonly inFlight = new Map<string, Frame>();
  private reconnect: NodeJS.Timeout | undefined;
  private lastQn_ms = 0;
  private now_ms = 0;
  private isUp = false;

  constructor(options: Hj212LinkOptions) {
    this.options = options;
    this.identity = simulatedStation(options.deviceId);
  }

  /** Frames not yet answered. */
  get waiting(): number {
    return this.queue.length + this.inFlight.size;
  }

  /** Connects, and again where the connection is lost. */
  start(at_ms: number): void {
    this.now_ms = Math.max(this.now_ms, at_ms);
    if (this.isUp) return;
    this.isUp = true;
    this.connect();
  }

  /** Loses the connection. */
  cut(): void {
    this.isUp = false;
    this.disconnect();
  }

  /** Queues what was measured; a station has no word for its own status. */
  publish(publication: Publication): void {
    this.now_ms = Math.max(this.now_ms, publication.at_ms);
    if (publication.channel !== 'reading') return;
    const payloads = Array.isArray(publication.payload) ? publication.payload : [publication.payload];
    for (const payload of payloads as readonly (DustPayload | NoisePayload)[]) this.enqueue(payload);
    this.flush();
  }

  /** Ends; what is not answered by then is not waited for. */
  async stop(_at_ms: number, _patience_ms: number): Promise<void> {
    this.cut();
  }

  private enqueue({ at, flag, ...fields }: DustPayload | NoisePayload): void {
    const at_ms = parseAt_ms(at);
    if (at_ms === undefined) return;
    const numbers = Object.entries(fields).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    const metrics = Object.fromEntries(numbers);
    const periods = periodsOf(metrics);
    for (const period of periods.length === 0 ? [undefined] : periods) {
      const reading = { at_ms, metrics, flag, period };
      const first_ms = this.nextQn_ms();
      const messages = encodeReadingMessages({ ...this.identity, st: SYSTEM_TYPE }, reading, first_ms);
      this.lastQn_ms = first_ms + messages.length - 1;
      for (const message of messages) {
        this.queue.push({ qn: message.qn ?? '', bytes: encodeFrame(message), attempts: 0 });
      }
    }
    while (this.queue.length > this.options.queue_max) {
      this.queue.shift();
      this.options.onChange({ kind: 'dropped', messages: 1 });
    }
  }

  private nextQn_ms(): number {
    this.lastQn_ms = Math.max(this.lastQn_ms + 1, this.now_ms);
    return this.lastQn_ms;
  }

  private connect(): void {
    const { host, port, onChange } = this.options;
    const socket = connect({ host, port });
    this.socket = socket;
    const splitter = new Hj212Splitter();
    let reason = 'connection closed';
    socket.on('connect', () => {
      onChange({ kind: 'connected' });
      this.askForTime();
      this.flush();
    });
    socket.on('data', (chunk) => {
      for (const piece of splitter.push(chunk)) {
        const decoded = piece.kind === 'frame' ? decodeMessage(piece.segment) : undefined;
        if (decoded?.ok) this.receive(decoded.value.message);
      }
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      onChange({ kind: 'lost', reason });
      this.disconnect();
      if (this.isUp) this.reconnect = setTimeout(() => this.connect(), RECONNECT_MS);
    });
  }

  private disconnect(): void {
    clearTimeout(this.reconnect);
    const { socket } = this;
    this.socket = undefined;
    socket?.destroy();
    const unanswered = [...this.inFlight.values()];
    for (const frame of unanswered) {
      clearTimeout(frame.timer);
      frame.attempts = 0;
    }
    // They go first when the connection is back, under their old numbers.
    this.queue = [...unanswered, ...this.queue];
    this.inFlight.clear();
  }

  private askForTime(): void {
    const { mn, pw } = this.identity;
    const qn = formatQn(this.nextQn_ms());
    this.socket?.write(encodeFrame({ qn, st: SYSTEM_TYPE, cn: CN.timeRequest, pw, mn, flag: 5, cp: [] }));
  }

  private flush(): void {
    while (this.socket?.readyState === 'open' && this.inFlight.size < IN_FLIGHT_MAX) {
      const frame = this.queue.shift();
      if (frame === undefined) return;
      this.inFlight.set(frame.qn, frame);
      this.send(frame);
    }
  }

  private send(frame: Frame): void {
    frame.attempts += 1;
    this.socket?.write(frame.bytes);
    this.options.onChange({ kind: 'sent', messages: 1 });
    frame.timer = setTimeout(() => {
      if (frame.attempts < ATTEMPTS_MAX) this.send(frame);
      else this.socket?.destroy();
    }, ANSWER_TIMEOUT_MS);
  }

  private receive(message: Hj212Message): void {
    if (message.cn === CN.dataAnswer) {
      const frame = this.inFlight.get(message.qn ?? '');
      if (frame === undefined) return;
      clearTimeout(frame.timer);
      this.inFlight.delete(frame.qn);
      this.options.onChange({ kind: 'acknowledged', messages: 1 });
      this.flush();
      return;
    }
    const command = decodeCommand(message);
    // 2: refused; 1: taken.
    const taken = command.ok || command.error.code === 'schema';
    if (!taken) return;
    this.socket?.write(encodeFrame(answerTo(message, CN.requestAnswer, [['QnRtn', command.ok ? '1' : '2']])));
    if (!command.ok) return;
    const told = this.toldBy(message);
    if (told !== undefined)
      this.socket?.write(encodeFrame({ ...answerTo(message, message.cn, [told]), st: SYSTEM_TYPE }));
    else Object.assign(this.settings, answeredValues(message));
    this.socket?.write(encodeFrame(answerTo(message, CN.result, [['ExeRtn', '1']])));
  }

  /** What the platform asks for; undefined where it tells. */
  private toldBy({ cn }: Hj212Message): Hj212Field | undefined {
    if (cn === CN.getTime) return ['SystemTime', formatHj212Time(this.now_ms)];
    if (cn === CN.getRealtimeInterval) return ['RtdInterval', String(this.settings.interval_s)];
    return cn === CN.getMinuteInterval ? ['MinInterval', String(this.settings.interval_min)] : undefined;
  }
}
