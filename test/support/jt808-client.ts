import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  type Jt808Edition,
  type Jt808Message,
} from '../../src/codecs/jt808/frame.ts';
import { FrameSplitter } from '../../src/codecs/jt808/frame-splitter.ts';
import { encodeLocation, type Location, timeNibbles } from '../../src/codecs/jt808/location.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import {
  decodeRegisterAnswer,
  encodeAuthentication,
  encodeRegistration,
} from '../../src/codecs/jt808/registration.ts';
import { waitUntil } from './wait-until.ts';

export const REGISTRATION = {
  province: 43,
  city: 100,
  maker: 'XCMKR',
  model: 'XC-808',
  terminalId: 'TID0001',
  plateColour: 2,
  plate: '湘A12345',
};

/** A location near Changsha; fields as on the wire. */
export function locationAt(at_ms: number, fields: Partial<Location> = {}): Location {
  return {
    alarm: 0,
    status: 0b11,
    latRaw: 28_194_167,
    lonRaw: 112_982_279,
    altitude_m: 60,
    speedRaw: 365,
    direction_deg: 90,
    time: timeNibbles(at_ms),
    items: [],
    ...fields,
  };
}

/** A terminal as a test plays it: frames out, and what came back. */
export class TestTerminal {
  readonly socket: Socket;
  readonly phone: string;
  readonly edition: Jt808Edition;
  readonly received: Jt808Message[] = [];
  isClosed = false;
  #serial = 0;

  constructor(port: number, phone: string, edition: Jt808Edition) {
    this.phone = phone.padStart(edition === '2019' ? 20 : 12, '0');
    this.edition = edition;
    this.socket = connect(port, '127.0.0.1').setNoDelay(true);
    const splitter = new FrameSplitter();
    this.socket.on('data', (chunk: Buffer) => {
      for (const piece of splitter.push(chunk)) {
        const read = decodeFrame(piece.bytes);
        if (!read.ok) throw new Error(`the gateway sent a bad frame: ${read.error.message}`);
        this.received.push(read.message);
      }
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** Bytes of a frame of this terminal, with its next serial unless another is given. */
  frame(id: number, body: Buffer = Buffer.alloc(0), more: Partial<Jt808Message> = {}): Buffer {
    this.#serial = (more.serial ?? this.#serial + 1) & 0xffff;
    const { phone, edition } = this;
    return encodeFrame({ id, phone, edition, encryption: 0, body, ...more, serial: this.#serial });
  }

  /** Sends a message and gives its serial. */
  send(id: number, body?: Buffer, more?: Partial<Jt808Message>): number {
    this.socket.write(this.frame(id, body, more));
    return this.#serial;
  }

  sendLocation(location: Location): number {
    return this.send(MESSAGE.location, encodeLocation(location));
  }

  /** The result of the general acknowledgement of a serial. */
  ack(serial: number): Promise<number> {
    return waitUntil(`acknowledgement of ${serial}`, () => {
      const found = this.received.find(
        ({ id, body }) => id === MESSAGE.platformAck && body.readUInt16BE(0) === serial,
      );
      // 0 would look like "not yet".
      return found && { result: found.body.readUInt8(4) };
    }).then(({ result }) => result);
  }

  /** The newest message of an id, once there is one that `fits`. */
  next(id: number, fits: (message: Jt808Message) => boolean = () => true): Promise<Jt808Message> {
    return waitUntil(`message ${id.toString(16)}`, () =>
      this.received.find((message) => message.id === id && fits(message)),
    );
  }

  /** Registers; gives the result and the code. */
  async register(registration = REGISTRATION): Promise<{ result: number; code?: string }> {
    const serial = this.send(MESSAGE.register, encodeRegistration(registration, this.edition));
    const answer = await this.next(MESSAGE.registerAnswer, ({ body }) => body.readUInt16BE(0) === serial);
    const read = decodeRegisterAnswer(answer.body);
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  }

  async authenticate(code: string): Promise<number> {
    return this.ack(this.send(MESSAGE.authenticate, encodeAuthentication({ code }, this.edition)));
  }

  /** Registers and authenticates. */
  async enter(): Promise<this> {
    const { code = '' } = await this.register();
    const result = await this.authenticate(code);
    if (result !== 0) throw new Error(`authentication: ${result}`);
    return this;
  }
}
