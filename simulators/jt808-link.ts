import { connect, type Socket } from 'node:net';
import { ACK, decodeAck } from '../src/codecs/jt808/answers.ts';
import { encodeBatch } from '../src/codecs/jt808/batch.ts';
import {
  BODY_BYTES_MAX,
  decodeFrame,
  encodeFrame,
  type Jt808Edition,
  type Jt808Message,
} from '../src/codecs/jt808/frame.ts';
import { FrameSplitter } from '../src/codecs/jt808/frame-splitter.ts';
import { encodeLocation } from '../src/codecs/jt808/location.ts';
import { MESSAGE } from '../src/codecs/jt808/message-ids.ts';
import {
  decodeRegisterAnswer,
  encodeAuthentication,
  encodeRegistration,
  type RegisterAnswer,
} from '../src/codecs/jt808/registration.ts';
import type { PositionPayload } from '../src/domain/telemetry.ts';
import type { TruckProfile } from '../src/domain/truck-profile.ts';
import { answerCommand, type TerminalAnswer } from './jt808-answers.ts';
import { locationOf } from './jt808-location.ts';
import type { Link, LinkEvent } from './link.ts';
import type { Publication } from './schedule.ts';

/** How trucks reach a gateway over JT/T 808. */
export interface Jt808Target {
  readonly host: string;
  readonly port: number;
  readonly edition: Jt808Edition;
  /** Where the terminals put lift, cover and load. */
  readonly profile: TruckProfile;
}

interface Jt808LinkOptions extends Jt808Target {
  readonly phone: string;
  /** The device's secret as the terminal's code; without it the terminal registers. */
  readonly secret?: string;
  readonly queue_max: number;
  readonly onChange: (event: LinkEvent) => void;
}

interface Item {
  readonly payload: PositionPayload;
  /** Kept while there was no connection. */
  readonly isLate: boolean;
}

const IN_FLIGHT_MAX = 8;
const RECONNECT_MS = 1_000;
/** A terminal that says nothing else. */
const HEARTBEAT_MS = 60_000;
const SERIAL_MAX = 0xffff;
/** Length WORD of each location in a batch, and the batch's own head. */
const BATCH_HEAD_BYTES = 3;
const ITEM_HEAD_BYTES = 2;
const REGISTRATION = {
  province: 43,
  city: 100,
  maker: 'XCSIM',
  model: 'xuncheng-simulator',
  terminalId: 'SIM0001',
  plateColour: 2,
};

/** One simulated terminal: registers or authenticates, reports, and catches up in batches after an outage. */
export class Jt808Link implements Link {
  private readonly options: Jt808LinkOptions;
  private socket: Socket | undefined;
  private queue: Item[] = [];
  private newest: PositionPayload | undefined;
  private readonly inFlight = new Map<number, readonly Item[]>();
  private code: string | undefined;
  private serial = 0;
  private isIn = false;
  private refused = false;
  private retry: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(options: Jt808LinkOptions) {
    this.options = options;
    this.code = options.secret;
  }

  get waiting(): number {
    if (this.refused) return 0;
    return [...this.inFlight.values()].reduce((sum, items) => sum + items.length, this.queue.length);
  }

  start(): void {
    if (this.socket !== undefined || this.retry !== undefined || this.refused) return;
    const { host, port, onChange } = this.options;
    const socket = connect(port, host).setNoDelay(true);
    const splitter = new FrameSplitter();
    this.socket = socket;
    let reason = 'connection closed';
    socket.on('connect', () => this.introduce());
    socket.on('data', (chunk: Buffer) => {
      for (const { bytes } of splitter.push(chunk)) {
        const read = decodeFrame(bytes);
        if (read.ok && this.socket === socket) this.receive(read.message);
      }
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.cut();
      onChange({ kind: 'lost', reason });
      this.retry = setTimeout(() => {
        this.retry = undefined;
        this.start();
      }, RECONNECT_MS);
    });
    this.heartbeat = setInterval(() => {
      if (this.isIn && this.inFlight.size === 0) this.send(MESSAGE.heartbeat, Buffer.alloc(0));
    }, HEARTBEAT_MS);
  }

  cut(): void {
    clearTimeout(this.retry);
    clearInterval(this.heartbeat);
    this.retry = undefined;
    const { socket } = this;
    this.socket = undefined;
    this.isIn = false;
    socket?.destroy();
    // What was not acknowledged goes first when the connection is back, as a unit with a buffer does it.
    const lost = [...this.inFlight.values()].flat();
    this.inFlight.clear();
    this.queue = [...lost, ...this.queue].map((item) => ({ ...item, isLate: true }));
  }

