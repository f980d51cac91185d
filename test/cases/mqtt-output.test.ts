import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createMqttOutput } from '../../src/cases/mqtt-output.ts';
import { JournalReader } from '../../src/store/journal-reader.ts';
import { incidentWorld, sampleIncident } from '../support/incident-world.ts';

const TOPICS = {
  incident: (id: string) => `xc/v1/incident/${id}`,
  case: (id: string) => `xc/v1/case/${id}`,
};

it('publishes the journal’s events through a real broker, in order, and again after a failure', async () => {
  const broker = await Aedes.createBroker({ concurrency: 0 });
  const server = createServer(broker.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [subscriber, publisher] = [await connectAsync(url), await connectAsync(url)];
  onTestFinished(async () => {
    await Promise.all([subscriber.endAsync(), publisher.endAsync()]);
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    server.close();
  });
  const got: { topic: string; type: string; id: string; retain: boolean }[] = [];
  subscriber.on('message', (topic, payload, { retain }) => {
    const { type, id } = JSON.parse(payload.toString()) as { type: string; id: string };
    got.push({ topic, type, id, retain });
  });
  await subscriber.subscribeAsync('xc/v1/+/+', { qos: 1 });

  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  world.queue.transition('case_a1', 'accept', { actor: 'li' });
  let failures = 1;
  const publish = async (
    topic: string,
    payload: string,
    options: { qos: 1; retain: false },
  ): Promise<void> => {
    if (topic.includes('case_') && failures-- > 0) throw new Error('broker is away');
    await publisher.publishAsync(topic, payload, options);
  };
  const reader = new JournalReader({
    name: 'mqtt-output',
    journal: world.journal,
    log: pino({ level: 'silent' }),
    only: 'events',
    batch_max: 100,
    apply: createMqttOutput({ publish, source: 'urn:xuncheng:test', topics: TOPICS }),
  });
  reader.start();
  onTestFinished(() => reader.stop());
  await vi.waitFor(() => expect(got).toHaveLength(4), { timeout: 5000 });
  // At least once: the batch came again from its start, with the same ids.
  expect(got.map(({ topic, type }) => `${topic} ${type}`)).toEqual([
    'xc/v1/incident/inc_a1 xuncheng.incident.opened',
    'xc/v1/incident/inc_a1 xuncheng.incident.opened',
    'xc/v1/case/case_a1 xuncheng.case.candidate',
    'xc/v1/case/case_a1 xuncheng.case.accepted',
  ]);
  expect(got[0]?.id).toBe(got[1]?.id);
  expect(got.some(({ retain }) => retain)).toBe(false);
});
