import pino from 'pino';
import { onTestFinished } from 'vitest';
import { canonicalJson } from '../../src/evidence/canonical-json.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { type Replay, type ReplayOptions, runReplay } from '../../src/replay/replay.ts';
import { quickCityConfig } from './city-recording.ts';

/** Replays a recording with the quick city's rules, at full speed unless told otherwise. */
export async function replayOf(dir: string, options: Partial<ReplayOptions> = {}): Promise<Replay> {
  const replay = await runReplay({
    dir,
    manifest: await readManifest(dir),
    config: quickCityConfig(),
    speed: Number.POSITIVE_INFINITY,
    detections: 'recorded',
    env: process.env,
    signal: new AbortController().signal,
    log: pino({ level: 'silent' }),
    onNote: () => undefined,
    ...options,
  });
  onTestFinished(() => replay.close());
  return replay;
}

/** All that a replay says, as bytes to compare. */
export function bytesOf(replay: Replay): string {
  const { incidents, evidenceHead } = replay;
  return canonicalJson({ incidents, evidenceHead });
}
