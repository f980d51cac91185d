import type { Device } from '../../src/domain/device.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { MapZone } from '../../src/domain/zone.ts';
import { buildRules, STAGES } from '../../src/rules/catalogue.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import { box, cameraZone, fix, frame, mapZone, reading, rulesOf, tick, world } from '../rules/support.ts';

const TRUCKS = 5000;
const STATIONS = 5000;
const ZONES = 5000;
const SECONDS = 60;

/** A number in 0..1 that depends on its arguments alone. */
function hash01(a: number, b: number): number {
  const x = Math.sin(a * 12.9898 + b * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

function zones(): MapZone[] {
  return Array.from({ length: ZONES }, (_, n) =>
    mapZone(`z${n}`, n % 2 === 0 ? 'site' : 'sensitive', 113 + hash01(n, 1), 28 + hash01(n, 2), 150),
  );
}

/** Where the stations stand: drift is told by neighbours. */
function stations(): Device[] {
  return Array.from({ length: STATIONS }, (_, n) => ({
    id: `station-${n}`,
    kind: n % 2 === 0 ? ('dust' as const) : ('noise' as const),
    lon: 113 + hash01(n, 5),
    lat: 28 + hash01(n, 6),
  }));
}

/** One second of a city: every truck and every station once, then the tick. A third of the trucks stand. */
function second(at_s: number): Observation[] {
  const observations: Observation[] = [];
  for (let n = 0; n < TRUCKS; n += 1) {
    const stands = n % 3 === 0;
    const lon = 113 + hash01(n, 3) + (stands ? 0 : at_s * 1e-4);
    observations.push(
      fix(at_s, lon, 28 + hash01(n, 4), {
        deviceId: `truck-${n}`,
        speed_kmh: stands ? 0 : 36,
        lift: n % 100 === 0,
        load: 'full',
      }),
    );
  }
  for (let n = 0; n < STATIONS; n += 1) {
    const isDust = n % 2 === 0;
    const value = isDust ? 60 + 80 * hash01(n, at_s) : 45 + 20 * hash01(n, at_s);
    observations.push(
      reading(at_s, isDust ? { pm10_ug_m3: value } : { leq_dba: value }, {
        deviceId: `station-${n}`,
        deviceKind: isDust ? 'dust' : 'noise',
      }),
    );
  }
  observations.push(tick(at_s));
  return observations;
}

/** The rules that ship, but for their windows: stations here report each second. */
const RULES = [
  { id: 'trucks', kind: 'truck-stop' },
  { id: 'conduct', kind: 'truck-conduct' },
  { id: 'drift', kind: 'sensor-drift', type: 'sensor-drift', device_kind: 'dust', metric: 'pm10_ug_m3' },
  {
    id: 'flat',
    kind: 'sensor-flatline',
    type: 'sensor-flatline',
    device_kind: 'dust',
    metrics: ['pm10_ug_m3'],
  },
  {
    id: 'still',
    kind: 'sensor-flatline',
    type: 'sensor-flatline',
    device_kind: 'noise',
    metrics: ['leq_dba'],
  },
  {
    id: 'dust',
    kind: 'threshold',
    type: 'dust-exceedance',
    device_kind: 'dust',
    metric: 'pm10_ug_m3',
    window_s: 900,
    expected_interval_s: 1,
    limits: [{ limit: 100, zone_kinds: ['sensitive'] }, { limit: 150 }],
  },
  {
    id: 'noise',
    kind: 'threshold',
    type: 'noise-exceedance',
    device_kind: 'noise',
    metric: 'leq_dba',
    statistic: 'energy-mean',
    window_s: 1200,
    expected_interval_s: 1,
    limits: [
      { limit: 70, hours: [{ from: '06:00', to: '22:00' }] },
      { limit: 55, hours: [{ from: '22:00', to: '06:00' }] },
    ],
  },
];

function measure(name: string, engine: RuleEngine, inputs: Iterable<readonly Observation[]>): void {
  let wall_ms = 0;
  let cpu_ms = 0;
  let findings = 0;
  for (const input of inputs) {
    const start_ms = performance.now();
    const before = process.cpuUsage();
    for (const observation of input) findings += engine.feed(observation).length;
    const { user, system } = process.cpuUsage(before);
    cpu_ms += (user + system) / 1000;
    wall_ms += performance.now() - start_ms;
  }
  const { evaluations } = engine.stats();
  const perSecond = (spent_ms: number) => Math.round((evaluations / spent_ms) * 1000).toLocaleString('en');
  // On a machine that does other things too, the processor time is the figure to compare.
  console.log(
    `${name}: ${perSecond(wall_ms)} evaluations/s, ${perSecond(cpu_ms)} per second of processor time ` +
      `(${evaluations.toLocaleString('en')} evaluations, ${findings} findings)`,
  );
}

/** A snapshot is taken in pieces between batches: what counts is how long each step holds up the event loop. */
function measureSnapshot(engine: RuleEngine): void {
  const cpu_ms = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const from_ms = cpu_ms();
  const session = engine.beginSnapshot();
  const begun_ms = cpu_ms() - from_ms;
  const pieces: string[] = [];
  let bytes = 0;
  let longest_ms = 0;
  for (;;) {
    const piece_ms = cpu_ms();
    const piece = session.next();
    if (piece === undefined) break;
    bytes += piece.length;
    pieces.push(piece);
    longest_ms = Math.max(longest_ms, cpu_ms() - piece_ms);
  }
  console.log(
    `snapshot: ${(bytes / 1e6).toFixed(1)} MB in ${pieces.length} pieces; processor time ${begun_ms.toFixed(1)} ms to begin, ` +
      `${longest_ms.toFixed(1)} ms for the longest piece, ${(cpu_ms() - from_ms).toFixed(0)} ms in all`,
  );
  const again_ms = cpu_ms();
  engine.restorePieces(pieces);
  console.log(`restored, as at a start, in ${(cpu_ms() - again_ms).toFixed(0)} ms of processor time`);
}

function* seconds(): Generator<Observation[]> {
  for (let at_s = 0; at_s < SECONDS; at_s += 1) yield second(at_s);
}

function* cameraSeconds(cameras: number): Generator<Observation[]> {
  for (let at_s = 0; at_s < SECONDS; at_s += 1) {
    yield Array.from({ length: cameras }, (_, n) =>
      frame(at_s, [box('garbage', 0.5, 0.6), box('garbage', hash01(n, at_s), 0.8), box('person', 0.2, 0.9)], {
        deviceId: `cam-${n}`,
      }),
    );
  }
}

/** Prints how many rule evaluations a second one core makes; asserts nothing. */
function benchRules(): void {
  const city = world({ mapZones: zones(), devices: stations() });
  const engine = new RuleEngine(buildRules(rulesOf(...RULES), city), {
    lateness_ms: 2000,
    stages: STAGES,
    backlog_ms: 3_600_000,
  });
  measure(`trucks and stations (${TRUCKS + STATIONS} devices, ${ZONES} zones)`, engine, seconds());

  measureSnapshot(engine);

  const cameras = 500;
  const cameraZones = Array.from({ length: cameras }, (_, n) => cameraZone({ cameraId: `cam-${n}` }));
  const garbage = {
    id: 'garbage',
    kind: 'zone-dwell',
    type: 'exposed-garbage',
    zone_kinds: ['street'],
    any_of: [['garbage']],
  };
  const watching = new RuleEngine(buildRules(rulesOf(garbage), world({ cameraZones })), {
    lateness_ms: 2000,
  });
  measure(`frames (${cameras} cameras)`, watching, cameraSeconds(cameras));
}

benchRules();
