import { pino } from 'pino';
import { expect, test } from 'vitest';
import { LaterEvidenceTable } from '../../src/evidence/later-evidence.ts';
import { type LaterEvidenceParts, startLaterEvidence } from '../../src/gateway/later-evidence.ts';
import { type Amendment, amendIncident } from '../../src/incidents/incident-build.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { incidentWorld, sampleIncident } from '../support/incident-world.ts';
import { waitUntil } from '../support/wait-until.ts';

test('an incident of a camera with masks says that it has no clip, and why', async () => {
  const world = incidentWorld();
  const incidents = new IncidentStore(world.db);
  const table = new LaterEvidenceTable(world.db);
  const incident = sampleIncident('inc_masked');
  world.put('opened', incident);
  const { now_ms } = world.clock;
  const clip = {
    kind: 'clip',
    incidentId: incident.id,
    cameraId: 'cam-1',
    from_ms: now_ms,
    to_ms: now_ms + 5000,
  } as const;
  table.plan({ ...clip, shows: 'onset' }, now_ms, now_ms);
  table.plan({ ...clip, shows: 'end' }, now_ms, now_ms);
  const judging = {
    models: [],
    masks: [
      [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    ],
  };
  const untouched = (): never => {
    throw new Error('nothing of the stream is to be looked for');
  };
  const stop = startLaterEvidence({
    config: { judgingOf: new Map([['cam-1', judging]]) },
    ringRoot: world.dir,
    table,
    evidence: { captureClip: untouched },
    capture: untouched,
    incidents,
    recorder: {
      amend: (id: string, amendment: Amendment, _now_ms: number, alongside: () => void) => {
        alongside();
        const known = incidents.get(id);
        if (known !== undefined) incidents.put(amendIncident(known, amendment));
        return true;
      },
    },
    ffmpeg: untouched,
    clock: () => now_ms,
    log: pino({ enabled: false }),
    interval_ms: 10,
  } as unknown as LaterEvidenceParts);
  await waitUntil('both to be done', () => table.waiting === 0);
  await stop();
  expect(incidents.get(incident.id)?.missing).toEqual([
    expect.objectContaining({
      modality: 'camera',
      reason: 'evidence: no clip: the camera has privacy masks, and its stream is not kept',
    }),
  ]);
});
