import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CheckedCamera, type CheckedFrame, checkCamera } from '../../src/vision/camera-check.ts';
import { DetectorSet } from '../../src/vision/detector-set.ts';
import { lumaPlane, pictureStats, samplesOf } from '../../src/vision/picture-stats.ts';
import { clipFrames } from '../support/clip-frames.ts';
import { paintedRecords } from '../support/painted-street.ts';
import { sharedData } from '../support/shared-data.ts';
import { FASTESTDET, writeModel } from '../support/test-models.ts';

const verdicts = (camera: CheckedCamera): Record<string, string> =>
  Object.fromEntries(checkCamera(camera).map(({ subject, verdict }) => [subject, verdict]));
const painted = (moment: Parameters<typeof paintedRecords>[1][number]): CheckedFrame[] =>
  paintedRecords(
    0,
    Array.from({ length: 6 }, () => moment),
  ).map(({ picture }) => ({ picture, detections: [] }));
const GOOD = { classes: ['car'], keyFramesAreRare: false, keyInterval_s: 1, patrol_s: 2 };

describe('a camera that is put up', () => {
  it('is bright enough and in focus, or not', () => {
    expect(verdicts({ ...GOOD, frames: painted({}) })).toEqual({
      brightness: 'good',
      focus: 'good',
      view: 'unknown',
      'key frames': 'good',
      clock: 'unknown',
    });
    expect(verdicts({ ...GOOD, frames: painted({ cover: 'black' }) })).toMatchObject({
      brightness: 'bad',
      focus: 'bad',
    });
    expect(verdicts({ ...GOOD, frames: painted({ cover: 'bag' }) })).toMatchObject({ focus: 'bad' });
  });

  it('has key frames often enough, and a clock that is right', () => {
    const frames = painted({});
    const of = (more: Partial<CheckedCamera>) => verdicts({ ...GOOD, frames, ...more });
    expect(of({ keyFramesAreRare: true })['key frames']).toBe('bad');
    expect(of({ keyInterval_s: 4 })['key frames']).toBe('bad');
    expect(of({ clockAhead_s: -3 }).clock).toBe('good');
    expect(checkCamera({ ...GOOD, frames, clockAhead_s: -3600 }).at(-1)?.words).toBe(
      '3600 s behind: set NTP',
    );
  });

  it('cannot be judged by three frames, nor its view by a detector of what lies still', () => {
    expect(checkCamera({ ...GOOD, classes: ['garbage'], frames: painted({}) })[2]?.words).toContain(
      'nothing that moves',
    );
    expect(verdicts({ ...GOOD, frames: painted({}).slice(0, 3) })).toEqual({ frames: 'bad' });
  });
});

const onnx = sharedData('onnx/fastestdet_coco.onnx');
const steep = sharedData('video/carcounter_cam0.mp4');
const flat = sharedData('video/carcounter_cam1.mp4');

describe.skipIf(onnx === undefined || steep === undefined || flat === undefined)(
  'the angle of a view (skipped without the shared test material)',
  () => {
    it('suits the detector or does not', { timeout: 120_000 }, async () => {
      const modelsDir = mkdtempSync(join(tmpdir(), 'xuncheng-check-'));
      onTestFinished(() => rmSync(modelsDir, { recursive: true, force: true }));
      await writeModel(modelsDir, onnx ?? '', FASTESTDET);
      const detectors = new DetectorSet({ modelsDir, threads: 1, onModel: () => undefined });
      const look = async (clip: string) => {
        const frames: CheckedFrame[] = [];
        for (const frame of clipFrames(clip, { width_px: 640, height_px: 640 }, 6, 12)) {
          const occasion = { deviceId: 'cam', at_ms: 0, received_ms: 0 };
          const { observations } = await detectors.judge(frame, { models: ['fastestdet'] }, occasion);
          const plane = lumaPlane(frame);
          frames.push({
            picture: pictureStats(plane, samplesOf(plane, 0)),
            detections: observations.flatMap((made) => made.detections),
          });
        }
        return checkCamera({ ...GOOD, frames }).find(({ subject }) => subject === 'view');
      };
      const [good, bad] = [await look(flat ?? ''), await look(steep ?? '')];
      await detectors.close();
      expect([good?.verdict, bad?.verdict]).toEqual(['good', 'bad']);
    });
  },
);
