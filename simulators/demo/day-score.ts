import type { Config } from '../../src/config/config.ts';
import type { RecordingManifest } from '../../src/domain/recording.ts';
import { readLabels } from '../../src/recording/recording-files.ts';
import { scoredDevices } from '../../src/replay/score-replay.ts';
import { scoreRun } from '../../src/score/score.ts';
import { type FoundIncident, reportedTypes } from '../../src/score/score-input.ts';
import { scoreTable } from '../../src/score/score-table.ts';

/** What a live run found in a recording, held against its labels: the table that `xuncheng replay --score` prints. */
export async function dayScore(day: {
  readonly config: Config;
  readonly manifest: RecordingManifest;
  readonly dir: string;
  readonly found: readonly FoundIncident[];
}): Promise<string[]> {
  const { config, manifest, dir, found } = day;
  const labels = await readLabels(dir);
  if (labels === undefined) return [];
  const score = scoreRun({
    name: config.name,
    recording: manifest.name,
    from_ms: manifest.from_ms,
    to_ms: manifest.to_ms,
    timeZone: config.timeZone,
    labels,
    found,
    devices: scoredDevices(config, manifest),
    reported: reportedTypes(config.rules, config.routes.length > 0),
  });
  return scoreTable(score);
}
