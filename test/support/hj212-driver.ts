import { connect } from 'node:net';
import { encodeReadingMessages } from '../../src/codecs/hj212/encode-data.ts';
import { Hj212Splitter } from '../../src/codecs/hj212/frame-splitter.ts';
import { decodeMessage, encodeFrame } from '../../src/codecs/hj212/message.ts';
import type { SentReading, TelemetryDriver } from './telemetry-drivers.ts';

const WINDOW = 8;
/** What the platform answers data with. */
const DATA_ANSWER = '9014';

/** The MN of a test's station. */
export function mnOf(deviceId: string): string {
  return `MN${deviceId.replace(/[^A-Za-z0-9]/g, '').toUpperCase()}`;
}

/** A station that sends realtime values and forgets them with their 9014. */
export const hj212Driver: TelemetryDriver = {
  name: 'hj212',
  kind: 'dust',
  metric: 'pm10_ug_m3',
  config: (id) => `hj212: { mn: ${mnOf(id)}, pw: "123456", particulate_unit: ug }`,
  send: (gateway, { id }, outbox, signal) =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(gateway.hj212).port), '127.0.0.1').setNoDelay(true);
      const onWay = new Map<string, SentReading>();
      const splitter = new Hj212Splitter();
      const station = { mn: mnOf(id), pw: '123456', st: '39', particulateUnit: 'ug' } as const;
      const send = (): void => {
        if (signal.aborted) {
          if (onWay.size === 0) socket.end();
          return;
        }
        const reading = outbox.take();
        const metrics = { pm10_ug_m3: reading.value };
        // The request's number is the reading's own, so that one that is sent again is known again.
        for (const message of encodeReadingMessages(station, { ...reading, metrics }, reading.at_ms)) {
          onWay.set(message.qn ?? '', reading);
          socket.write(encodeFrame(message));
        }
      };
      socket.on('connect', () => {
        for (let n = 0; n < WINDOW; n += 1) send();
      });
      socket.on('data', (chunk) => {
        for (const piece of splitter.push(chunk)) {
          const decoded = piece.kind === 'frame' ? decodeMessage(piece.segment) : undefined;
          if (!decoded?.ok || decoded.value.message.cn !== DATA_ANSWER) continue;
          const { qn = '' } = decoded.value.message;
          const reading = onWay.get(qn);
          if (reading === undefined) continue;
          onWay.delete(qn);
          outbox.settle(reading);
          send();
        }
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    }),
};
