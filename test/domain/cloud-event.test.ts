import { CloudEvent, HTTP } from 'cloudevents';
import { expect, it } from 'vitest';
import { isEventRecord, toCloudEvent } from '../../src/domain/cloud-event.ts';
import { DAY_MS, incidentWorld, sampleIncident } from '../support/incident-world.ts';

const SOURCE = 'urn:xuncheng:test';

it('makes events that the CloudEvents library accepts as they stand', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  world.queue.transition('case_a1', 'reject', { actor: 'li', note: '不是垃圾' });
  const records = world.journal.readEvents(0, 10).filter(isEventRecord);
  const events = records.map((record) => toCloudEvent(record, SOURCE));
  for (const event of events) {
    const parsed = new CloudEvent(JSON.parse(JSON.stringify(event)));
    expect(parsed.validate()).toBe(true);
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(HTTP.toEvent({ headers, body: JSON.stringify(event) })).toEqual(parsed);
  }
  expect(events.map(({ type, subject }) => [type, subject])).toEqual([
    ['xuncheng.incident.opened', 'inc_a1'],
    ['xuncheng.case.candidate', 'case_a1'],
    ['xuncheng.case.rejected', 'case_a1'],
  ]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  expect([...events].sort((a, b) => (a.sequence < b.sequence ? -1 : 1))).toEqual(events);
});

it('carries the incident, or the case with the step that led there', () => {
  const incident = sampleIncident('inc_a1');
  const opened = { kind: 'incident', action: 'opened', incident } as const;
  expect(toCloudEvent({ seq: 7, at_ms: DAY_MS, body: opened }, SOURCE)).toEqual({
    specversion: '1.0',
    id: '7-inc_a1',
    source: SOURCE,
    type: 'xuncheng.incident.opened',
    subject: 'inc_a1',
    time: '2026-11-22T02:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000000000007',
    data: incident,
  });
  const tick = { kind: 'tick', deviceId: '_gateway', at_ms: 1, received_ms: 1 };
  expect(isEventRecord({ seq: 1, at_ms: 1, body: tick })).toBe(false);
});
