import { describe, expect, it } from 'vitest';
import { cameraTruth } from '../../../../simulators/city/life/camera-truth.ts';
import type { IncidentLabel } from '../../../../src/domain/recording.ts';
import { soundCity, start_ms, twoCameras } from './two-cameras.ts';

const seconds = ({ from_ms, to_ms }: IncidentLabel): [number, number] => [
  (from_ms - start_ms) / 1_000,
  (to_ms - start_ms) / 1_000,
];

describe('the truth of cameras', () => {
  const truth = cameraTruth(soundCity(), { start_ms });
  const labelOf = (id: string): IncidentLabel | undefined =>
    [...truth.incidents, ...truth.decoys].find((label) => label.id === id);

  it('is one label for a stall that two cameras see, with the policy of its road', () => {
    expect(labelOf('both-see')).toMatchObject({
      type: 'stall-occupation',
      deviceIds: ['cam-a', 'cam-b'],
      dwell_s: 60,
    });
    expect(seconds(labelOf('both-see') as IncidentLabel)).toEqual([60, 360]);
    expect(truth.incidents.map(({ id }) => id)).toEqual([
      'both-see',
      'heap',
      'heap-illegal-dumping',
      'covered',
    ]);
  });

  it('is two labels for bags that somebody leaves: that they lie there, and that he left them', () => {
    expect(labelOf('heap')?.type).toBe('exposed-garbage');
    expect(labelOf('heap-illegal-dumping')).toMatchObject({ type: 'illegal-dumping', dwell_s: 60 });
    expect(seconds(labelOf('heap-illegal-dumping') as IncidentLabel)).toEqual(
      seconds(labelOf('heap') as IncidentLabel),
    );
  });

  it('holds what passes or leaves too soon to be no incident', () => {
    expect(truth.decoys.map(({ id }) => id)).toEqual(['rain', 'too-short']);
  });

  it('says where in the picture', () => {
    const [x1, y1, x2, y2] = labelOf('both-see')?.box ?? [0, 0, 0, 0];
    expect(x1).toBeGreaterThan(0.1);
    expect(x2).toBeLessThan(0.9);
    expect((x2 - x1) * 640).toBeGreaterThan(40);
    expect(y2).toBeGreaterThan(y1);
  });

  it('counts from the end of the permitted hours', () => {
    const late = cameraTruth(
      soundCity((text) =>
        text
          .replace('id: both-see, at_s: 60', 'id: both-see, at_s: 240')
          .replace(/at: shop, side: left } }/, 'at: corner, along_m: -7, side: left } }'),
      ),
      { start_ms },
    );
    const label = late.incidents.find(({ id }) => id === 'both-see');
    expect(label === undefined ? [] : seconds(label)).toEqual([300, 540]);
  });

  it.each([1, 2, 3, 4])('has the same script with seed %i, within its limits', (seed) => {
    const other = cameraTruth(soundCity(), { start_ms, seed });
    expect(other.incidents.map(({ id }) => id).sort()).toEqual([
      'both-see',
      'covered',
      'heap',
      'heap-illegal-dumping',
    ]);
    const stall = other.incidents.find(({ id }) => id === 'both-see') as IncidentLabel;
    expect(Math.abs(seconds(stall)[0] - 60)).toBeLessThanOrEqual(30);
    expect(stall.deviceIds).toEqual(['cam-a', 'cam-b']);
    expect(stall.place).not.toEqual(labelOf('both-see')?.place);
  });
});

it.each([
  [
    'a road that is not there',
    'road: main, at: shop, side',
    'road: mian, at: shop, side',
    /road: no road is called mian/,
  ],
  [
    'a place that is not there',
    'at: shop, side',
    'at: shopp, side',
    /where\.at: no place or zone is called shopp/,
  ],
  ['a camera that is not there', 'camera: cam-b', 'camera: cam-c', /camera: no camera is called cam-c/],
  [
    'a camera without a view',
    ', pole: { height_m: 6, heading_deg: 40, pitch_deg: 18, hfov_deg: 70 }',
    '',
    /cameras\[0\]: a camera needs a pole/,
  ],
  [
    'a camera with half a film',
    'at: [112.97085, 28.1999],',
    'at: [112.97085, 28.1999], path: /a,',
    /path: path and file belong together/,
  ],
])('says where: %s', (_name, from, to, wanted) => {
  const read = twoCameras((text) => text.replace(from, to));
  const found = read.ok ? [] : read.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^\d+ /);
  expect(found[0]).toMatch(wanted);
});
