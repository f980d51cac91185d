import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { regionsFor } from '../../src/domain/camera.ts';
import { problemText } from '../../src/runtime/yaml-file.ts';
import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');

/** Loads a main file beside copies of the default rules and catalogue; problems as `line: key: message`. */
function problems(main: string, env: Record<string, string> = {}): string[] {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(root, 'config', name), join(dir, name));
  const file = join(dir, 'xuncheng.yaml');
  writeFileSync(file, main);
  const loaded = loadConfig(file, env);
  return loaded.ok ? [] : loaded.problems.map((problem) => problemText(problem).replace(`${file}:`, ''));
}

it.each(['config/xuncheng.yaml', 'config/compose/xuncheng.yaml', 'config/demo/xuncheng.yaml'])(
  'accepts %s',
  (file) => {
    const loaded = loadConfig(join(root, file), { INFLUX_TOKEN: 't' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  },
);

const CAMERA = `cameras:
  - id: cam-1
    url: rtsp://user:secret@192.0.2.1/ch1
    models: [garbage]
    lon: 113
    lat: 28
`;

it.each([
  ['an unknown key', 'nmae: x\n', ['1: nmae: unknown key']],
  ['a wrong type', 'journal:\n  lateness_ms: soon\n', ['2: journal.lateness_ms: must be integer']],
  ['a choice', 'log_level: loud\n', ['1: log_level: must be one of debug, info, warn, error']],
  [
    'no YAML',
    'listen: [1, 2\nname: x\n',
    ['2: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  ['a key twice', 'name: a\nname: b\n', ['2: Map keys must be unique']],
  [
    'no time zone',
    'time_zone: Changsha\n',
    ['1: time_zone: Changsha is no IANA time zone, such as Asia/Shanghai'],
  ],
  [
    'an unset variable',
    `name: x\n${CAMERA.replace('user:secret', '$' + '{NOBODY}')}`,
    ['4: environment variable NOBODY is not set'],
  ],
  [
    'a wrong scheme',
    CAMERA.replace('rtsp:', 'http:'),
    ['3: cameras[0].url: scheme http: is not allowed; use rtsp or rtsps'],
  ],
  [
    'a file as camera',
    CAMERA.replace(/rtsp:\S+/, 'file:///etc/passwd'),
    ['3: cameras[0].url: files are not allowed unless vision.allow_files is true'],
  ],
  [
    'a device twice',
    `${CAMERA}devices:\n  - { id: cam-1, kind: dust }\n`,
    ['2: cameras[0].id: device cam-1 is defined twice'],
  ],
  [
    'TLS without a certificate',
    'listen:\n  http: { tls: true }\n  mqtts: {}\n',
    [
      '2: listen.http.tls: needs a certificate: tls.cert and tls.key',
      '3: listen.mqtts: needs a certificate: tls.cert and tls.key',
    ],
  ],
  [
    'an open broker for everybody',
    'listen:\n  mqtt: { host: 0.0.0.0 }\nopen_mqtt: {}\n',
    ['2: listen.mqtt: open_mqtt asks for no credentials, which is for loopback alone'],
  ],
  [
    'an external broker',
    'external_mqtt:\n  url: mqtt://user:secret@h:1883\n  cert: a.pem\nopen_mqtt: {}\n',
    [
      '2: external_mqtt.url: put user name and password into keys of their own',
      '3: external_mqtt.cert: cert and key go together',
      '4: open_mqtt: external_mqtt takes the place of the embedded broker',
    ],
  ],
  ['a missing key', 'devices:\n  - { id: d }\n', ['2: devices[0].kind: missing']],
  ['a missing file', 'rules: nowhere.yaml\n', [expect.stringMatching(/nowhere\.yaml: no such file$/)]],
  [
    'a shadow of nobody',
    `${CAMERA}vision:
  shadow:
    - { model: garbage, active: garbage }
    - { model: new, active: street }
    - { model: new, active: garbage, cameras: [cam-1, cam-2] }
`,
    [
      '9: vision.shadow[0].model: is the active one itself',
      '10: vision.shadow[1].active: no camera is judged by street',
      '11: vision.shadow[2].cameras[1]: no camera cam-2 that is judged by garbage',
    ],
  ],
  [
    'a mask that is no polygon',
    CAMERA.replace('lon: 113', 'masks: [[[0, 0], [1, 1]]]\n    lon: 113'),
    ['5: cameras[0].masks[0]: must not have fewer than 3 items'],
  ],
  [
    'a region that is too small',
    CAMERA.replace('lon: 113', 'regions: [[0, 0, 1, 1], [0.5, 0, 0.52, 1]]\n    lon: 113'),
    ['5: cameras[0].regions[1]: a region is left, top, right, bottom, at least 0.05 wide and high'],
  ],
  [
    'a region of a detector that does not judge the camera',
    CAMERA.replace('lon: 113', 'regions: { street: [[0, 0, 1, 1]] }\n    lon: 113'),
    ["5: cameras[0].regions.street: street is none of the camera's models (garbage)"],
  ],
  [
    'a region of three numbers',
    CAMERA.replace('lon: 113', 'regions: { garbage: [[0, 0, 1]] }\n    lon: 113'),
    [
      '5: cameras[0].regions: must be array',
      '5: cameras[0].regions.garbage[0]: must not have fewer than 4 items',
    ],
  ],
])('names key and line of %s', (_what, main, expected) => {
  expect(problems(main)).toEqual(expected);
});

it('never repeats a camera URL, which may carry a password', () => {
  expect(problems(CAMERA.replace('rtsp://', 'ftp://')).join()).not.toContain('secret');
});

it('reads regions for all detectors of a camera, or by detector', () => {
  const file = join(tempDir(), 'xuncheng.yaml');
  for (const name of ['rules.yaml', 'catalogue.yaml', 'zones.geojson'])
    cpSync(join(root, 'config/demo', name === 'zones.geojson' ? name : `../${name}`), join(file, '..', name));
  const regionsOf = (regions: string, model: string) => {
    const camera = CAMERA.replace('[garbage]', '[garbage, street]').replace(
      'lon:',
      `regions: ${regions}\n    lon:`,
    );
    writeFileSync(file, camera);
    const loaded = loadConfig(file, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return regionsFor(loaded.config.judgingOf.get('cam-1') ?? {}, model);
  };
  expect(regionsOf('[[0, 0, 0.5, 1]]', 'street')).toEqual([[0, 0, 0.5, 1]]);
  expect(regionsOf('{ garbage: [[0, 0, 0.5, 1]] }', 'garbage')).toEqual([[0, 0, 0.5, 1]]);
  expect(regionsOf('{ garbage: [[0, 0, 0.5, 1]] }', 'street')).toBeUndefined();
});

it('reads numbers and texts of the environment', () => {
  expect(problems('listen:\n  http:\n    port: $' + '{PORT}\n', { PORT: '8081' })).toEqual([]);
  expect(problems('listen:\n  http:\n    port: $' + '{PORT}\n', { PORT: 'x' })).toEqual([
    '3: listen.http.port: must be integer',
  ]);
});

it('names file, feature and line of a broken zone', () => {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(root, 'config', name), join(dir, name));
  writeFileSync(join(dir, 'xuncheng.yaml'), 'zones: zones.geojson\n');
  writeFileSync(
    join(dir, 'zones.geojson'),
    `{"type":"FeatureCollection","features":[
      {"type":"Feature","properties":{"id":"a","kind":"site"},
       "geometry":{"type":"Polygon","coordinates":[[[113,28],[113.1,28],[113.1,28.1],[113,28.2]]]}}
    ]}`,
  );
  const loaded = loadConfig(join(dir, 'xuncheng.yaml'), {});
  expect(loaded.ok ? [] : loaded.problems.map(problemText)).toEqual([
    `${join(dir, 'zones.geojson')}:3: features[0].geometry.coordinates[0]: ring is not closed: its last position must repeat the first`,
  ]);
});

it('reads routes of trucks, and names file, feature and line of a broken one', () => {
  const dir = tempDir();
  for (const name of ['rules.yaml', 'catalogue.yaml']) cpSync(join(root, 'config', name), join(dir, name));
  writeFileSync(join(dir, 'xuncheng.yaml'), 'routes: routes.geojson\n');
  const route = (id: string, lon: number, more = '') =>
    `{"type":"Feature","properties":{"id":"${id}"${more}},"geometry":{"type":"LineString","coordinates":[[113,28],[${lon},28]]}}`;
  const write = (...routes: string[]) =>
    writeFileSync(
      join(dir, 'routes.geojson'),
      `{"type":"FeatureCollection","features":[\n${routes.join(',\n')}]}`,
    );
  write(route('a', 113.1, ',"devices":["truck-1"],"hours":[{"from":"22:00","to":"06:00"}]'));
  const good = loadConfig(join(dir, 'xuncheng.yaml'), {});
  const line = [
    [113, 28],
    [113.1, 28],
  ];
  const hours = [{ from: '22:00', to: '06:00' }];
  expect(good.ok && good.config.routes).toEqual([{ id: 'a', lines: [line], hours, deviceIds: ['truck-1'] }]);
  write(route('a', 113.1), route('a', 200));
  const bad = loadConfig(join(dir, 'xuncheng.yaml'), {});
  expect(bad.ok ? [] : bad.problems.map(problemText)).toEqual([
    `${join(dir, 'routes.geojson')}:3: features[1].properties.id: route a twice`,
    `${join(dir, 'routes.geojson')}:3: features[1].geometry.coordinates: position 200, 28 is not longitude, latitude in degrees`,
  ]);
});
