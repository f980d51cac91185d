import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { problemText } from '../../src/runtime/yaml-file.ts';
import { tempDir } from '../support/temp-dir.ts';

const REFERENCE = join(import.meta.dirname, '../../config');

/** The stations of a configuration with these lines, or what is wrong with it. */
function load(text: string, env: Record<string, string> = {}) {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(REFERENCE, name), join(dir, name));
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(file, text);
  const loaded = loadConfig(file, env);
  return loaded.ok
    ? loaded.config
    : loaded.problems.map((problem) => problemText(problem).replace(`${dir}/`, ''));
}

const device = (more: string) => `devices:\n  - id: d1\n    kind: dust\n    hj212: { ${more} }\n`;

it('reads the stations, with MN in upper case and PW from the environment', () => {
  const text = `listen: { hj212: {} }\n${device(`mn: 0100abc, pw: "\${STATION_PW}", particulate_unit: ng`)}`;
  expect(load(text, { STATION_PW: '012345' })).toMatchObject({
    listen: { hj212: { host: '127.0.0.1', port: 8212 } },
    hj212Stations: [
      { deviceId: 'd1', deviceKind: 'dust', mn: '0100ABC', pw: '012345', particulateUnit: 'ng' },
    ],
  });
});

it('listens only where it is told to', () => {
  expect(load('name: x\n')).toMatchObject({ listen: { http: { port: 8080 } }, hj212Stations: [] });
  expect(load('name: x\n')).not.toHaveProperty('listen.hj212');
});

it('lets nobody in without a password from another machine', () => {
  const open = device('mn: X1, particulate_unit: ug');
  expect(load(`listen: { hj212: { host: 127.0.0.1 } }\n${open}`)).toHaveProperty('hj212Stations');
  expect(load(`listen: { hj212: { host: 0.0.0.0 } }\n${open}`)).toEqual([
    expect.stringMatching(
      /^xuncheng\.yaml:5: devices\[0\]\.hj212.*pw is missing.*0\.0\.0\.0 is not loopback/,
    ),
  ]);
});

it.each([
  [device('mn: X1'), /particulate_unit/],
  [device('mn: X1, pw: 123456, particulate_unit: ug'), /pw/],
  [device('mn: "X;1", pw: "1", particulate_unit: ug'), /mn/],
  [device('mn: X1, particulate_unit: g'), /particulate_unit/],
  [device('mn: X1, particulate_unit: ug').replace('dust', 'truck'), /a truck does not speak HJ 212/],
  [
    `${device('mn: X1, particulate_unit: ug')}  - { id: d2, kind: noise, hj212: { mn: x1, particulate_unit: ug } }\n`,
    /MN X1 is that of d1 already/,
  ],
])('refuses %j', (text, message) => {
  const problems = load(text);
  expect(problems).toHaveLength(1);
  expect(String(problems)).toMatch(message);
});
