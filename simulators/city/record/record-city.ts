import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observation } from '../../../src/domain/observation.ts';
import type { RecordingLabels } from '../../../src/domain/recording.ts';
import {
  MANIFEST_FILE,
  OBSERVATIONS_FILE,
  readManifest,
  writeLabels,
} from '../../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../../src/recording/recording-writer.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Imperfection } from '../detect/imperfection.ts';
import { byArrival, truthDetections } from '../detect/truth-detections.ts';
import { CAMERA_TYPES, cameraTruth } from '../life/camera-truth.ts';
import type { Scenario } from '../scenario.ts';
import { stageScenes } from '../stage/stage-scenes.ts';
import { mergeTruths } from '../truth/merge-truths.ts';
import { TELEMETRY_TYPES, telemetryTruth } from '../truth/telemetry-truth.ts';
import { cityObservations } from './city-observations.ts';
import { type RenderFilm, recordFilm } from './record-film.ts';

/** What is to be recorded, and where. */
export interface RecordCityOptions {
  readonly scenario: Scenario;
  readonly run: CityRun;
  readonly dir: string;
  /** Makes the cameras' films; left out, there is no video. */
  readonly renderFilm?: RenderFilm;
  /** How far short of the truth the detections fall that are recorded; left out, there are none. */
  readonly imperfection?: Imperfection;
  readonly onProgress?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface RecordedCity {
  readonly observations: number;
  readonly films: number;
  readonly labels: number;
  readonly decoys: number;
}

/** Observations that are handed over at once. */
const BATCH = 1_000;

/**
 * Writes a run of a scenario as a recording: observations, films of its pole cameras, labels. The same scenario, run and
 * duration give the same observations and labels, byte for byte. In a folder that holds a recording of the same run,
 * films that are whole are kept; a recording of something else is refused.
 */
export async function recordCity(options: RecordCityOptions): Promise<RecordedCity> {
  const { scenario, run, dir, onProgress = () => {} } = options;
  const { file } = scenario;
  const source = { kind: 'scenario' as const, name: file.name, seed: run.seed ?? file.seed };
  const end_ms = run.start_ms + file.duration_s * 1_000;
  await makeWay(dir, source, run.start_ms);
  const labels = labelsOf(scenario, run);
  const writer = await RecordingWriter.create(dir, { name: file.name, source, from_ms: run.start_ms });
  let films = 0;
  try {
    onProgress('observations');
    await writeObservations(writer, options);
    await writeLabels(dir, labels);
    films = await writeFilms(writer, options);
  } catch (error) {
    await writer.flush();
    throw error;
  }
  await writer.close({ to_ms: end_ms });
  const { incidents, decoys } = labels;
  const observations = writer.manifest.observations.count;
  return { observations, films, labels: incidents.length, decoys: decoys.length };
}

/** The true incidents of trucks, stations and cameras; a dumping that both saw is one. */
function labelsOf(scenario: Scenario, run: CityRun): RecordingLabels {
  const { incidents, decoys } = mergeTruths(telemetryTruth(scenario, run), cameraTruth(scenario, run));
  return {
    incidents: [...incidents],
    decoys: [...decoys],
    types: [...new Set([...TELEMETRY_TYPES, ...CAMERA_TYPES])],
  };
}

async function writeObservations(writer: RecordingWriter, options: RecordCityOptions): Promise<void> {
  const { signal } = options;
  let batch = [];
  for (const observation of observationsOf(options)) {
    batch.push(observation);
    if (batch.length < BATCH) continue;
    signal.throwIfAborted();
    await writer.append(batch);
    batch = [];
  }
  await writer.append(batch);
  await writer.flush();
}

/** What devices sent and, where they are wanted, what detectors would have said. */
function observationsOf({ scenario, run, imperfection }: RecordCityOptions): Iterable<Observation> {
  const sent = cityObservations(scenario, run);
  if (imperfection === undefined) return sent;
  const end_ms = run.start_ms + scenario.file.duration_s * 1_000;
  return byArrival(sent, truthDetections(stageScenes(scenario, run), imperfection), end_ms);
}

/** Renders the films one by one, and says which cameras have none. */
async function writeFilms(writer: RecordingWriter, options: RecordCityOptions): Promise<number> {
  const { scenario, run, dir, renderFilm, signal, onProgress = () => {} } = options;
  const { cameras, duration_s } = scenario.file;
  const span = { start_ms: run.start_ms, end_ms: run.start_ms + duration_s * 1_000 };
  for (const { id, pole } of cameras) {
    if (pole !== undefined && renderFilm !== undefined) continue;
    const reason = pole === undefined ? 'the camera plays a film of its own' : 'no video was wanted';
    writer.addGap({ deviceId: id, reason, from_ms: span.start_ms, to_ms: span.end_ms });
  }
  if (renderFilm === undefined) return 0;
  const scenes = stageScenes(scenario, run);
  for (const scene of scenes) {
    const video = await recordFilm(scene, { dir, renderFilm, onProgress, signal });
    writer.setVideo(scene.camera.id, { ...video, ...span });
    await writer.flush();
  }
  return scenes.length;
}

/** Clears the observations of an earlier recording of the same run; they are made anew faster than they are checked. */
async function makeWay(
  dir: string,
  source: { readonly name: string; readonly seed: number },
  start_ms: number,
): Promise<void> {
  const before = await readManifest(dir).catch((error: Error) => {
    if (error.message.includes('no such file')) return undefined;
    throw error;
  });
  if (before === undefined) return;
  const isSame =
    before.source?.name === source.name && before.source.seed === source.seed && before.from_ms === start_ms;
  if (!isSame) throw new Error(`${join(dir, MANIFEST_FILE)}: there is a recording of something else already`);
  await rm(join(dir, OBSERVATIONS_FILE), { force: true });
  await rm(join(dir, MANIFEST_FILE), { force: true });
}
