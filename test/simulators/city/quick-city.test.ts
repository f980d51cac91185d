import { beforeAll, describe, expect, it } from 'vitest';
import { citySchedule } from '../../../simulators/city/city-schedule.ts';
import type { Scenario } from '../../../simulators/city/scenario.ts';
import { encodeContent, until } from '../../../simulators/schedule.ts';
import { decodeTelemetry } from '../../../src/codecs/telemetry-json.ts';
import type { Config } from '../../../src/config/config.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { buildRules } from '../../../src/rules/catalogue.ts';
import { RuleEngine } from '../../../src/rules/engine.ts';
import { quickCityConfig, quickCityScenario } from '../../support/city-recording.ts';

describe('the quick city under its rules', () => {
  let scenario: Scenario;
  let config: Config;

  beforeAll(() => {
    scenario = quickCityScenario();
    config = quickCityConfig();
  });

  function opened(start_ms: number, seconds: number): Finding[] {
    const { cameraZones, mapZones, devices, timeZone } = config;
    const rules = buildRules(config.rules, { cameraZones, mapZones, devices, timeZone });
    const engine = new RuleEngine(rules, { lateness_ms: 2_000 });
    const found: Finding[] = [];
    for (const event of until(citySchedule(scenario, { start_ms }), start_ms + seconds * 1_000)) {
      if (event.kind !== 'publish') continue;
      const { deviceKind, deviceId, channel, at_ms } = event;
      const payload = encodeContent(event);
      const decoded = decodeTelemetry({ deviceKind, deviceId, channel, payload, received_ms: at_ms });
      if (!decoded.ok) throw new Error(decoded.error.message);
      for (const observation of decoded.value) found.push(...engine.feed(observation));
    }
    return found.filter(({ action }) => action === 'open');
  }

  it.each(['00:30', '03:01', '08:00', '12:00', '18:00', '22:10'])(
    'makes the four incidents within a minute and no other in five, started at %s',
    (hour) => {
      const start_ms = Date.parse(`2026-11-22T${hour}:00+08:00`);
      const findings = opened(start_ms, 300).map(({ type, subject, at_ms }) => ({
        what: `${type} ${subject?.deviceId}`,
        after_s: (at_ms - start_ms) / 1_000,
      }));
      const wanted = [
        'dust-exceedance dust-zhuyuan',
        'illegal-dumping truck-11',
        'noise-exceedance noise-zhuyuan',
        'truck-suspicious-stop truck-12',
      ];
      expect(findings.map(({ what }) => what).sort()).toEqual(wanted);
      for (const { after_s } of findings) expect(after_s).toBeLessThan(70);
    },
  );
});
