import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { isoTime } from '../../src/domain/time.ts';
import { EvidenceStore } from '../../src/evidence/evidence-store.ts';
import { FrameSpool } from '../../src/evidence/frame-spool.ts';
import { type DueEvidence, LaterEvidenceTable } from '../../src/evidence/later-evidence.ts';
import { makeGonePicture, NO_GONE_PICTURE, planGonePicture } from '../../src/gateway/gone-picture.ts';
import { IncidentRecorder } from '../../src/incidents/incident-recorder.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { cameraZone, engineOf } from '../rules/support.ts';
import { findingWith, snapshot, streetJpeg } from '../support/evidence-world.ts';
import { DAY_MS, incidentWorld, sampleIncident } from '../support/incident-world.ts';

const WAIT_MS = 600_000;
const log = pino({ level: 'silent' });
/** The end of an incident that began at the start of the day. */
const ended = {
  ...findingWith(),
  action: 'end' as const,
  at_ms: DAY_MS + 60_000,
  sources: [
    { deviceId: 'cam-1', modality: 'camera' as const, from: isoTime(DAY_MS), to: isoTime(DAY_MS), weight: 1 },
  ],
};

async function world() {
  const { db, dir, journal, clock, put } = incidentWorld();
  put('ended', sampleIncident('inc_a1', { status: 'ended', endedAt: isoTime(ended.at_ms) }));
  clock.now_ms = ended.at_ms;
  const incidents = new IncidentStore(db);
  const spool = new FrameSpool({ root: join(dir, 'frames'), max_bytes: 1e8 });
  await spool.start();
  const recorder = new IncidentRecorder({
    ...{ db, journal, incidents, log, engine: engineOf([]), onIncident: () => [] },
    code: (type) => ({ scheme: 'test', major: null, minor: null, name: type }),
    capture: async () => [],
  });
  const evidence = new EvidenceStore({
    ...{ db, root: join(dir, 'evidence'), quota_bytes: 1e9, timeZone: 'Asia/Shanghai', log },
    readFrame: (ref) => spool.read(ref),
    clock: () => clock.now_ms,
  });
  const table = new LaterEvidenceTable(db);
  const cameraZones = [cameraZone({ id: 'kerb-3' })];
  const config = { vision: { goneWait_ms: WAIT_MS }, cameraZones } as unknown as Config;
  const parts = { config, table, spool, evidence, recorder, clock: () => clock.now_ms };
  const jpeg = await streetJpeg(640, 360);
  /** The camera's newest picture is of this time; without one it is offline. */
  const step = async (at_ms?: number): Promise<void> => {
    const picture = at_ms === undefined ? undefined : { jpeg, at_ms, width_px: 640, height_px: 360 };
    for (const due of table.due(clock.now_ms, 10)) {
      if (due.task.kind === 'gone')
        await makeGonePicture(due as DueEvidence & { task: typeof due.task }, picture, parts);
    }
  };
  const incident = () => incidents.get('inc_a1');
  return { table, clock, step, incident };
}

it('gives an incident that is over a picture of the place, once there is one that is newer than its end', async () => {
  const { table, clock, step, incident } = await world();
  planGonePicture(table, 'inc_a1', ended, clock.now_ms);
  await step();
  await step(ended.at_ms - 1);
  expect(incident()?.evidence).toEqual([]);
  clock.now_ms += 70_000;
  await step(clock.now_ms - 1000);
  expect(incident()).toMatchObject({
    version: 2,
    status: 'ended',
    missing: [],
    evidence: [
      { kind: 'snapshot', role: 'annotated', at: isoTime(ended.at_ms + 69_000) },
      { kind: 'snapshot', role: 'raw', at: isoTime(ended.at_ms + 69_000) },
    ],
  });
  expect(table.waiting).toBe(0);
});

it('says in the incident that there is none, when the camera was offline for too long', async () => {
  const { table, clock, step, incident } = await world();
  planGonePicture(table, 'inc_a1', ended, clock.now_ms);
  for (let n = 0; n < 8; n += 1) {
    await step();
    clock.now_ms += 61_000;
  }
  expect(incident()?.missing).toEqual([]);
  clock.now_ms += WAIT_MS;
  await step();
  expect(incident()?.missing).toMatchObject([
    {
      modality: 'camera',
      reason: `${NO_GONE_PICTURE}the camera gave none until then`,
      from: isoTime(ended.at_ms),
    },
  ]);
  expect(table.waiting).toBe(0);
});

it('takes none where the end brings one, or no camera saw it', async () => {
  const { table, clock } = await world();
  const picture = { path: 'cam-1/a.jpg', sha256: 'a'.repeat(64), width_px: 1, height_px: 1 };
  planGonePicture(table, 'inc_a1', { ...ended, exhibits: [snapshot(picture)] }, clock.now_ms);
  planGonePicture(table, 'inc_a1', { ...ended, sources: [] }, clock.now_ms);
  expect(table.waiting).toBe(0);
});
