import type { TypeMatch } from './match-type.ts';
import type { ScoreInput } from './score-input.ts';
import type { TypeScore } from './score-result.ts';
import { shareOf, spreadOf } from './statistics.ts';

const DAY_MS = 86_400_000;

/** The figures of one type, or of several together. */
export function figuresOf(type: string, matches: readonly TypeMatch[], input: ScoreInput): TypeScore {
  const hits = matches.flatMap((match) => match.hits);
  const misses = matches.flatMap((match) => match.misses);
  const falseAlarms = matches.flatMap((match) => match.falseAlarms);
  const duplicates = matches.flatMap((match) => match.duplicates).length;
  const kinds = kindsOf(matches, input);
  const deviceDays = deviceDaysOf(kinds, input);
  const delays = hits.flatMap(({ delay_s }) => delay_s ?? []);
  const excess = hits.flatMap(({ excessDelay_s }) => excessDelay_s ?? []);
  return {
    type,
    labels: hits.length + misses.length,
    incidents: hits.length + duplicates + falseAlarms.length,
    hits: hits.length,
    misses: misses.length,
    merged: misses.filter(({ mergedInto }) => mergedInto !== undefined).length,
    falseAlarms: falseAlarms.length,
    decoyed: falseAlarms.filter(({ decoy }) => decoy !== undefined).length,
    duplicates,
    ignored: matches.flatMap((match) => match.ignored).length,
    precision: shareOf(hits.length, hits.length + falseAlarms.length),
    recall: shareOf(hits.length, hits.length + misses.length),
    duplicateRate: shareOf(duplicates, hits.length + duplicates),
    delay_s: spreadOf(delays),
    excessDelay_s: spreadOf(excess),
    kinds,
    deviceDays,
    falseAlarmsPerDeviceDay: shareOf(falseAlarms.length, deviceDays),
  };
}

/** As the rules say; without their word, the kinds of the devices that labels and incidents name. */
function kindsOf(matches: readonly TypeMatch[], { reported, devices, labels }: ScoreInput): string[] {
  const kindOf = new Map(devices.map(({ id, kind }) => [id, kind]));
  const kinds = matches.flatMap((match) => {
    const said = (reported ?? []).filter(({ type }) => type === match.type).flatMap((entry) => entry.kinds);
    if (said.length > 0) return said;
    const named = [...labels.incidents, ...labels.decoys]
      .filter(({ type }) => type === match.type)
      .flatMap(({ deviceIds }) => deviceIds);
    const alarmed = match.falseAlarms.flatMap(({ found }) => found.deviceIds);
    return [...named, ...alarmed].flatMap((id) => kindOf.get(id) ?? []);
  });
  return [...new Set(kinds)].sort();
}

function deviceDaysOf(kinds: readonly string[], { devices, from_ms, to_ms }: ScoreInput): number {
  const span_ms = Math.max(0, to_ms - from_ms);
  const watching = devices.filter(({ kind }) => kinds.includes(kind));
  return watching.reduce((sum, { covered_ms }) => sum + (covered_ms ?? span_ms), 0) / DAY_MS;
}