  publish(publication: Publication): void {
    // A terminal's state is its connection: there is no message for it.
    if (this.refused || publication.channel !== 'position') return;
    const { payload } = publication;
    this.newest = ([payload].flat() as readonly PositionPayload[]).at(-1) ?? this.newest;
    if (Array.isArray(payload)) {
      for (const one of payload as readonly PositionPayload[])
        this.queue.push({ payload: one, isLate: true });
    } else this.queue.push({ payload: payload as PositionPayload, isLate: this.socket === undefined });
    while (this.queue.length > this.options.queue_max) {
      this.queue.shift();
      this.options.onChange({ kind: 'dropped', messages: 1 });
    }
    this.flush();
  }

  async stop(_at_ms: number, patience_ms: number): Promise<void> {
    const { socket } = this;
    clearTimeout(this.retry);
    clearInterval(this.heartbeat);
    this.socket = undefined;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), patience_ms);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end();
    });
  }

  private introduce(): void {
    const { edition, phone } = this.options;
    if (this.code === undefined) {
      const registration = { ...REGISTRATION, plate: `湘A${phone.slice(-5)}` };
      this.send(MESSAGE.register, encodeRegistration(registration, edition));
    } else {
      const about = { code: this.code, software: 'xuncheng-simulator' };
      this.send(MESSAGE.authenticate, encodeAuthentication(about, edition));
    }
  }

  private receive({ id, body, serial }: Jt808Message): void {
    if (id === MESSAGE.registerAnswer) {
      const answer = decodeRegisterAnswer(body);
      if (answer.ok) this.registered(answer.value);
      return;
    }
    if (id !== MESSAGE.platformAck) {
      this.obey(id, body, serial);
      return;
    }
    const ack = decodeAck(body);
    if (!ack.ok) return;
    if (ack.value.id === MESSAGE.authenticate) this.authenticated(ack.value.result);
    else this.acknowledged(ack.value.serial);
    this.flush();
  }

  /** Does what it is told; a picture follows its answer. */
  private obey(id: number, body: Buffer, serial: number): void {
    if (!this.isIn) return;
    const answers: readonly TerminalAnswer[] = answerCommand(
      { id, body, serial },
      this.options.edition,
      this.newest === undefined
        ? undefined
        : locationOf(this.newest, this.options.edition, this.options.profile),
    );
    for (const answer of answers) this.send(answer.id, answer.body);
  }

  private registered({ result, code }: RegisterAnswer): void {
    if (code === undefined) {
      this.refuse(`registration: ${result}`);
      return;
    }
    this.code = code;
    this.introduce();
  }

  private authenticated(result: number): void {
    if (result !== ACK.ok) {
      this.refuse(`authentication: ${result}`);
      return;
    }
    this.isIn = true;
    this.options.onChange({ kind: 'connected' });
  }

  /** Whatever the result, the gateway has it: sending it again would change nothing. */
  private acknowledged(serial: number): void {
    const items = this.inFlight.get(serial);
    if (items === undefined) return;
    this.inFlight.delete(serial);
    this.options.onChange({ kind: 'acknowledged', messages: items.length });
  }

  private flush(): void {
    while (this.isIn && this.inFlight.size < IN_FLIGHT_MAX && this.queue.length > 0) {
      const { items, id, body } = this.take();
      this.inFlight.set(this.send(id, body), items);
      this.options.onChange({ kind: 'sent', messages: items.length });
    }
  }

  /** The next location; of those that are late as many as a frame takes, as catch-up after a blind area. */
  private take(): { items: readonly Item[]; id: number; body: Buffer } {
    const { edition, profile } = this.options;
    const bodyOf = ({ payload }: Item): Buffer => encodeLocation(locationOf(payload, edition, profile));
    const bodies: Buffer[] = [];
    let bytes = BATCH_HEAD_BYTES;
    for (const item of this.queue) {
      const body = bodyOf(item);
      bytes += ITEM_HEAD_BYTES + body.length;
      if (bodies.length > 0 && (!item.isLate || bytes > BODY_BYTES_MAX)) break;
      bodies.push(body);
      if (!item.isLate) break;
    }
    const items = this.queue.splice(0, bodies.length);
    const [first = Buffer.alloc(0)] = bodies;
    if (items[0]?.isLate !== true) return { items, id: MESSAGE.location, body: first };
    return { items, id: MESSAGE.locationBatch, body: encodeBatch({ isCatchUp: true, bodies }) };
  }

  private send(id: number, body: Buffer): number {
    const { edition, phone } = this.options;
    this.serial = (this.serial + 1) & SERIAL_MAX;
    const { serial } = this;
    this.socket?.write(encodeFrame({ id, edition, phone, serial, encryption: 0, body }));
    return serial;
  }

  private refuse(reason: string): void {
    this.refused = true;
    this.cut();
    this.queue = [];
    this.options.onChange({ kind: 'refused', reason });
  }
}
