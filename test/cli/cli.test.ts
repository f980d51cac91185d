import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceStore } from '../../src/store/device-store.ts';
import { KeyStore } from '../../src/store/key-store.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { cli, secretOf } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const CONFIG = join(import.meta.dirname, '../../config/xuncheng.yaml');

it.each([
  [[]],
  [['fly']],
  [['serve', '--colour']],
  [['serve', 'here']],
  [['device']],
  [['device', 'add', 'x']],
  [['device', 'add', '--from', 'x.yaml']],
  [['device', 'add', 'x', '--kind', 'bus']],
  [['device', 'add', '../x', '--kind', 'dust']],
  [['key', 'create', 'x', '--role', 'king']],
  [['models', 'bench', '../x', '--config', CONFIG]],
  [['models', 'bench', 'garbage', '--runs', 'many', '--config', CONFIG]],
  [['evidence']],
  [['simulate', 'weather']],
])('answers %j with exit code 2 and a word on what is wrong', async (args) => {
  const { code, err } = await cli(args);
  expect(code).toBe(2);
  expect(err.join('\n')).not.toBe('');
});

it('shows every command in its help', async () => {
  const { code, out } = await cli(['--help']);
  expect(code).toBe(0);
  for (const command of ['serve', 'check', 'device', 'key', 'models', 'evidence', 'simulate']) {
    expect(out.join('\n')).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  }
});

it('makes secrets for the devices of a configuration, but for those that are known by a number', async () => {
  const dir = tempDir();
  const secrets = join(dir, 'secrets.json');
  const config = join(dir, 'xuncheng.yaml');
  const reference = join(import.meta.dirname, '../../config');
  const truck = (n: number, more = '') => `  - { id: truck-${n}, kind: truck${more} }\n`;
  writeFileSync(
    config,
    `rules: ${reference}/rules.yaml\ncatalogue: { file: ${reference}/catalogue.yaml }\ndevices:\n` +
      `${truck(1)}${truck(2)}${truck(3, ', jt808: { phone: "13900000003" }')}`,
  );
  const data = join(dir, 'data');
  const args = ['device', 'add', '--from', config, '--secrets', secrets, '--data', data];
  expect(await cli(args)).toMatchObject({ code: 0, out: [`2 secrets in ${secrets}; 1 devices need none`] });
  expect(statSync(secrets).mode & 0o777).toBe(0o600);
  const made = JSON.parse(readFileSync(secrets, 'utf8')) as Record<string, string>;
  expect(Object.keys(made)).toEqual(['truck-1', 'truck-2']);
  const db = openDatabase(join(data, 'xuncheng.db'), MAIN_SCHEMA, true);
  const devices = new DeviceStore(db, Date.now);
  expect(await devices.verify('truck-2', made['truck-2'] ?? '')).toMatchObject({ id: 'truck-2' });
  devices.close();
  db.close();
  expect(await cli(args)).toMatchObject({ code: 1, err: [expect.stringContaining('EEXIST')] });
});

it('makes device credentials that the gateway accepts until they are revoked', async () => {
  const data = tempDir();
  const { code, out } = await cli(['device', 'add', 'dust-1', '--kind', 'dust', '--data', data]);
  expect(code).toBe(0);
  const db = openDatabase(join(data, 'xuncheng.db'), MAIN_SCHEMA, true);
  const devices = new DeviceStore(db, Date.now);
  expect(await devices.verify('dust-1', secretOf(out))).toMatchObject({ id: 'dust-1', kind: 'dust' });
  expect((await cli(['device', 'add', 'dust-1', '--kind', 'dust', '--data', data])).code).toBe(1);
  expect((await cli(['device', 'list', '--data', data])).out).toEqual(['dust-1\tdust\tactive\tnever seen']);
  expect((await cli(['device', 'revoke', 'dust-1', '--data', data])).code).toBe(0);
  expect(await devices.verify('dust-1', secretOf(out))).toBeUndefined();
  expect((await cli(['device', 'revoke', 'nobody', '--data', data])).code).toBe(1);
  devices.close();
  db.close();
});

it('makes API keys that are stored hashed and shown once', async () => {
  const data = tempDir();
  const { out } = await cli(['key', 'create', 'centre', '--role', 'integrator', '--data', data]);
  const secret = secretOf(out);
  const db = openDatabase(join(data, 'xuncheng.db'), MAIN_SCHEMA, true);
  expect(new KeyStore(db, Date.now).verify(secret)).toEqual({ name: 'centre', role: 'integrator' });
  expect(JSON.stringify(db.prepare('SELECT * FROM api_keys').all())).not.toContain(secret);
  expect((await cli(['key', 'list', '--data', data])).out).toEqual(['centre\tintegrator\tactive']);
  expect((await cli(['key', 'revoke', 'centre', '--data', data])).code).toBe(0);
  expect(new KeyStore(db, Date.now).verify(secret)).toBeUndefined();
  db.close();
});

it('checks a configuration, and the models that it names', async () => {
  expect((await cli(['check', '--config', CONFIG])).code).toBe(0);
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(CONFIG, '..', name), join(dir, name));
  const file = join(dir, 'xuncheng.yaml');
  mkdirSync(join(dir, 'models/broken'), { recursive: true });
  writeFileSync(join(dir, 'models/broken/model.yaml'), 'name: broken\n');
  writeFileSync(
    file,
    'vision: { models_dir: models }\ncameras:\n  - { id: c, url: "rtsp://192.0.2.1/", models: [broken], lon: 1, lat: 2 }\n',
  );
  const { code, err } = await cli(['check', '--config', file]);
  expect(code).toBe(1);
  expect(err[0]).toContain(join(dir, 'models/broken/model.yaml'));
  expect((await cli(['check', '--config', join(dir, 'nowhere.yaml')])).err).toEqual([
    `${join(dir, 'nowhere.yaml')}: no such file`,
  ]);
  expect((await cli(['check', '--config', dir])).err).toEqual([`${dir}: is a folder, not a file`]);
});

it.each([[['device', 'list']], [['device', 'revoke', 'x']], [['key', 'list']], [['key', 'revoke', 'x']]])(
  '%j makes no database behind a mistyped folder',
  async (args) => {
    const data = join(tempDir(), 'typo');
    expect(await cli([...args, '--data', data])).toMatchObject({ code: 1, err: [`no database in ${data}`] });
    expect(existsSync(data)).toBe(false);
  },
);

it('tells its version', async () => {
  expect(await cli(['--version'])).toMatchObject({
    code: 0,
    out: [expect.stringMatching(/^\d+\.\d+\.\d+$/)],
  });
});

it('exports evidence into no folder that is there', async () => {
  const [data, there] = [tempDir(), tempDir()];
  openDatabase(join(data, 'xuncheng.db'), MAIN_SCHEMA, true).close();
  expect(await cli(['evidence', 'export', 'inc_x', there, '--data', data])).toMatchObject({
    code: 1,
    err: [expect.stringContaining(`${there} is there already`)],
  });
});

it('verifies evidence only where there is a database', async () => {
  const data = tempDir();
  expect(await cli(['evidence', 'verify', '--data', data])).toMatchObject({
    code: 1,
    err: [`no database in ${data}`],
  });
  openDatabase(join(data, 'xuncheng.db'), MAIN_SCHEMA, true).close();
  expect(await cli(['evidence', 'verify', '--data', data])).toMatchObject({
    code: 0,
    out: expect.arrayContaining(['0 items checked, 0 deleted to make room, 0 problems']),
  });
  expect((await cli(['evidence', 'verify', 'inc_none', '--data', data])).code).toBe(1);
});
