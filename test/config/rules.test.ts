import { describe, expect, it } from 'vitest';
import { RulesOutline, readRules } from '../../src/config/rules.ts';
import { parseYaml, problemText } from '../../src/runtime/yaml-file.ts';

function problemsOf(text: string): string[] {
  const result = parseYaml('rules.yaml', text, RulesOutline, {});
  return (result.ok ? readRules(result.yaml).problems : result.problems).map(problemText);
}

describe('readRules', () => {
  it('names the mistake, in the words of the kind that was meant, and nothing else', () => {
    expect(
      problemsOf(`
- id: a
  kind: zone-dwell
  type: x
  zone_kinds: [street]
  any_of: [[garbage]]
  dwel_s: 3
- id: b
  kind: threshold
  type: x
  device_kind: dust
  window_s: 60
  expected_interval_s: 60
  limits: [{ limit: 1, hours: [{ from: '7', to: '08:00' }] }]
- id: c
  kind: truck-stop
  stop: { dwell_s: soon }
`),
    ).toEqual([
      'rules.yaml:7: [0].dwel_s: unknown key',
      'rules.yaml:8: [1].metric: missing',
      expect.stringMatching(/^rules\.yaml:14: \[1\]\.limits\[0\]\.hours\[0\]\.from: must match pattern/),
      'rules.yaml:17: [2].stop.dwell_s: must be number',
    ]);
  });

  it('lists the kinds where one is unknown', () => {
    expect(problemsOf('- { id: a, kind: zone }')).toEqual([
      'rules.yaml:1: [0].kind: must be one of zone-dwell, threshold, truck-stop, truck-conduct, camera-health, sensor-drift, sensor-flatline, left-behind',
    ]);
  });

  it("leaves a station's silence to its interval where it is left out", () => {
    const text = `- { id: a, kind: threshold, type: x, device_kind: dust, metric: pm10_ug_m3, window_s: 7200, expected_interval_s: 3600, limits: [{ limit: 1 }] }`;
    const result = parseYaml('r', text, RulesOutline, {});
    if (!result.ok) throw new Error('not valid');
    const [rule] = readRules(result.yaml).rules;
    expect(rule).toMatchObject({ kind: 'threshold', clear_s: 300 });
    expect(rule).not.toHaveProperty('silent_s');
  });

  it('fills in defaults beside the values given', () => {
    const result = parseYaml('r', '- { id: c, kind: truck-stop, stop: { dwell_s: 5 } }', RulesOutline, {});
    if (!result.ok) throw new Error('not valid');
    expect(readRules(result.yaml).rules[0]).toMatchObject({
      enabled: true,
      radius_m: 50,
      stop: { dwell_s: 5, speed_max_kmh: 3 },
      night: { from: '22:00' },
    });
  });
});
