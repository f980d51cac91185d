import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportDossier } from '../../src/evidence/dossier.ts';
import { verifyDossier } from '../../src/evidence/verify-dossier.ts';
import {
  type EvidenceWorld,
  evidenceWorld,
  findingWith,
  frameRef,
  snapshot,
  streetJpeg,
} from '../support/evidence-world.ts';
import { DAY_MS, sampleIncident } from '../support/incident-world.ts';

/** A world with evidence of two incidents interleaved, and a dossier of the first. */
async function exported(): Promise<EvidenceWorld & { folder: string }> {
  const world = evidenceWorld();
  const jpeg = await streetJpeg(320, 180);
  world.frames.set('1.jpg', jpeg);
  const frame = frameRef('1.jpg', jpeg);
  await world.store.capture('inc_0', findingWith(snapshot(frame)));
  const first = await world.store.capture('inc_1', findingWith(snapshot(frame)));
  await world.store.capture('inc_2', findingWith(snapshot(frame)));
  const later = await world.store.capture('inc_1', findingWith(snapshot(frame, DAY_MS + 60_000)));
  const incident = sampleIncident('inc_1', { evidence: [...first, ...later] });
  world.put('opened', incident);
  const folder = join(world.dir, 'dossier');
  const options = { ...world, incident, case: world.queue.get('case_1'), directory: folder, now_ms: DAY_MS };
  expect(await exportDossier(options)).toEqual({ files: 4 });
  return { ...world, folder };
}

function change(folder: string, name: string, from: string | RegExp, to: string): void {
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

it('stands on its own: it verifies without the database, and shows nothing of other incidents', async () => {
  const { folder, db } = await exported();
  db.exec('DELETE FROM evidence');
  const result = await verifyDossier(folder);
  expect(result).toMatchObject({ checked: 4, deleted: 0, problems: [] });
  expect(result.head).toMatch(/^[0-9a-f]{64}$/);
  expect(readdirSync(folder).sort()).toEqual([
    'SHA256SUMS',
    'case.json',
    'chain.json',
    'evidence',
    'incident.json',
  ]);
  const chain = readFileSync(join(folder, 'chain.json'), 'utf8');
  expect(JSON.parse(chain).links).toHaveLength(6);
  expect(chain).not.toContain('inc_2');
});

it('can be checked with sha256sum alone', async () => {
  const { folder } = await exported();
  const check = () => spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  expect(check().status).toBe(0);
  change(folder, 'incident.json', '"severity": 2', '"severity": 4');
  expect(check().status).toBe(1);
});

it.each([
  ['incident.json', '"severity": 2', '"severity": 4', 'damaged-dossier'],
  ['case.json', 'candidate', 'rejected', 'damaged-dossier'],
  ['chain.json', '"deviceId": "cam-1"', '"deviceId": "cam-9"', 'changed-row'],
  ['chain.json', /"previous": "[0-9a-f]{64}"/, `"previous": "${'0'.repeat(64)}"`, 'changed-row'],
  ['chain.json', '"number": 4', '"number": 44', 'removed-rows'],
  ['chain.json', '"incidentId": "inc_1"', '"incidentId": "inc_2"', 'damaged-dossier'],
  ['chain.json', '"links": [', '"links": [null, 7,', 'damaged-dossier'],
  ['chain.json', '"file": "inc_1/', '"file": "../../', 'changed-row'],
  ['incident.json', /"sha256": "[0-9a-f]{64}"/, `"sha256": "${'ab'.repeat(32)}"`, 'unlisted-evidence'],
  ['SHA256SUMS', 'incident.json', '../xuncheng.db', 'damaged-dossier'],
  ['SHA256SUMS', /^/, 'rubbish\n', 'damaged-dossier'],
])('finds a change in %s (%s)', async (name, from, to, code) => {
  const { folder } = await exported();
  change(folder, name, from, to);
  const { problems } = await verifyDossier(folder);
  expect(problems.map((problem) => problem.code)).toContain(code);
});

it('finds changed, missing and foreign files', async () => {
  const { folder } = await exported();
  const names = readdirSync(join(folder, 'evidence'));
  writeFileSync(join(folder, 'evidence', names[0] ?? ''), 'another picture');
  rmSync(join(folder, 'evidence', names[1] ?? ''));
  writeFileSync(join(folder, 'evidence', 'planted.jpg'), 'x');
  const { problems } = await verifyDossier(folder);
  expect(problems.map(({ code }) => code).sort()).toEqual([
    'changed-file',
    'damaged-dossier',
    'missing-file',
  ]);
});

it('says of a folder that is no dossier what is missing, and throws nothing', async () => {
  const { dir } = evidenceWorld();
  for (const folder of [join(dir, 'none'), dir]) {
    const { problems, checked } = await verifyDossier(folder);
    expect(checked).toBe(0);
    expect(problems.map(({ message }) => message).join('\n')).toMatch(
      /SHA256SUMS.*\n.*chain\.json.*\n.*incident\.json/,
    );
  }
});

it('never overwrites a folder, and leaves no half of one', async () => {
  const world = await exported();
  const options = { ...world, incident: sampleIncident('inc_1'), now_ms: DAY_MS };
  await expect(exportDossier({ ...options, directory: world.folder })).rejects.toThrow(/ENOTEMPTY|EEXIST/);
  mkdirSync(join(world.dir, 'taken'));
  writeFileSync(join(world.dir, 'taken', 'x'), 'x');
  await expect(exportDossier({ ...options, directory: join(world.dir, 'taken') })).rejects.toThrow();
  expect(existsSync(join(world.dir, '.taken.partial'))).toBe(false);
  expect(await verifyDossier(world.folder)).toMatchObject({ problems: [] });
  await expect(
    exportDossier({ ...options, incident: sampleIncident('../evil'), directory: join(world.dir, 'x') }),
  ).rejects.toThrow('not an incident id');
});

it('explains what was deleted to make room, and exports an incident without evidence', async () => {
  const world = await exported();
  await world.reopen(0).sweep((id) => id === 'inc_1');
  const directory = join(world.dir, 'after');
  const incident = world.db.prepare("SELECT body FROM incidents WHERE id = 'inc_1'").get() as {
    body: string;
  };
  const options = { ...world, now_ms: DAY_MS };
  expect(await exportDossier({ ...options, incident: JSON.parse(incident.body), directory })).toEqual({
    files: 0,
  });
  expect(await verifyDossier(directory)).toMatchObject({ checked: 0, deleted: 4, problems: [] });
  const bare = join(world.dir, 'bare');
  expect(await exportDossier({ ...options, incident: sampleIncident('inc_7'), directory: bare })).toEqual({
    files: 0,
  });
  expect(await verifyDossier(bare)).toMatchObject({ checked: 0, problems: [] });
});
