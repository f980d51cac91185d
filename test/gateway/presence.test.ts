import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { Presence } from '../../src/gateway/presence.ts';
import { openStores } from '../../src/gateway/stores.ts';
import { StopStack } from '../../src/runtime/stop-stack.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = join(import.meta.dirname, '../../config/xuncheng.yaml');
const log = pino({ level: 'silent' });

it('journals what no message says: heartbeats of the silent, and who was revoked', async () => {
  const loaded = loadConfig(CONFIG, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  let now_ms = 1_790_000_000_000;
  const clock = () => now_ms;
  const stops = new StopStack(log);
  const { journal, devices } = openStores(loaded.config, tempDir(), clock, log, stops);
  for (const id of ['truck-a', 'truck-b', 'truck-c']) devices.add(id, 'truck');
  /** Runs one check of a presence, as its timer would; gives what is in the journal then. */
  const noted = async (presence: Presence) => {
    presence.start();
    await presence.stop();
    return journal
      .read(0, 100)
      .map(({ subjectId, body }) => [
        subjectId,
        ...(body.kind === 'status' ? [body.online, body.revoked === true] : []),
      ]);
  };
  const presence = new Presence({ journal, devices, clock, log });
  presence.journaled('truck-a', now_ms);
  presence.heard('truck-b', now_ms);
  now_ms += 60_000;
  // A heartbeat a minute after a position tells nothing new; one of a truck that only beats does.
  presence.heard('truck-a', now_ms);
  expect(await noted(presence)).toEqual([['truck-b', true, false]]);
  now_ms += 90_000;
  presence.heard('truck-a', now_ms);
  presence.heard('truck-b', now_ms);
  expect(await noted(presence)).toEqual([
    ['truck-b', true, false],
    ['truck-a', true, false],
    ['truck-b', true, false],
  ]);
  // One is revoked while the gateway is down, and told once.
  devices.revoke('truck-a');
  const next = new Presence({ journal, devices, clock, log });
  expect((await noted(next)).slice(3)).toEqual([['truck-a', false, true]]);
  expect((await noted(next)).slice(3)).toEqual([['truck-a', false, true]]);
  await stops.run();
});
