import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/chain.ts';
import { isUpdateDue } from '../../src/evidence/evidence-pace.ts';
import { EvidenceWriteError } from '../../src/evidence/evidence-store.ts';
import { verifyEvidence } from '../../src/evidence/verify.ts';
import {
  type EvidenceWorld,
  evidenceWorld,
  findingWith,
  frameRef,
  snapshot,
  streetJpeg,
} from '../support/evidence-world.ts';
import { DAY_MS } from '../support/incident-world.ts';

const ID = 'inc_a1';
const TRACK = {
  kind: 'track',
  deviceId: 'T1',
  at_ms: DAY_MS,
  points: [
    { at_ms: DAY_MS, lon: 121.1, lat: 31.1, speed_kmh: 30, lift: false, load: 'full' },
    { at_ms: DAY_MS + 10_000, lon: 121.2, lat: 31.2, speed_kmh: 0, lift: true, load: 'empty' },
  ],
} as const;
const SERIES = {
  kind: 'series',
  deviceId: 'D1',
  at_ms: DAY_MS,
  metric: 'pm10_ug_m3',
  limit: 150,
  points: [
    { at_ms: DAY_MS, value: 180.5 },
    { at_ms: DAY_MS + 60_000, value: 20, flag: 'D' },
  ],
} as const;

async function spooled(world: EvidenceWorld, path = 'cam-1/1.jpg') {
  const jpeg = await streetJpeg(640, 360);
  world.frames.set(path, jpeg);
  return { jpeg, ref: frameRef(path, jpeg) };
}

function pathOf(world: EvidenceWorld, evidenceId: string): string {
  const open = world.store.open(ID, evidenceId);
  if (open === undefined) throw new Error(`cannot open ${evidenceId}`);
  return open.path;
}

it('keeps an annotated picture and the frame’s own bytes', async () => {
  const world = evidenceWorld();
  const { jpeg, ref } = await spooled(world);
  const items = await world.store.capture(ID, findingWith(snapshot(ref)));
  expect(items.map(({ kind, role, mediaType, at }) => [kind, role, mediaType, at])).toEqual([
    ['snapshot', 'annotated', 'image/jpeg', '2026-11-22T02:00:00.000Z'],
    ['snapshot', 'raw', 'image/jpeg', '2026-11-22T02:00:00.000Z'],
  ]);
  const [annotated, raw] = items;
  if (annotated === undefined || raw === undefined) throw new Error('no items');
  expect(readFileSync(pathOf(world, raw.id)).equals(jpeg)).toBe(true);
  expect(raw.sha256).toBe(ref.sha256);
  expect(raw.href).toBe(`/api/v1/incidents/${ID}/evidence/${raw.id}`);
  const picture = readFileSync(pathOf(world, annotated.id));
  expect(sha256Hex(picture)).toBe(annotated.sha256);
  expect((await sharp(picture).metadata()).width).toBe(640);
  expect(world.store.open(ID, annotated.id)).toMatchObject({ mediaType: 'image/jpeg', size: picture.length });
  expect(await verifyEvidence(world)).toMatchObject({ checked: 2, problems: [] });
});

it('keeps a track as GeoJSON and a series as JSON', async () => {
  const world = evidenceWorld();
  const [track, series] = await world.store.capture(ID, findingWith(TRACK, SERIES));
  const collection = JSON.parse(readFileSync(pathOf(world, track?.id ?? ''), 'utf8'));
  expect(track?.mediaType).toBe('application/geo+json');
  expect(collection.features[0].geometry).toEqual({
    type: 'LineString',
    coordinates: [
      [121.1, 31.1],
      [121.2, 31.2],
    ],
  });
  expect(collection.features[2]).toEqual({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [121.2, 31.2] },
    properties: { at: '2026-11-22T02:00:10.000Z', speed_kmh: 0, lift: true, load: 'empty' },
  });
  expect(series?.mediaType).toBe('application/json');
  expect(JSON.parse(readFileSync(pathOf(world, series?.id ?? ''), 'utf8'))).toEqual({
    incidentId: ID,
    deviceId: 'D1',
    metric: 'pm10_ug_m3',
    limit: 150,
    points: [
      { at: '2026-11-22T02:00:00.000Z', value: 180.5 },
      { at: '2026-11-22T02:01:00.000Z', value: 20, flag: 'D' },
    ],
  });
});

it('gives the same items and no second row when captured again, even when the spool has moved on', async () => {
  const world = evidenceWorld();
  const { ref } = await spooled(world);
  const finding = findingWith(snapshot(ref), snapshot(ref), TRACK, SERIES);
  const first = await world.store.capture(ID, finding);
  world.frames.clear();
  world.clock.now_ms += 1000;
  expect(await world.reopen().capture(ID, finding)).toEqual(first);
  expect(first).toHaveLength(4);
  expect(world.store.stats().items).toBe(4);
  expect(world.lines).toEqual([]);
});

