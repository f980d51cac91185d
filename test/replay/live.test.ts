import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { createIncidents } from '../../src/gateway/incidents.ts';
import { createIntake } from '../../src/gateway/intake.ts';
import { createReaders } from '../../src/gateway/readers.ts';
import { openStores } from '../../src/gateway/stores.ts';
import { recordGateway } from '../../src/record/record.ts';
import { StopStack } from '../../src/runtime/stop-stack.ts';
import { cityObservations, quickCityConfig } from '../support/city-recording.ts';
import { replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const log = pino({ level: 'silent' });

/** What a running gateway has made of it, read while it works. */
async function runLive(dataDir: string, observations: readonly Observation[]) {
  const config = { ...quickCityConfig(), cameras: [] };
  const stops = new StopStack(log);
  const stores = openStores(config, dataDir, Date.now, log, stops);
  const spool = new FrameSpool({ root: join(dataDir, 'frames'), max_bytes: 1e8 });
  const parts = createIncidents({ config, dataDir, stores, spool, clock: Date.now, log });
  const readers = createReaders(stores.journal, log, stops);
  const { recorder } = parts;
  readers.start({
    name: 'rules',
    batch_max: 5000,
    apply: (records) => recorder.apply(records),
    cursor: recorder.cursor,
  });
  const { accept } = createIntake(stores.journal, stores.devices, stores.vitals);
  for (let from = 0, step = 1; from < observations.length; from += step, step = (step * 7) % 61) {
    await accept(observations.slice(from, from + step));
  }
  await waitUntil('the rules have seen all', () => readers.running[0]?.lag() === 0);
  const incidents = parts.incidents.list({ limit: 100 }).items;
  await stops.run();
  return incidents;
}

it('gives what the recorded gateway gave, byte for byte', { timeout: 60_000 }, async () => {
  const dataDir = join(tempDir(), 'data');
  const live = await runLive(dataDir, [...cityObservations(150)]);
  expect(live.length).toBeGreaterThan(3);
  const dir = join(tempDir(), 'recording');
  const stop = new AbortController();
  await recordGateway({
    dir,
    config: { ...quickCityConfig(), cameras: [] },
    dataDir,
    max_bytes: 1e9,
    from_ms: 0,
    video: true,
    env: process.env,
    signal: stop.signal,
    onNote: () => undefined,
    onProgress: () => stop.abort(),
  });
  const { incidents } = await replayOf(dir);
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
  const replayed = incidents.map(({ incident }) => incident).sort(byId);
  expect(JSON.stringify(replayed)).toBe(JSON.stringify([...live].sort(byId)));
});
