import { expect, it } from 'vitest';
import type { EvidenceItem } from '../../src/domain/incident.ts';
import { compassOf, focusFinding, focusReport } from '../../src/gateway/focus-plan.ts';
import type { FocusAnswer } from '../../src/vision/worker-protocol.ts';
import { box, START_MS } from '../rules/support.ts';

const ref = (name: string) => ({ path: `${name}.jpg`, sha256: name.repeat(64), width_px: 1, height_px: 1 });
const picture = (name: string, at_ms: number) => ({
  at_ms,
  stored: { ref: ref(name), bytes: 1 },
  detections: [box('muck-truck', 0.5, 0.7)],
});
const answer: FocusAnswer = {
  first_ms: START_MS,
  last_ms: START_MS + 50_000,
  frames: 250,
  models: [],
  actors: [
    {
      class: 'muck-truck',
      score: 0.8,
      entered_ms: START_MS + 5000,
      besideFrom_ms: START_MS + 9000,
      besideTo_ms: START_MS + 40_000,
      cameFrom: 'left',
      leftTo: 'far',
    },
  ],
  best: picture('a', START_MS + 10_000),
  plateRegion: picture('b', START_MS + 12_000),
};
const task = {
  kind: 'focus' as const,
  incidentId: 'inc_1',
  cameraId: 'cam-1',
  aim: { class: 'garbage', box: box('garbage', 0.5, 0.7).box, appeared_ms: START_MS, actors: [], reach: 1 },
  from_ms: START_MS - 30_000,
  to_ms: START_MS + 20_000,
  finding: {
    action: 'open' as const,
    rule: { id: 'dumping-seen', version: '1' },
    type: 'illegal-dumping',
    key: 'cam-1/z1/1',
    onset_ms: START_MS,
    at_ms: START_MS,
    lastSeen_ms: START_MS,
    severity: 3 as const,
    confidence: 0.8,
    place: { lon: 113, lat: 28 },
    sources: [],
    missing: [],
    measures: {},
    exhibits: [],
  },
};

it('keeps the best picture with its boxes, and of the vehicle the part alone', () => {
  const { exhibits } = focusFinding(task, answer);
  expect(exhibits).toMatchObject([
    { kind: 'snapshot', deviceId: 'cam-1', at_ms: START_MS + 10_000, detections: [{ class: 'muck-truck' }] },
    { kind: 'snapshot', at_ms: START_MS + 12_000, part: 'plate-region' },
  ]);
});

it('words what was seen, by the compass where the bearing is known', () => {
  const item = (id: string, role: EvidenceItem['role']): EvidenceItem => ({
    ...{ id, kind: 'snapshot', at: '2026-11-22T02:00:00.000Z', href: '/', sha256: 'a'.repeat(64) },
    ...{ mediaType: 'image/jpeg', ...(role === undefined ? {} : { role }) },
  });
  const items = [item('ev-1', 'annotated'), item('ev-2', 'raw'), item('ev-3', 'plate-region')];
  const report = focusReport(task, answer, items, 90);
  expect(report).toEqual({
    deviceId: 'cam-1',
    from: '2026-11-22T02:00:00.000Z',
    to: '2026-11-22T02:00:50.000Z',
    frames: 250,
    thing: 'garbage',
    actors: [
      {
        class: 'muck-truck',
        score: 0.8,
        enteredAt: '2026-11-22T02:00:05.000Z',
        besideFrom: '2026-11-22T02:00:09.000Z',
        besideTo: '2026-11-22T02:00:40.000Z',
        cameFrom: 'left',
        leftTo: 'far',
        cameFromCompass: 'N',
        leftToCompass: 'E',
      },
    ],
    best: 'ev-1',
    plateRegion: 'ev-3',
  });
  const [plain] = focusReport(task, answer, [], undefined).actors;
  expect(plain).not.toHaveProperty('leftToCompass');
});

it.each([
  ['far', 0, 'N'],
  ['right', 0, 'E'],
  ['near', 22, 'S'],
  ['left', 350, 'W'],
  ['far', 338, 'N'],
  ['left', 45, 'NW'],
] as const)('%s of a camera that looks to %d degrees is %s', (side, bearing_deg, compass) => {
  expect(compassOf(side, bearing_deg)).toBe(compass);
});