it('makes good a file that was written without its row, or lost behind it', async () => {
  const world = evidenceWorld();
  const { jpeg, ref } = await spooled(world);
  const [, raw] = await world.store.capture(ID, findingWith(snapshot(ref)));
  const path = pathOf(world, raw?.id ?? '');
  rmSync(path);
  await world.reopen().capture(ID, findingWith(snapshot(ref)));
  expect(readFileSync(path).equals(jpeg)).toBe(true);
  // A crash between the file and its row: the row is gone, the file has other bytes.
  world.db.exec('DELETE FROM evidence; DELETE FROM sqlite_sequence');
  writeFileSync(path, 'half');
  await world.reopen().capture(ID, findingWith(snapshot(ref)));
  expect(await verifyEvidence(world)).toMatchObject({ checked: 2, problems: [] });
});

it('captures at once what many ask for at once, with one unbroken chain', async () => {
  const world = evidenceWorld();
  const { ref } = await spooled(world);
  const ids = Array.from({ length: 12 }, (_, index) => `inc_${index % 6}`);
  const all = await Promise.all(ids.map((id) => world.store.capture(id, findingWith(snapshot(ref), TRACK))));
  expect(all[0]).toEqual(all[6]);
  expect(await verifyEvidence(world)).toMatchObject({ checked: 18, problems: [] });
});

it('leaves out a frame that the spool has dropped, and says so', async () => {
  const world = evidenceWorld();
  const items = await world.store.capture(
    ID,
    findingWith(snapshot(frameRef('cam-1/gone.jpg', Buffer.from('x'))), TRACK),
  );
  expect(items.map(({ kind }) => kind)).toEqual(['track']);
  expect(world.lines.map(({ msg }) => msg)).toEqual([
    'frame no longer in the spool: its picture is left out',
  ]);
});

it('states loudly that a spooled frame is not what was received', async () => {
  const world = evidenceWorld();
  const { ref } = await spooled(world);
  world.frames.set(ref.path, await streetJpeg(640, 480));
  const items = await world.store.capture(ID, findingWith(snapshot(ref)));
  expect(items).toHaveLength(2);
  expect(world.lines.map(({ msg }) => msg)).toEqual([
    'spooled frame is not what was received: its hash differs, and the evidence says so',
  ]);
  const { problems } = await verifyEvidence(world);
  expect(problems.map(({ code }) => code)).toEqual(['altered-frame', 'altered-frame']);
});

it('keeps the bytes of a frame that cannot be annotated', async () => {
  const world = evidenceWorld();
  const bytes = Buffer.from('\xff\xd8\xff rubbish', 'latin1');
  world.frames.set('cam-1/1.jpg', bytes);
  const items = await world.store.capture(ID, findingWith(snapshot(frameRef('cam-1/1.jpg', bytes))));
  expect(items.map(({ role }) => role)).toEqual(['raw']);
  expect(world.lines.map(({ msg }) => msg)).toEqual([
    'cannot annotate the frame: only its own bytes are kept',
  ]);
});

it('rejects clearly when it cannot write, refers to nothing, and succeeds once it can', async () => {
  const world = evidenceWorld();
  writeFileSync(world.root, 'a file where the folder should be');
  const attempt = world.store.capture(ID, findingWith(TRACK));
  await expect(attempt).rejects.toThrow(EvidenceWriteError);
  await expect(attempt).rejects.toThrow(/cannot write evidence .*(ENOTDIR|EEXIST)/);
  expect(world.store.stats().items).toBe(0);
  rmSync(world.root);
  expect(await world.store.capture(ID, findingWith(TRACK))).toHaveLength(1);
  expect(readdirSync(join(world.root, ID)).every((name) => name.endsWith('.json'))).toBe(true);
});

it('opens nothing by a path from outside', async () => {
  const world = evidenceWorld();
  const { ref } = await spooled(world);
  const [item] = await world.store.capture(ID, findingWith(snapshot(ref)));
  const id = item?.id ?? '';
  expect(world.store.open(ID, id)).toBeDefined();
  for (const [incident, evidence] of [
    ['..', id],
    [`../${ID}`, id],
    [ID, `../${ID}/${id}`],
    [ID, `${id}.jpg`],
    [ID, '..%2f..%2fxuncheng.db'],
    [ID, `${id}\0`],
    ['', id],
    ['inc_b2', id],
    [ID, ''],
  ] as const) {
    expect(world.store.open(incident, evidence)).toBeUndefined();
  }
  await expect(world.store.capture('../evil', findingWith(TRACK))).rejects.toThrow('not an incident id');
  // A damaged table must not open other files either, nor follow a link.
  world.db
    .prepare("UPDATE evidence SET record = json_set(record, '$.file', '../xuncheng.db') WHERE id = ?")
    .run(id);
  expect(world.store.open(ID, id)).toBeUndefined();
  const raw = readdirSync(join(world.root, ID)).find((name) => name.includes('-raw-')) ?? '';
  rmSync(join(world.root, ID, raw));
  symlinkSync(join(world.dir, 'xuncheng.db'), join(world.root, ID, raw));
  expect(world.store.open(ID, raw.replace('.jpg', ''))).toBeUndefined();
});

