import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { readManifest } from '../../src/recording/recording-files.ts';
import { RecordingWriter } from '../../src/recording/recording-writer.ts';
import { buildRules } from '../../src/rules/catalogue.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import { CITY_START_MS, cityObservations, quickCityConfig, recordCity } from '../support/city-recording.ts';
import { bytesOf, replayOf } from '../support/replay.ts';
import { tempDir } from '../support/temp-dir.ts';

const CITY_S = 120;

/** When the rules report what, fed as a running gateway feeds them. */
function openedLive(): string[] {
  const config = quickCityConfig();
  const engine = new RuleEngine(buildRules(config.rules, config), config.journal);
  const findings = [...cityObservations(CITY_S)].flatMap((observation) => engine.feed(observation));
  const opened = findings.filter(({ action }) => action === 'open');
  return opened.map(({ at_ms, type }) => `${at_ms} ${type}`).sort();
}

it('makes of the recorded city what the live gateway makes of it', async () => {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, CITY_S);
  const replay = await replayOf(dir);
  expect(replay.complete).toBe(true);
  expect(replay.observations).toBe((await readManifest(dir)).observations.count);
  const reported = replay.incidents.map(({ incident, opened_ms }) => `${opened_ms} ${incident.type}`);
  expect(reported.length).toBeGreaterThan(3);
  expect(reported.sort()).toEqual(openedLive());
  for (const { incident, opened_ms } of replay.incidents) {
    expect(opened_ms).toBeGreaterThanOrEqual(Date.parse(incident.onsetAt));
    const [evidence] = incident.evidence;
    const file = replay.evidenceFile(incident.id, evidence?.id ?? '') ?? '';
    expect(existsSync(file)).toBe(true);
  }
});

it('gives the same bytes at 60 times its pace and at full speed', async () => {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, CITY_S);
  const fast = bytesOf(await replayOf(dir));
  expect(fast).toContain('"illegal-dumping"');
  expect(bytesOf(await replayOf(dir, { speed: 60 }))).toBe(fast);
});

it('gives the same bytes at its own pace', async () => {
  const dir = join(tempDir(), 'city');
  const writer = await RecordingWriter.create(dir, { name: 'four seconds' });
  for (let step = 0; step < 8; step += 1) {
    const at_ms = CITY_START_MS + step * 500;
    const times = { at_ms, received_ms: at_ms };
    const dust = { kind: 'reading', deviceKind: 'dust', deviceId: 'dust-zhuyuan' } as const;
    await writer.append([
      { ...dust, ...times, metrics: { pm10_ug_m3: 400 + step } },
      { kind: 'tick', deviceId: '_gateway', ...times },
    ]);
  }
  await writer.close();
  // A rule that four seconds are enough for.
  const config = quickCityConfig();
  const rules = config.rules.map((rule) =>
    rule.kind === 'threshold'
      ? { ...rule, window_s: 2, expected_interval_s: 1, limits: [{ limit: 1 }] }
      : rule,
  );
  const quick = {
    config: { ...config, journal: { ...config.journal, lateness_ms: 500 }, rules: rules as Config['rules'] },
  };
  const slow = await replayOf(dir, { ...quick, speed: 1 });
  expect(slow.incidents.length).toBeGreaterThan(0);
  expect(bytesOf(slow)).toBe(bytesOf(await replayOf(dir, quick)));
});

it('gives the same bytes for a recording that was cut off and continued', async () => {
  const whole = join(tempDir(), 'whole');
  const pieces = join(tempDir(), 'pieces');
  await recordCity(whole, CITY_S);
  const observations = [...cityObservations(CITY_S)];
  const first = await RecordingWriter.create(pieces, { name: 'quick city' });
  await first.append(observations.slice(0, 500));
  await first.flush(500);
  // Never flushed: lost with the process, and read again.
  await first.append(observations.slice(500, 600));
  await first.abandon();
  const second = await RecordingWriter.resume(pieces);
  await second.append(observations.slice(second.place));
  await second.close();
  expect(bytesOf(await replayOf(pieces))).toBe(bytesOf(await replayOf(whole)));
});

it('keeps a folder that it is given, and takes none in which there is something', async () => {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, 60);
  const dataDir = join(tempDir(), 'data');
  const replay = await replayOf(dir, { dataDir });
  await replay.close();
  expect(existsSync(join(dataDir, 'xuncheng.db'))).toBe(true);
  const taken = tempDir();
  mkdirSync(join(taken, 'x'));
  await expect(replayOf(dir, { dataDir: taken })).rejects.toThrow('not empty');
});

it('stops when told to and says that it did', async () => {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, CITY_S);
  const stop = new AbortController();
  const notes: string[] = [];
  const kept = join(tempDir(), 'kept');
  const replay = await replayOf(dir, {
    signal: stop.signal,
    speed: 600,
    keepDetections: kept,
    onNote: (note) => notes.push(note),
    onProgress: () => stop.abort(),
  });
  expect(replay.complete).toBe(false);
  expect(replay.observations).toBeLessThan((await readManifest(dir)).observations.count);
  expect(notes).toEqual([expect.stringContaining('interrupted')]);
  const { complete, observations } = await readManifest(kept);
  expect([complete, observations.count]).toEqual([false, replay.observations]);
});

it('reads what an interrupted recording has, and says what is cut off', async () => {
  const dir = join(tempDir(), 'city');
  await recordCity(dir, 60);
  const manifest = await readManifest(dir);
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, complete: false }));
  const file = join(dir, manifest.observations.file);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
  const notes: string[] = [];
  const replay = await replayOf(dir, { onNote: (note) => notes.push(note) });
  expect(replay.observations).toBeGreaterThan(0);
  expect(replay.observations).toBeLessThan(manifest.observations.count);
  expect(notes).toEqual([
    expect.stringMatching(/observations\.ndjson\.gz: .*cut off; \d+ observations before it/),
  ]);
});
