import { expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { isoTime } from '../../src/domain/time.ts';
import { DAY_MS, type IncidentWorld, incidentWorld, sampleIncident } from '../support/incident-world.ts';

const AT = (minutes: number): string => isoTime(DAY_MS + minutes * 60_000);

/** A world whose case `case_a1` was reported handled ten minutes after the start of the day. */
function handledWorld(overrides: Partial<Incident> = {}): IncidentWorld {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1', overrides));
  for (const action of ['accept', 'dispatch'] as const)
    world.queue.transition('case_a1', action, { actor: 'li' });
  world.clock.now_ms = DAY_MS + 600_000;
  world.queue.transition('case_a1', 'handled', { actor: 'crew' });
  return world;
}

function lastStep(world: IncidentWorld) {
  return world.queue.get('case_a1')?.history.at(-1);
}

it('verifies once the incident has ended after the report', () => {
  const world = handledWorld();
  world.put('ended', sampleIncident('inc_a1', { status: 'ended', endedAt: AT(12) }));
  expect(lastStep(world)).toMatchObject({ actor: 'gateway', from: 'handled', to: 'verified' });
});

it('verifies at once what had ended before the report', () => {
  const ended = { status: 'ended', endedAt: AT(2) } as const;
  const world = handledWorld(ended);
  expect(world.queue.get('case_a1')?.history.map(({ to }) => to)).toEqual([
    'candidate',
    'accepted',
    'dispatched',
    'handled',
    'verified',
  ]);
  expect(lastStep(world)?.note).toBe(`seen to be over since ${AT(2)}`);
});

it('reopens what is still seen after the grace, but not what is seen within it', () => {
  const world = handledWorld();
  world.put('updated', sampleIncident('inc_a1', { lastSeenAt: AT(11) }));
  expect(world.queue.get('case_a1')?.case.state).toBe('handled');
  world.put('updated', sampleIncident('inc_a1', { lastSeenAt: AT(11.1) }));
  expect(lastStep(world)).toMatchObject({
    actor: 'gateway',
    to: 'reopened',
    note: `still there: last seen ${AT(11.1)}`,
  });
  world.put('updated', sampleIncident('inc_a1', { lastSeenAt: AT(12) }));
  expect(world.queue.get('case_a1')?.history).toHaveLength(5);
});

it('counts from the newest report after a reopening', () => {
  const world = handledWorld();
  world.put('updated', sampleIncident('inc_a1', { lastSeenAt: AT(12) }));
  world.clock.now_ms = DAY_MS + 20 * 60_000;
  world.queue.transition('case_a1', 'dispatch', { actor: 'li' });
  world.queue.transition('case_a1', 'handled', { actor: 'crew' });
  expect(lastStep(world)?.to).toBe('handled');
  world.put('updated', sampleIncident('inc_a1', { lastSeenAt: AT(20.5) }));
  expect(lastStep(world)?.to).toBe('handled');
  world.put('ended', sampleIncident('inc_a1', { lastSeenAt: AT(20.5), status: 'ended', endedAt: AT(23) }));
  expect(lastStep(world)?.to).toBe('verified');
});

it('passes a lease: what is seen does not wait for its holder', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const [claimed] = world.queue.claim({ consumer: 'platform', max: 1, lease_s: 3600 });
  const holder = { actor: 'platform', token: claimed?.token ?? '' };
  for (const action of ['accept', 'dispatch', 'handled'] as const)
    world.queue.transition('case_a1', action, holder);
  world.put('ended', sampleIncident('inc_a1', { status: 'ended', endedAt: AT(3) }));
  expect(lastStep(world)?.to).toBe('verified');
  expect(world.queue.transition('case_a1', 'close', { actor: 'li' })).toMatchObject({ code: 'leased' });
  expect(world.queue.transition('case_a1', 'close', holder)).toMatchObject({
    ok: true,
    case: { state: 'closed' },
  });
});

it('says once that it could not verify, where nobody saw the end', () => {
  const missing = [{ modality: 'camera', reason: 'offline', from: AT(5), to: AT(30) }] as const;
  const ended = sampleIncident('inc_a1', {
    status: 'ended',
    lastSeenAt: AT(4),
    endedAt: AT(25),
    missing: [...missing],
  });
  const world = handledWorld();
  world.put('ended', ended);
  world.put('updated', { ...ended, version: 3 });
  expect(lastStep(world)).toMatchObject({
    actor: 'gateway',
    from: 'handled',
    to: 'handled',
    note: `could not verify: camera missing ${AT(5)} to ${AT(30)} (offline)`,
  });
  expect(world.queue.get('case_a1')?.history).toHaveLength(5);
  // A person who went there can.
  expect(world.queue.transition('case_a1', 'verify', { actor: 'inspector' })).toMatchObject({ ok: true });
});

it('does not take a truck that left for a heap that is gone', () => {
  const gps = { modality: 'gps', deviceId: 'T1', from: AT(0), to: AT(1), weight: 1 } as const;
  const dumping = { type: 'illegal-dumping', sources: [gps], status: 'ended', endedAt: AT(1) } as const;
  expect(lastStep(handledWorld({ ...dumping, sources: [gps] }))?.note).toMatch(
    /could not verify: the truck has left/,
  );
  const camera = { ...gps, modality: 'camera', deviceId: 'cam-1' } as const;
  expect(lastStep(handledWorld({ ...dumping, sources: [gps, camera] }))?.to).toBe('verified');
});
