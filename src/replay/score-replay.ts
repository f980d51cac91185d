import { readFile } from 'node:fs/promises';
import type { Config } from '../config/config.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { RecordingError, readLabels } from '../recording/recording-files.ts';
import { type Comparison, compareRuns } from '../score/compare.ts';
import { type GateFailure, type Gates, gateFailures } from '../score/gates.ts';
import { writeReport } from '../score/report/write-report.ts';
import { scoreRun } from '../score/score.ts';
import { reportedTypes, type ScoredDevice } from '../score/score-input.ts';
import { parseScore } from '../score/score-json.ts';
import type { Score } from '../score/score-result.ts';
import type { Replay } from './replay.ts';

/** What is scored, against what, and where the report goes. */
export interface ScoreReplayOptions {
  readonly replay: Replay;
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Config;
  /** What the run is called in the score. */
  readonly name: string;
  readonly gates: Gates;
  /** The score of an earlier run as JSON, to compare with. */
  readonly earlier?: { readonly file: string; readonly text: string };
  /** The HTML file to write. */
  readonly report?: string;
}

/** Holds a replay against the labels of its recording. Rejects where it has none. */
export async function scoreReplay(options: ScoreReplayOptions): Promise<{
  readonly score: Score;
  readonly comparison?: Comparison;
  readonly failures: readonly GateFailure[];
  readonly written?: Awaited<ReturnType<typeof writeReport>>;
}> {
  const { replay, dir, manifest, config, name, gates, earlier, report } = options;
  const labels = await readLabels(dir);
  if (labels === undefined)
    throw new RecordingError(`${dir}: has no labels.json, so there is nothing to score by`);
  const score = scoreRun({
    name,
    recording: manifest.name,
    from_ms: manifest.from_ms,
    // Of an interrupted replay only what was reached can be held against it.
    to_ms: replay.complete ? manifest.to_ms : replay.to_ms,
    timeZone: config.timeZone,
    labels,
    found: replay.incidents,
    devices: scoredDevices(config, manifest),
    reported: reportedTypes(config.rules, config.routes.length > 0),
  });
  const comparison =
    earlier === undefined ? undefined : compareRuns(parseScore(earlier.text, earlier.file), score);
  const failures = gateFailures(score, gates);
  const optional = comparison === undefined ? {} : { comparison };
  if (report === undefined) return { score, failures, ...optional };
  const written = await writeReport({
    file: report,
    score,
    ...optional,
    ...(Object.keys(gates).length === 0 ? {} : { failures }),
    sources: {
      evidence: async (incidentId, { id }) => {
        const file = replay.evidenceFile(incidentId, id);
        return file === undefined ? undefined : readFile(file);
      },
      frame: replay.frame,
    },
  });
  return { score, failures, written, ...optional };
}

/** Every device of the configuration; a filmed camera covers what its videos cover. */
export function scoredDevices(config: Config, manifest: RecordingManifest): ScoredDevice[] {
  const videosOf = new Map(manifest.cameras.map(({ id, videos }) => [id, videos]));
  return config.devices.map(({ id, kind, name, lon, lat }) => {
    const videos = videosOf.get(id) ?? [];
    const covered_ms = videos.reduce((sum, { start_ms, end_ms }) => sum + Math.max(0, end_ms - start_ms), 0);
    return {
      id,
      kind,
      ...(name === undefined ? {} : { name }),
      ...(lon === undefined ? {} : { lon }),
      ...(lat === undefined ? {} : { lat }),
      ...(videos.length === 0 ? {} : { covered_ms }),
    };
  });
}
