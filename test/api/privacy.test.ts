import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PrivacyParts } from '../../src/api/parts.ts';
import type { Region } from '../../src/domain/camera.ts';
import type { EvidenceItem } from '../../src/domain/incident.ts';
import { blurredPictures } from '../../src/gateway/blurred-pictures.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';
import { findingWith, frameRef, snapshot } from '../support/evidence-world.ts';

const INCIDENT = sampleIncident(1).id;
/** The box of `snapshot()`, which made the incident. */
const OWN: Region = [0.35, 0.55, 0.53, 0.75];
const PERSON: Region = [0.1, 0.2, 0.2, 0.7];
/** Within its head. */
const HEAD: Region = [0.11, 0.21, 0.19, 0.33];
const BODY: Region = [0.11, 0.45, 0.19, 0.65];
const PLATE_OF_OWN: Region = [0.37, 0.68, 0.51, 0.74];

let world: ApiWorld;
let privacy: PrivacyParts;
let items: EvidenceItem[];
let broken = false;
let judged = 0;

/** A picture of fine squares everywhere: what is blurred has no contrast left. */
function squares(): Promise<Buffer> {
  const data = Buffer.alloc(640 * 360 * 3);
  for (let i = 0; i < data.length; i += 1) {
    const pixel = Math.floor(i / 3);
    data[i] = ((pixel % 640) >> 2) % 2 === (Math.floor(pixel / 640) >> 2) % 2 ? 255 : 0;
  }
  return sharp(data, { raw: { width: 640, height: 360, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

beforeAll(async () => {
  const lazy: PrivacyParts = {
    originals: 'operator',
    evidence: (incidentId, id) => privacy.evidence(incidentId, id),
    frame: (cameraId, frame) => privacy.frame(cameraId, frame),
  };
  world = await createApiWorld({}, undefined, { privacy: lazy });
  const jpeg = await squares();
  world.frames.set('street', { jpeg, at_ms: 1 });
  items = await world.evidence.capture(INCIDENT, findingWith(snapshot(frameRef('street', jpeg))));
  privacy = blurredPictures({
    setting: { originals: 'operator', models: ['people'], people: ['person'], vehicles: ['truck'] },
    evidence: world.evidence,
    judgingOf: new Map(),
    judge: async ({ deviceId, at_ms, received_ms, models, jpeg: given }) => {
      judged += 1;
      if (broken || given === undefined) throw new Error('no vision worker is ready');
      const [name = ''] = models;
      const detections = [
        { class: 'person', label: 'person', score: 0.9, box: PERSON },
        { class: 'truck', label: 'truck', score: 0.9, box: OWN },
      ];
      return [
        { kind: 'detections', deviceId, at_ms, received_ms, model: { id: name, sha256: '' }, detections },
      ];
    },
  });
});
afterAll(() => world.stop());

/** Standard deviation of brightness within a part of a picture of 640x360, whatever is below it. */
async function contrast(jpeg: Uint8Array, [x1, y1, x2, y2]: Region): Promise<number> {
  const part = {
    left: Math.ceil(x1 * 640),
    top: Math.ceil(y1 * 360),
    width: Math.floor((x2 - x1) * 640),
    height: Math.floor((y2 - y1) * 360),
  };
  const { channels } = await sharp(await sharp(jpeg).extract(part).toBuffer())
    .greyscale()
    .stats();
  return channels[0]?.stdev ?? 0;
}

async function get(url: string, role: 'viewer' | 'operator') {
  const response = await world.app.inject({ url, headers: world.as(role) });
  return {
    status: response.statusCode,
    bytes: new Uint8Array(response.rawPayload),
    body: response.payload,
    headers: response.headers,
  };
}
const roleOf = (role: 'annotated' | 'raw'): string => items.find((item) => item.role === role)?.href ?? '';

test.each(['raw', 'annotated'] as const)(
  'viewers see %s evidence without faces, operators as it is',
  async (role) => {
    const shown = await get(roleOf(role), 'viewer');
    expect(shown.status).toBe(200);
    expect(await contrast(shown.bytes, HEAD)).toBeLessThan(25);
    expect(await contrast(shown.bytes, BODY)).toBeGreaterThan(80);
    // Boxes are drawn there in the annotated picture; the squares are seen all the same.
    expect(await contrast(shown.bytes, PLATE_OF_OWN)).toBeGreaterThan(60);
    expect(shown.headers.etag).toBeUndefined();
    const original = await get(roleOf(role), 'operator');
    expect(original.headers.etag).toBe(`"${items.find((item) => item.role === role)?.sha256}"`);
    expect(await contrast(original.bytes, HEAD)).toBeGreaterThan(80);
  },
);

test('a picture that was asked for is not looked at again', async () => {
  const before = judged;
  await get(roleOf('raw'), 'viewer');
  expect(judged).toBe(before);
});

test('a latest frame is blurred as well', async () => {
  const latest = { jpeg: await squares(), at_ms: 5 };
  expect(await contrast(await privacy.frame('cam-1', latest), HEAD)).toBeLessThan(25);
});

test('what cannot be blurred is refused', async () => {
  const clip = await world.evidence.captureClip({
    incidentId: INCIDENT,
    deviceId: 'cam-1',
    from_ms: 1,
    to_ms: 2,
    detail: 'onset',
    rule: { id: 'exposed-garbage', version: '1' },
    make: async (path) => writeFileSync(path, 'film'),
  });
  expect(await get(clip?.href ?? '', 'viewer')).toMatchObject({
    status: 403,
    body: expect.stringContaining('it needs the role operator'),
  });
  expect(await get(clip?.href ?? '', 'operator')).toMatchObject({ status: 200, body: 'film' });
  broken = true;
  const other = await world.evidence.capture(
    sampleIncident(2).id,
    findingWith(snapshot(frameRef('street', world.frames.get('street')?.jpeg ?? new Uint8Array()))),
  );
  expect(await get(other[0]?.href ?? '', 'viewer')).toMatchObject({
    status: 503,
    body: expect.stringContaining('no detector can look'),
  });
});
