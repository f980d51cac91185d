import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { tempDir } from '../support/temp-dir.ts';

const REFERENCE = join(import.meta.dirname, '../../config');

function load(text: string) {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml', 'jt808-profiles.yaml']) {
    cpSync(join(REFERENCE, name), join(dir, name));
  }
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(file, text);
  return loadConfig(file, {});
}

it('knows the terminals and profiles that the files name', () => {
  const loaded = load(`listen: { jt808: {} }
jt808: { profiles: jt808-profiles.yaml }
devices:
  - { id: T1, kind: truck, jt808: { phone: "013907310001", profile: status-high-bits, terminal_id: TID1 } }
  - { id: T2, kind: truck, jt808: { phone: "13907310002" } }
`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { listen, jt808 } = loaded.config;
  expect(listen.jt808).toEqual({
    host: '127.0.0.1',
    port: 8808,
    authenticate: true,
    registration: 'open',
    idle_timeout_s: 300,
  });
  expect(jt808.terminals).toEqual([
    { phone: '13907310001', deviceId: 'T1', profile: 'status-high-bits', terminalId: 'TID1' },
    { phone: '13907310002', deviceId: 'T2' },
  ]);
  expect(jt808.profiles.has('standard') && jt808.profiles.has('peripheral-dword')).toBe(true);
});

it('has no such listener where the key is not there', () => {
  const loaded = load('name: plain\n');
  expect(loaded.ok && loaded.config.listen.jt808).toBe(undefined);
});

it.each([
  ['devices:\n  - { id: D1, kind: dust, jt808: { phone: "1" } }\n', 2, 'trucks do'],
  ['devices:\n  - { id: T1, kind: truck, jt808: { phone: "000" } }\n', 2, 'zeros alone'],
  ['devices:\n  - { id: T1, kind: truck, jt808: { phone: "12a" } }\n', 2, ''],
  [
    'devices:\n  - { id: T1, kind: truck, jt808: { phone: "12" } }\n  - { id: T2, kind: truck, jt808: { phone: "012" } }\n',
    3,
    'number of T1 already',
  ],
  ['devices:\n  - { id: T1, kind: truck, jt808: { phone: "12", profile: mine } }\n', 2, 'names no file'],
  [
    'jt808: { profiles: jt808-profiles.yaml }\ndevices:\n  - { id: T1, kind: truck, jt808: { phone: "12", profile: mine } }\n',
    3,
    'there are standard, status-high-bits',
  ],
  ['listen:\n  jt808: { host: 192.0.2.1, authenticate: false }\n', 2, 'is not loopback'],
  ['listen:\n  jt808: { host: "::", authenticate: false }\n', 2, 'is not loopback'],
])('tells what is wrong in %j, with its line', (text, line, message) => {
  const loaded = load(text);
  expect(loaded.ok).toBe(false);
  if (loaded.ok) return;
  expect(loaded.problems).toHaveLength(1);
  expect(loaded.problems[0]).toMatchObject({ line, message: expect.stringContaining(message) });
});
