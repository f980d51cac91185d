import { expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { SnapshotObservation } from '../../src/domain/observation.ts';
import { TruckStills } from '../../src/gateway/truck-stills.ts';

const ONSET_MS = Date.UTC(2026, 10, 22, 1, 0, 0);
const MINUTE_MS = 60_000;

const FINDING: Finding = {
  action: 'open',
  rule: { id: 'dumping', version: '1' },
  type: 'illegal-dumping',
  key: 'T1',
  onset_ms: ONSET_MS,
  at_ms: ONSET_MS + MINUTE_MS,
  lastSeen_ms: ONSET_MS + MINUTE_MS,
  severity: 3,
  confidence: 0.9,
  place: { lon: 113, lat: 28 },
  subject: { deviceId: 'T1' },
  sources: [],
  missing: [],
  measures: {},
  exhibits: [{ kind: 'track', deviceId: 'T1', at_ms: ONSET_MS, points: [] }],
};

function still(deviceId: string, at_ms: number, extra?: Record<string, unknown>): SnapshotObservation {
  const frame = { path: `${deviceId}/${at_ms}.jpg`, sha256: 'a'.repeat(64), width_px: 640, height_px: 480 };
  return { kind: 'snapshot', deviceId, at_ms, received_ms: at_ms, frame, ...(extra && { extra }) };
}

function noted(...bodies: SnapshotObservation[]): TruckStills {
  const stills = new TruckStills();
  stills.note(
    bodies.map((body, index) => ({
      seq: index + 1,
      subjectId: body.deviceId,
      at_ms: body.at_ms,
      received_ms: body.received_ms,
      body,
    })),
  );
  return stills;
}

it("adds the truck's own pictures from around the incident to its evidence", () => {
  const stills = noted(
    still('T1', ONSET_MS - 30 * MINUTE_MS, { media_id: 1 }),
    still('T1', ONSET_MS - 2 * MINUTE_MS, { media_id: 2 }),
    still('T2', ONSET_MS, { media_id: 3 }),
    still('T1', ONSET_MS),
  );
  expect(stills.addTo(FINDING).exhibits.map(({ kind, at_ms }) => [kind, at_ms])).toEqual([
    ['track', ONSET_MS],
    ['snapshot', ONSET_MS - 2 * MINUTE_MS],
  ]);
});

it('keeps the newest few of a truck, and leaves findings about something else as they are', () => {
  const many = Array.from({ length: 10 }, (_, index) =>
    still('T1', ONSET_MS + index * 1000, { media_id: index }),
  );
  const stills = noted(...many);
  expect(stills.addTo(FINDING).exhibits).toHaveLength(1 + 4);
  const { subject: _subject, ...placeOnly } = FINDING;
  expect(stills.addTo(placeOnly)).toBe(placeOnly);
});
