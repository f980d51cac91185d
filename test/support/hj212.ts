import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Hj212Splitter } from '../../src/codecs/hj212/frame-splitter.ts';
import { decodeMessage, encodeFrame, type Hj212Message } from '../../src/codecs/hj212/message.ts';
import { waitUntil } from './wait-until.ts';

/** MN and PW that the tests' stations have. */
export const MN = '010000A8900016F000169DC0';
export const PW = '123456';

/** A frame with right length and CRC around a data segment. */
export function frameOf(cn: string, cp: string, more: Partial<Hj212Message> = {}): Buffer {
  const groups = cp === '' ? [] : cp.split(';').map((group) => group.split(',').map((item) => fieldOf(item)));
  return encodeFrame({ qn: '20260701093000001', st: '39', cn, pw: PW, mn: MN, flag: 5, cp: groups, ...more });
}

function fieldOf(item: string): readonly [string, string] {
  const [name = '', value = ''] = item.split('=');
  return [name, value];
}

/** A station's side of a connection: raw bytes out, messages in. */
export interface RawStation {
  readonly socket: Socket;
  readonly received: readonly Hj212Message[];
  send(bytes: Uint8Array): void;
  /** Resolves with the answer that is the `count`-th message from the platform, from 1. */
  message(count: number): Promise<Hj212Message>;
}

/** Connects to a platform. */
export async function rawStation(port: number): Promise<RawStation> {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const received: Hj212Message[] = [];
  const splitter = new Hj212Splitter();
  socket.on('data', (chunk) => {
    for (const piece of splitter.push(chunk)) {
      if (piece.kind === 'bad') throw new Error(`the platform sent ${piece.bytes.toString()}`);
      if (piece.kind !== 'frame') continue;
      const decoded = decodeMessage(piece.segment);
      if (!decoded.ok) throw new Error(decoded.error.message);
      received.push(decoded.value.message);
    }
  });
  return {
    socket,
    received,
    send: (bytes) => void socket.write(bytes),
    message: (count) => waitUntil(`message ${count} from the platform`, () => received[count - 1]),
  };
}
