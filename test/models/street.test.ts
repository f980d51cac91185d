import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Detector } from '../../src/vision/detector.ts';
import { loadManifest } from '../../src/vision/manifest.ts';
import { checkModel } from '../../src/vision/model-check.ts';
import { readPicture } from '../../src/vision/picture.ts';

const folder = join(import.meta.dirname, '../../models/street');

test('the street detector finds what its golden picture shows', async () => {
  expect((await checkModel(folder)).problems).toEqual([]);
});

test('it reports what is below a threshold as weak, where the manifest wants it, and apart from the rest', async () => {
  const read = await loadManifest(folder);
  if (!read.ok) throw new Error('the manifest is wrong');
  const { loaded } = read;
  const weak_thresholds = { person: 0.05, stall: 0.05 };
  const strict = await Detector.load(loaded);
  const lax = await Detector.load({ ...loaded, manifest: { ...loaded.manifest, weak_thresholds } });
  try {
    const picture = await readPicture(loaded.goldenPath);
    const sure = await strict.detect(picture);
    expect(await lax.detect(picture)).toEqual(sure);
    const all = await lax.detectAll(picture);
    const weak = all.filter((made) => lax.isWeak(made));
    expect(weak.length).toBeGreaterThan(0);
    expect(all.length - weak.length).toBe(sure.length);
    for (const { class: name, score } of weak) {
      expect(Object.keys(weak_thresholds)).toContain(name);
      expect(score).toBeGreaterThanOrEqual(0.05);
      expect(score).toBeLessThan(loaded.manifest.class_thresholds?.[name] ?? 0);
    }
  } finally {
    await Promise.all([strict.close(), lax.close()]);
  }
});
