import Value from 'typebox/value';
import type { Finding } from '../../src/domain/finding.ts';
import type {
  Detection,
  DetectionsObservation,
  Observation,
  PositionObservation,
  ReadingObservation,
  TickObservation,
} from '../../src/domain/observation.ts';
import { type RuleConfig, RulesFile } from '../../src/domain/rule-config.ts';
import type { World } from '../../src/domain/world.ts';
import type { CameraZone, MapZone, Ring } from '../../src/domain/zone.ts';
import { buildRules } from '../../src/rules/catalogue.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import type { EngineOptions } from '../../src/rules/engine-options.ts';

/** 2026-11-22T10:00:00+08:00, a Sunday. */
export const START_MS = Date.parse('2026-11-22T10:00:00+08:00');

/** Rules from what a rules file would say, with defaults filled in. */
export function rulesOf(...rules: readonly Record<string, unknown>[]): RuleConfig[] {
  const filled = Value.Default(RulesFile, structuredClone(rules));
  if (!Value.Check(RulesFile, filled)) {
    throw new Error(JSON.stringify(Value.Errors(RulesFile, filled)));
  }
  return filled;
}

export function world(parts: Partial<World> = {}): World {
  return { cameraZones: [], mapZones: [], devices: [], timeZone: 'Asia/Shanghai', ...parts };
}

export function engineOf(
  rules: readonly Record<string, unknown>[],
  parts: Partial<World> = {},
  options: Partial<EngineOptions> = {},
): RuleEngine {
  return new RuleEngine(buildRules(rulesOf(...rules), world(parts)), {
    lateness_ms: 0,
    onFault: ({ error }) => {
      throw error;
    },
    ...options,
  });
}

export function cameraZone(zone: Partial<CameraZone> = {}): CameraZone {
  return {
    id: 'z1',
    cameraId: 'cam-1',
    kind: 'street',
    roadClass: 'arterial',
    polygon: [
      [0, 0.2],
      [1, 0.2],
      [1, 1],
      [0, 1],
    ],
    place: { lon: 113.1, lat: 28.2, street: 'Furong Road' },
    ...zone,
  };
}

/** A square of so many metres (roughly) around a point. */
export function mapZone(id: string, kind: string, lon: number, lat: number, half_m = 100): MapZone {
  const d = half_m / 111_195;
  const ring: Ring = [
    [lon - d, lat - d],
    [lon + d, lat - d],
    [lon + d, lat + d],
    [lon - d, lat + d],
    [lon - d, lat - d],
  ];
  return { id, kind, rings: [ring] };
}

/** A box of a class with its foot in the middle at x, y. */
export function box(cls: string, x: number, y: number, size = 0.1, score = 0.8): Detection {
  return { class: cls, label: cls, score, box: [x - size / 2, y - size, x + size / 2, y] };
}

export function frame(
  at_s: number,
  detections: readonly Detection[],
  more: Partial<DetectionsObservation> = {},
): DetectionsObservation {
  const at_ms = START_MS + at_s * 1000;
  return {
    kind: 'detections',
    deviceId: 'cam-1',
    at_ms,
    received_ms: at_ms,
    model: { id: 'garbage', sha256: 'a'.repeat(64) },
    detections,
    ...(detections.length === 0
      ? {}
      : { frame: { path: `cam-1/${at_ms}.jpg`, sha256: 'b'.repeat(64), width_px: 1280, height_px: 720 } }),
    ...more,
  };
}

export function tick(at_s: number): TickObservation {
  const at_ms = START_MS + at_s * 1000;
  return { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms };
}

export function reading(
  at_s: number,
  metrics: Record<string, number>,
  more: Partial<ReadingObservation> = {},
): ReadingObservation {
  const at_ms = START_MS + at_s * 1000;
  return {
    kind: 'reading',
    deviceKind: 'dust',
    deviceId: 'dust-1',
    at_ms,
    received_ms: at_ms,
    metrics,
    ...more,
  };
}

export function fix(
  at_s: number,
  lon: number,
  lat: number,
  more: Partial<PositionObservation> = {},
): PositionObservation {
  const at_ms = START_MS + at_s * 1000;
  return { kind: 'position', deviceId: 'truck-1', at_ms, received_ms: at_ms, lon, lat, ...more };
}

export function feedAll(engine: RuleEngine, observations: readonly Observation[]): Finding[] {
  return observations.flatMap((observation) => engine.feed(observation));
}

/** `open@61 end@200`, with seconds from the start: a whole run in a line. */
export function story(findings: readonly Finding[]): string {
  return findings.map(({ action, at_ms }) => `${action}@${(at_ms - START_MS) / 1000}`).join(' ');
}

export function range(from: number, to: number, step = 1): number[] {
  const values: number[] = [];
  for (let value = from; value < to; value += step) values.push(value);
  return values;
}
