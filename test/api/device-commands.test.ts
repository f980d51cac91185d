import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CommandOutcome } from '../../src/domain/station-command.ts';
import type { DeviceCommand } from '../../src/domain/truck-command.ts';
import { type ApiWorld, createApiWorld } from '../support/api-world.ts';

const sent: [string, DeviceCommand][] = [];
let outcome: CommandOutcome;
let world: ApiWorld;
beforeEach(async () => {
  sent.length = 0;
  outcome = { ok: true, values: { interval_s: 45 } };
  const command = async (id: string, order: DeviceCommand): Promise<CommandOutcome> => {
    sent.push([id, order]);
    return outcome;
  };
  world = await createApiWorld({}, undefined, { command });
  world.devices.add('dust-1', 'dust');
});
afterEach(() => world.stop());

async function tell(payload: object, { id = 'dust-1' } = {}) {
  const url = `/api/v1/devices/${id}/commands`;
  const answer = await world.app.inject({ method: 'POST', url, headers: world.as('operator'), payload });
  return { status: answer.statusCode, body: answer.json() };
}

it('hands a command to the device and its answer back', async () => {
  expect(await tell({ name: 'get-realtime-interval' })).toEqual({
    status: 200,
    body: { values: { interval_s: 45 } },
  });
  expect(sent).toEqual([['dust-1', { name: 'get-realtime-interval' }]]);
});

it.each([
  ['busy', 503, 'busy'],
  ['not-connected', 409, 'device-not-connected'],
  ['refused', 409, 'device-refused'],
  ['unsupported', 400, 'invalid-request'],
  ['failed', 502, 'device-failed'],
  ['timeout', 504, 'device-timeout'],
] as const)('says why there is no answer: %s', async (code, status, type) => {
  outcome = { ok: false, code, message: 'so it was' };
  expect(await tell({ name: 'set-time' })).toMatchObject({
    status,
    body: { type: `urn:xuncheng:problem:${type}`, detail: 'so it was' },
  });
});

it('sends nothing that is no command, to nobody unknown, and for operators alone', async () => {
  for (const wrong of [
    {},
    { name: 'reboot' },
    { name: 'set-realtime-interval', interval_s: 1 },
    { name: 'get-time', x: 1 },
    { name: 'send-text', text: '' },
    { name: 'take-picture', channel: 0 },
  ]) {
    expect((await tell(wrong)).status).toBe(400);
  }
  expect((await tell({ name: 'get-time' }, { id: 'dust-2' })).status).toBe(404);
  const viewer = {
    method: 'POST',
    url: '/api/v1/devices/dust-1/commands',
    payload: { name: 'get-time' },
  } as const;
  expect((await world.app.inject({ ...viewer, headers: world.as('viewer') })).statusCode).toBe(403);
  expect(sent).toEqual([]);
});