it('frees room from the oldest settled incidents only, and leaves tombstones that verification understands', async () => {
  const world = evidenceWorld();
  const { ref } = await spooled(world);
  const ids = ['inc_1', 'inc_2', 'inc_3', 'inc_4'];
  for (const id of ids) await world.store.capture(id, findingWith(snapshot(ref)));
  const { bytes } = world.store.stats();
  const settled = new Set(['inc_2', 'inc_3', 'inc_4']);
  expect(await world.store.sweep((id) => settled.has(id))).toMatchObject({ files: 0, over_bytes: 0 });
  const store = world.reopen(bytes / 2 + 64);
  expect(await store.sweep((id) => settled.has(id))).toMatchObject({
    incidents: 2,
    files: 4,
  });
  expect(ids.map((id) => existsSync(join(world.root, id)))).toEqual([true, false, false, true]);
  expect(await verifyEvidence(world)).toMatchObject({ checked: 4, deleted: 4, problems: [] });
  expect(await store.capture('inc_2', findingWith(snapshot(ref)))).toEqual([]);
  // Nothing of an open case goes, however much is over.
  const tight = world.reopen(1);
  const kept = store.stats().bytes;
  expect(kept).toBeLessThanOrEqual(bytes / 2 + 64);
  expect(await tight.sweep(() => false)).toMatchObject({ files: 0, over_bytes: kept - 1 });
  expect(tight.stats().items).toBe(4);
  expect(world.lines.at(-1)?.msg).toMatch(/above its quota/);
});

it('deletes nothing with an empty database, whatever lies in the folder', async () => {
  const old = evidenceWorld();
  const { ref } = await spooled(old);
  await old.store.capture(ID, findingWith(snapshot(ref)));
  old.db.exec('DELETE FROM evidence; DELETE FROM sqlite_sequence');
  expect(await old.reopen(0).sweep(() => true)).toMatchObject({ files: 0 });
  expect(readdirSync(join(old.root, ID))).toHaveLength(2);
});

it('finishes a deletion that a crash cut short', async () => {
  const world = evidenceWorld();
  const { jpeg, ref } = await spooled(world);
  const items = await world.store.capture(ID, findingWith(snapshot(ref)));
  await world.reopen(0).sweep(() => true);
  const left = join(world.root, ID, `${items[1]?.id}.jpg`);
  mkdirSync(join(world.root, ID));
  writeFileSync(left, jpeg);
  await world.reopen().sweep(() => false);
  expect(existsSync(left)).toBe(false);
});

it.skipIf(process.getuid?.() === 0)('rejects where the folder is not writable', async () => {
  const world = evidenceWorld();
  await world.store.capture(ID, findingWith(TRACK));
  chmodSync(join(world.root, ID), 0o500);
  await expect(world.store.capture(ID, findingWith(SERIES))).rejects.toThrow(/EACCES/);
});

it('keeps the updates of a long incident at growing distances, its beginning and its end always', async () => {
  const world = evidenceWorld();
  const at = (minute: number) => ({ ...SERIES, at_ms: DAY_MS + minute * 60_000 });
  const capture = (action: 'open' | 'update' | 'end', minute: number) =>
    world.store.capture(ID, { ...findingWith(at(minute)), action });
  await capture('open', 0);
  const kept: number[] = [];
  for (let minute = 1; minute <= 600; minute += 1) {
    if ((await capture('update', minute)).length > 0) kept.push(minute);
  }
  expect(await capture('end', 601)).toHaveLength(1);
  expect(kept.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 7, 9, 12]);
  expect(kept.length).toBeLessThan(40);
  const gaps = kept.map((minute, index) => minute - (kept[index - 1] ?? 0));
  expect(Math.max(...gaps)).toBe(30);
  // Again, as after a crash: what was kept comes back, what was not stays out.
  expect(await capture('update', 12)).toHaveLength(1);
  expect(await capture('update', 13)).toHaveLength(0);
  expect(
    isUpdateDue({ items: 500, first: '2026-11-22T02:00:00.000Z', last: '2026-11-22T02:00:01.000Z' }, 4e12),
  ).toBe(false);
});
