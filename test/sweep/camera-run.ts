import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Imperfection } from '../../simulators/city/detect/imperfection.ts';
import { byArrival, truthDetections } from '../../simulators/city/detect/truth-detections.ts';
import { CAMERA_TYPES, cameraTruth } from '../../simulators/city/life/camera-truth.ts';
import { streetLife } from '../../simulators/city/life/street-life.ts';
import type { Scenario } from '../../simulators/city/scenario.ts';
import { stageScenes } from '../../simulators/city/stage/stage-scenes.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { MANIFEST_FILE, writeLabels } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';

/** Records what the cameras alone make of a run; one that is there is kept. Trucks and stations send nothing. */
export async function recordCameras(
  scenario: Scenario,
  seed: number,
  imperfection: Imperfection,
  dir: string,
): Promise<void> {
  if (existsSync(join(dir, MANIFEST_FILE))) return;
  const start_ms = Date.parse(scenario.file.start ?? '');
  const run = { start_ms, seed };
  const end_ms = start_ms + scenario.file.duration_s * 1_000;
  const life = streetLife(scenario, run);
  const writer = await RecordingWriter.create(dir, { name: scenario.file.name, from_ms: start_ms });
  const seen = truthDetections(stageScenes(scenario, run, life), imperfection);
  let batch: Observation[] = [];
  for (const observation of byArrival(ticks(start_ms, end_ms), seen, end_ms)) {
    batch.push(observation);
    if (batch.length < 1_000) continue;
    await writer.append(batch);
    batch = [];
  }
  await writer.append(batch);
  const { incidents, decoys } = cameraTruth(scenario, run, life);
  await writeLabels(dir, { incidents, decoys, types: [...CAMERA_TYPES] });
  await writer.close({ to_ms: end_ms });
}

function* ticks(from_ms: number, to_ms: number): Generator<Observation> {
  for (let at_ms = from_ms; at_ms <= to_ms; at_ms += 1_000)
    yield { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
}
