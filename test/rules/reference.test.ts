import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CatalogueFile, catalogueProblems, codeOf } from '../../src/domain/catalogue.ts';
import { checkRules } from '../../src/domain/rule-check.ts';
import { RulesFile } from '../../src/domain/rule-config.ts';
import { buildRules } from '../../src/rules/catalogue.ts';
import { parseYaml } from '../../src/runtime/yaml-file.ts';
import { cameraZone, mapZone, rulesOf, world } from './support.ts';

const rulesText = readFileSync(new URL('../../config/rules.yaml', import.meta.url), 'utf8');
const catalogueText = readFileSync(new URL('../../config/catalogue.yaml', import.meta.url), 'utf8');

/** The types that are built in. */
const TYPES = `stall-occupation out-of-store-operation illegal-dumping exposed-garbage overflowing-bin
  dust-exceedance noise-exceedance truck-uncovered-load truck-off-route truck-restricted-area truck-overspeed
  truck-suspicious-stop device-offline camera-frozen camera-obscured camera-moved device-clock-wrong sensor-flatline
  sensor-drift position-lost`.split(/\s+/);

describe('the reference rules', () => {
  const result = parseYaml('rules.yaml', rulesText, RulesFile, {});

  it('fit the schema and contradict nothing', () => {
    expect(result).toMatchObject({ ok: true });
    if (result.ok) expect(checkRules(result.yaml.value, world())).toEqual([]);
  });

  it('make the incident types that cameras, stations and trucks give', () => {
    if (!result.ok) throw new Error('not valid');
    const types = result.yaml.value.flatMap((rule) =>
      rule.kind === 'truck-stop' ? [rule.stop.type, rule.dumping.type] : 'type' in rule ? [rule.type] : [],
    );
    expect(types.sort()).toEqual([
      'device-offline',
      'device-offline',
      'device-offline',
      'dust-exceedance',
      'exposed-garbage',
      'illegal-dumping',
      'illegal-dumping',
      'noise-exceedance',
      'out-of-store-operation',
      'overflowing-bin',
      'position-lost',
      'sensor-drift',
      'sensor-flatline',
      'sensor-flatline',
      'stall-occupation',
      'truck-suspicious-stop',
    ]);
    expect(buildRules(result.yaml.value, world())).toHaveLength(17);
  });

  it('show the defaults as they are', () => {
    // These spell out every key with its default, but for what is set for the shipped detectors.
    const chosen = new Set(['exposed-garbage.min_score']);
    for (const id of [
      'exposed-garbage',
      'dumping-seen',
      'camera-health',
      'truck-stop',
      'truck-conduct',
      'sensor-drift',
      'dust-flatline',
      'trucks-offline',
      'position-lost',
    ]) {
      const written = (parse(rulesText) as Record<string, unknown>[]).find((rule) => rule.id === id) ?? {};
      const needed = [
        'kind',
        'type',
        'zone_kinds',
        'any_of',
        'permitted_zone_kinds',
        'things',
        'actors',
        'not_at',
        'device_kind',
        'device_kinds',
        'metric',
        'metrics',
      ];
      const bare = Object.fromEntries(
        Object.entries(written).filter(([key]) => needed.includes(key) || chosen.has(`${id}.${key}`)),
      );
      expect(rulesOf({ ...bare, id })).toEqual([written]);
    }
  });

  it('hold an example of a city type that works when its comment marks are taken away', () => {
    const start = rulesText.indexOf('# - id: street-barbecue');
    const example = rulesText
      .slice(start)
      .split('\n')
      .map((line) => line.replace(/^# ?/, ''))
      .join('\n');
    const parsed = parseYaml('rules.yaml', `${rulesText.slice(0, start)}${example}`, RulesFile, {});
    expect(parsed).toMatchObject({ ok: true });
  });
});

describe('checkRules', () => {
  const dwell = { id: 'a', kind: 'zone-dwell', type: 'x', zone_kinds: ['street'], any_of: [['garbage']] };
  const limit = {
    id: 'b',
    kind: 'threshold',
    type: 'x',
    device_kind: 'dust',
    metric: 'pm10_ug_m3',
    window_s: 60,
    expected_interval_s: 60,
    limits: [{ limit: 10 }],
  };
  const drift = { id: 'e', kind: 'sensor-drift', type: 'x', device_kind: 'dust', metric: 'pm10_ug_m3' };
  const city = world({
    cameraZones: [cameraZone()],
    mapZones: [mapZone('s', 'site', 113, 28)],
    devices: [{ id: 'dust-1', kind: 'dust' }],
  });
  it.each([
    ['two rules of one id', [dwell, dwell], [1, 'id']],
    ['a zone kind that no camera has', [{ ...dwell, zone_kinds: ['stret'] }], [0, 'zone_kinds']],
    [
      'a zone kind both ways',
      [{ ...dwell, permitted_zone_kinds: ['street'] }],
      [0, 'permitted_zone_kinds', 0],
    ],
    ['a window shorter than its dwell', [{ ...dwell, window_s: { lane: 30 } }], [0, 'window_s', 'lane']],
    [
      'clearing above the limit',
      [{ ...limit, limits: [{ limit: 10, clear_limit: 11 }] }],
      [0, 'limits', 0, 'clear_limit'],
    ],
    ['a metric that no reading has', [{ ...limit, metric: 'pm10' }], [0, 'metric']],
    ['a window without a sample', [{ ...limit, window_s: 30 }], [0, 'window_s']],
    [
      'an unknown map zone',
      [{ ...limit, limits: [{ limit: 1, zone_kinds: ['x'] }] }],
      [0, 'limits', 0, 'zone_kinds', 0],
    ],
    [
      'an exemption that ends before it begins',
      [{ ...limit, exemptions: [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z', reason: 'x' }] }],
      [0, 'exemptions', 0, 'to'],
    ],
    [
      'an exemption of an unknown station',
      [
        {
          ...limit,
          exemptions: [
            { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', devices: ['d'], reason: 'x' },
          ],
        },
      ],
      [0, 'exemptions', 0, 'devices', 0],
    ],
    ['a drift rule that there is not', [{ ...limit, drift_rule: 'z' }], [0, 'drift_rule']],
    [
      'a drift rule of other values',
      [
        { ...limit, drift_rule: 'z' },
        { ...drift, id: 'z', metric: 'pm25_ug_m3' },
      ],
      [0, 'drift_rule'],
    ],
    ['a drift that is never learnt', [{ ...drift, learn_s: 60 }], [0, 'learn_s']],
    [
      'a kind of source that no zone is',
      [{ ...drift, source_zone_kinds: ['x'] }],
      [0, 'source_zone_kinds', 0],
    ],
    [
      'a flatline of what no reading has',
      [{ id: 'f', kind: 'sensor-flatline', type: 'x', device_kind: 'dust', metrics: ['x'] }],
      [0, 'metrics', 0],
    ],
    [
      'a limit that no truck ever comes to',
      [{ id: 'g', kind: 'truck-conduct', overspeed: { limits: [{ limit_kmh: 60 }, { limit_kmh: 30 }] } }],
      [0, 'overspeed', 'limits', 0],
    ],
    [
      'trucks that may stand nowhere',
      [{ id: 'c', kind: 'truck-stop', permitted_zone_kinds: ['x'] }],
      [0, 'permitted_zone_kinds'],
    ],
  ] as const)('finds %s', (_what, rules, path) => {
    expect(checkRules(rulesOf(...rules), city).map((problem) => problem.path)).toEqual([path]);
  });
});

describe('the catalogue', () => {
  const catalogue = Value.Default(CatalogueFile, parse(catalogueText)) as CatalogueFile;

  it('fits its schema, and knows every built-in type in every scheme', () => {
    expect(Value.Check(CatalogueFile, catalogue)).toBe(true);
    for (const [scheme, { codes, confirmed }] of Object.entries(catalogue.schemes)) {
      expect(Object.keys(codes).sort(), scheme).toEqual([...TYPES].sort());
      expect(confirmed).toBe(false);
      expect(catalogueProblems(catalogue, scheme)).toEqual([]);
    }
  });

  it('gives codes, nulls where a table has none, and the type itself where nothing is known', () => {
    expect(codeOf(catalogue, 'gbt30428.2-2013-partial', 'exposed-garbage')).toEqual({
      scheme: 'gbt30428.2-2013-partial',
      major: '01',
      minor: '10',
      name: '暴露垃圾',
    });
    expect(codeOf(catalogue, 'cjt214-2007', 'dust-exceedance')).toMatchObject({ major: '03', minor: '02' });
    expect(codeOf(catalogue, 'cjt214-2007', 'constructor')).toMatchObject({
      major: null,
      name: 'constructor',
    });
    expect(catalogueProblems(catalogue, 'none')).toHaveLength(1);
  });
});
