import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/evidence/canonical-json.ts';
import { verifyEvidence } from '../../src/evidence/verify.ts';
import {
  type EvidenceWorld,
  evidenceWorld,
  findingWith,
  frameRef,
  snapshot,
  streetJpeg,
} from '../support/evidence-world.ts';
import { sampleIncident } from '../support/incident-world.ts';

/** Three incidents with two pictures each: rows 1 to 6. */
async function filledWorld(): Promise<EvidenceWorld> {
  const world = evidenceWorld();
  const jpeg = await streetJpeg(320, 180);
  world.frames.set('1.jpg', jpeg);
  for (const id of ['inc_1', 'inc_2', 'inc_3']) {
    const evidence = await world.store.capture(id, findingWith(snapshot(frameRef('1.jpg', jpeg))));
    world.put('opened', sampleIncident(id, { evidence }));
  }
  return world;
}

function fileOf(world: EvidenceWorld, number: number): string {
  const row = world.db.prepare('SELECT file FROM evidence WHERE number = ?').get(number) as { file: string };
  return join(world.root, row.file);
}

async function codes(world: EvidenceWorld, incidentId?: string) {
  const { problems } = await verifyEvidence({ ...world, ...(incidentId ? { incidentId } : {}) });
  return problems.map(({ code, number }) => [code, number]);
}

it('finds nothing where nothing was touched', async () => {
  const world = await filledWorld();
  const result = await verifyEvidence(world);
  expect(result).toMatchObject({ checked: 6, deleted: 0, problems: [] });
  expect(result.head).toBe(world.store.stats().head);
  expect(await verifyEvidence({ ...world, incidentId: 'inc_2' })).toMatchObject({ checked: 2, problems: [] });
});

it('finds a changed and a missing file', async () => {
  const world = await filledWorld();
  const bytes = readFileSync(fileOf(world, 3));
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
  writeFileSync(fileOf(world, 3), bytes);
  rmSync(fileOf(world, 6));
  expect(await codes(world)).toEqual([
    ['changed-file', 3],
    ['missing-file', 6],
  ]);
  expect(await codes(world, 'inc_2')).toEqual([['changed-file', 3]]);
  expect(await codes(world, 'inc_1')).toEqual([]);
});

it('finds a file that was exchanged together with the hash in its row', async () => {
  const world = await filledWorld();
  const row = world.db.prepare('SELECT record FROM evidence WHERE number = 4').get() as { record: string };
  writeFileSync(fileOf(world, 4), 'another picture');
  const sha256 = 'ab'.repeat(32);
  world.db
    .prepare('UPDATE evidence SET sha256 = ?, record = ? WHERE number = 4')
    .run(sha256, canonicalJson({ ...JSON.parse(row.record), sha256 }));
  const found = await codes(world);
  expect(found).toContainEqual(['changed-row', 4]);
  expect(found).toContainEqual(['unlisted-evidence', undefined]);
});

it.each([
  ['a column', "UPDATE evidence SET incident_id = 'inc_9' WHERE number = 2"],
  ['the record', "UPDATE evidence SET record = json_set(record, '$.deviceId', 'cam-9') WHERE number = 2"],
  ['the record, to what is no JSON', "UPDATE evidence SET record = 'x' WHERE number = 2"],
  ['the link', `UPDATE evidence SET chain = '${'cd'.repeat(32)}' WHERE number = 2`],
])('finds a row in which %s was changed', async (_what, sql) => {
  const world = await filledWorld();
  world.db.exec(sql);
  expect(await codes(world)).toContainEqual(['changed-row', 2]);
});

it('finds rows removed at the beginning, in the middle and at the end', async () => {
  for (const [number, reported] of [
    [1, 2],
    [4, 5],
    [6, 5],
  ] as const) {
    const world = await filledWorld();
    world.db.prepare('DELETE FROM evidence WHERE number = ?').run(number);
    const found = await codes(world);
    expect(found).toContainEqual(['removed-rows', reported]);
    expect(found).toContainEqual(['unlisted-evidence', undefined]);
    expect(found).toHaveLength(2);
  }
});

it('finds a removed row although those behind it were renumbered', async () => {
  const world = await filledWorld();
  world.db.exec(`DELETE FROM evidence WHERE number = 3;
    UPDATE evidence SET number = number - 1 WHERE number > 3;
    UPDATE sqlite_sequence SET seq = 5 WHERE name = 'evidence'`);
  expect(await codes(world)).toContainEqual(['changed-row', 3]);
});

it('takes a tombstone as the reason of a missing file, and finds one that was taken away', async () => {
  const world = await filledWorld();
  await world.reopen(0).sweep((id) => id === 'inc_1');
  expect(await verifyEvidence(world)).toMatchObject({ checked: 4, deleted: 2, problems: [] });
  world.db.exec('DELETE FROM evidence WHERE number = 7');
  expect(await codes(world)).toEqual([
    ['missing-file', 1],
    ['removed-rows', 8],
  ]);
});

it('does not follow a path out of the folder', async () => {
  const world = await filledWorld();
  world.db.exec(
    "UPDATE evidence SET record = json_set(record, '$.file', '../xuncheng.db'), file = '../xuncheng.db' WHERE number = 1",
  );
  const found = await codes(world);
  expect(found).toContainEqual(['missing-file', 1]);
  expect(found).toContainEqual(['changed-row', 1]);
});
