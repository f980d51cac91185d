import { connect } from 'node:net';
import { ACK, decodeAck } from '../../src/codecs/jt808/answers.ts';
import { decodeFrame, encodeFrame } from '../../src/codecs/jt808/frame.ts';
import { FrameSplitter } from '../../src/codecs/jt808/frame-splitter.ts';
import { encodeLocation } from '../../src/codecs/jt808/location.ts';
import { MESSAGE } from '../../src/codecs/jt808/message-ids.ts';
import {
  decodeRegisterAnswer,
  encodeAuthentication,
  encodeRegistration,
} from '../../src/codecs/jt808/registration.ts';
import { locationAt, REGISTRATION } from './jt808-client.ts';
import type { SentReading, TelemetryDriver } from './telemetry-drivers.ts';

const WINDOW = 8;

/** The phone number of a test's truck. */
function phoneOf(deviceId: string): string {
  return `1390731${deviceId.replace(/\D/g, '').padStart(4, '0').slice(-4)}`;
}

/** A truck that tells its speed, and forgets a location when it is acknowledged. */
export const jt808Driver: TelemetryDriver = {
  name: 'jt808',
  kind: 'truck',
  metric: 'speed_kmh',
  config: (id) => `jt808: { phone: "${phoneOf(id)}" }`,
  send: (gateway, { id: deviceId }, outbox, signal) =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(gateway.jt808).port), '127.0.0.1').setNoDelay(true);
      const phone = phoneOf(deviceId).padStart(20, '0');
      const splitter = new FrameSplitter();
      const onWay = new Map<number, SentReading>();
      let serial = 0;
      const write = (id: number, body: Buffer): number => {
        serial = (serial + 1) & 0xffff;
        socket.write(encodeFrame({ id, phone, edition: '2019', serial, encryption: 0, body }));
        return serial;
      };
      const send = (): void => {
        if (signal.aborted) {
          if (onWay.size === 0) socket.end();
          return;
        }
        const reading = outbox.take();
        const location = locationAt(reading.at_ms, { speedRaw: reading.value * 10 });
        onWay.set(write(MESSAGE.location, encodeLocation(location)), reading);
      };
      const receive = (id: number, body: Buffer): void => {
        if (id === MESSAGE.registerAnswer) {
          const answer = decodeRegisterAnswer(body);
          const code = answer.ok ? (answer.value.code ?? '') : '';
          write(MESSAGE.authenticate, encodeAuthentication({ code }, '2019'));
        }
        const ack = id === MESSAGE.platformAck ? decodeAck(body) : undefined;
        if (!ack?.ok || ack.value.result !== ACK.ok) return;
        if (ack.value.id === MESSAGE.authenticate) for (let n = 0; n < WINDOW; n += 1) send();
        const reading = onWay.get(ack.value.serial);
        if (reading === undefined) return;
        onWay.delete(ack.value.serial);
        outbox.settle(reading);
        send();
      };
      socket.on('connect', () => write(MESSAGE.register, encodeRegistration(REGISTRATION, '2019')));
      socket.on('data', (chunk: Buffer) => {
        for (const { bytes } of splitter.push(chunk)) {
          const read = decodeFrame(bytes);
          if (read.ok) receive(read.message.id, read.message.body);
        }
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    }),
};
