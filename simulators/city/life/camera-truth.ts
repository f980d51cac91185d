import { pointInRing } from '../../../src/domain/geometry.ts';
import type { IncidentLabel } from '../../../src/domain/recording.ts';
import { inHours } from '../../../src/domain/schedule.ts';
import type { RoadClass } from '../../../src/domain/zone.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario, ScenarioZone } from '../scenario.ts';
import type { LensFault, StageCamera } from '../stage/stage-scene.ts';
import { localMinute } from '../truth/zone-test.ts';
import type { Happening } from './cast.ts';
import type { DwellPolicy } from './life-file.ts';
import { showsWell } from './placing.ts';
import { type StreetScript, streetScript } from './street-life.ts';
import { boxOf } from './view.ts';

type CameraType = keyof DwellPolicy;

/** What the cameras of a run could have noticed. */
export interface CameraTruth {
  readonly incidents: IncidentLabel[];
  readonly decoys: IncidentLabel[];
}

/** Types that the cameras' truth is complete for. */
export const CAMERA_TYPES: readonly string[] = [
  'stall-occupation',
  'out-of-store-operation',
  'exposed-garbage',
  'overflowing-bin',
  'illegal-dumping',
  'camera-obscured',
  'camera-frozen',
  'camera-moved',
];

interface Meaning {
  readonly type: CameraType;
  readonly isDecoy?: boolean;
}

/**
 * What each happening is, or looks like. Who leaves bags or tips a load dumps, and what lies there then is exposed
 * garbage: two incidents of two types, each with a dwell of its own.
 */
const TYPES: Record<Exclude<Happening['kind'], 'lens'>, readonly Meaning[]> = {
  stall: [{ type: 'stall-occupation' }],
  'shop-goods': [{ type: 'out-of-store-operation' }],
  umbrella: [{ type: 'stall-occupation', isDecoy: true }],
  'open-van': [{ type: 'stall-occupation', isDecoy: true }],
  bags: [{ type: 'exposed-garbage' }, { type: 'illegal-dumping' }],
  'carried-bags': [
    { type: 'exposed-garbage', isDecoy: true },
    { type: 'illegal-dumping', isDecoy: true },
  ],
  bin: [{ type: 'overflowing-bin' }],
  dumping: [{ type: 'illegal-dumping' }, { type: 'exposed-garbage' }],
};

const LENS_TYPES: Record<LensFault['kind'], string | undefined> = {
  obscured: 'camera-obscured',
  dark: 'camera-obscured',
  defocused: 'camera-obscured',
  frozen: 'camera-frozen',
  moved: 'camera-moved',
  // A camera that still sees through the dirt.
  dirty: undefined,
};

/** A state that lasts hardly longer than the dwell may or may not be reported in time: it is no incident. */
const SURE_S = 15;
const RADIUS_M = 30;
const MINUTE_S = 60;

/** The truth for the pole cameras of a run, by the scenario's policy, zones and hours. Pure. */
export function cameraTruth(
  scenario: Scenario,
  run: CityRun,
  life: StreetScript = streetScript(scenario, run),
): CameraTruth {
  const context = { scenario, run, life };
  const seen = life.cast.happenings.flatMap((happening) => judge(context, happening));
  const lens = lensLabels(context);
  const inOrder = (a: IncidentLabel, b: IncidentLabel): number =>
    a.from_ms - b.from_ms || (a.id < b.id ? -1 : 1);
  const all = [...seen, ...lens];
  return {
    incidents: all.flatMap(({ label, isDecoy }) => (isDecoy ? [] : [label])).sort(inOrder),
    decoys: all.flatMap(({ label, isDecoy }) => (isDecoy ? [label] : [])).sort(inOrder),
  };
}

interface Context {
  readonly scenario: Scenario;
  readonly run: CityRun;
  readonly life: StreetScript;
}

interface Verdict {
  readonly label: IncidentLabel;
  readonly isDecoy: boolean;
}

function judge(context: Context, happening: Happening): Verdict[] {
  if (happening.kind === 'lens') return [];
  return TYPES[happening.kind].flatMap((meaning, index) => {
    // The first keeps the id of the happening.
    const named = index === 0 ? happening : { ...happening, id: `${happening.id}-${meaning.type}` };
    return judgeAs(context, named, meaning);
  });
}

function judgeAs(context: Context, happening: Happening, { type, isDecoy = false }: Meaning): Verdict[] {
  const { scenario, life } = context;
  const cameras = life.cameras.filter((camera) => showsWell(camera, happening.block));
  if (cameras.length === 0) return [];
  const roadClass = roadClassAt(context, happening, type);
  const dwell_s = scenario.file.policy[type][roadClass];
  const end_s = Math.min(happening.to_s, scenario.file.duration_s);
  const label = (from_s: number, to_s: number, part: number, note: string): IncidentLabel =>
    labelOf(context, happening, cameras, { type, from_s, to_s, part, note, dwell_s });
  if (isDecoy) return [{ label: label(happening.from_s, end_s, 0, happening.note), isDecoy: true }];
  const spans = type === 'stall-occupation' ? forbiddenSpans(context, happening, end_s) : undefined;
  if (spans?.length === 0)
    return [{ label: label(happening.from_s, end_s, 0, `${happening.note}; permitted`), isDecoy: true }];
  return (spans ?? [[happening.from_s, end_s] as const]).map(([from_s, to_s], part) => {
    const lasts = to_s - from_s >= dwell_s + SURE_S;
    const note = lasts ? happening.note : `${happening.note}; too short`;
    return { label: label(from_s, to_s, part, note), isDecoy: !lasts };
  });
}

/** The class of the zone that forbids it, or else of the street where it is. */
function roadClassAt(
  { scenario, life }: Context,
  { block, streetId }: Happening,
  type: CameraType,
): RoadClass {
  const street = life.streets.find(({ id }) => id === streetId);
  const zone =
    type === 'stall-occupation'
      ? zonesAt(scenario, block.at, 'no-vending').find(({ roadClass }) => roadClass)
      : undefined;
  return zone?.roadClass ?? street?.class ?? 'lane';
}

function zonesAt({ zones }: Scenario, [x, y]: readonly [number, number], kind: string): ScenarioZone[] {
  return zones.filter((zone) => zone.kind === kind && pointInRing(x, y, zone.ring));
}

/** The parts of a stall's time in which nothing may be sold there; where no zone forbids it, none. */
function forbiddenSpans(
  { scenario, run }: Context,
  { block, from_s, to_s }: Happening,
  end_s: number,
): (readonly [number, number])[] {
  if (zonesAt(scenario, block.at, 'no-vending').length === 0) return [];
  const permitting = zonesAt(scenario, block.at, 'vending');
  const isPermitted = (t_s: number): boolean => {
    const local = localMinute(run.start_ms + t_s * 1_000, scenario.file.utc_offset_h);
    return permitting.some(({ hours }) => inHours(hours, local));
  };
  const spans: (readonly [number, number])[] = [];
  let since_s: number | undefined;
  const end = Math.min(to_s, end_s);
  // Hours begin and end on full minutes of the clock.
  const into_s = (run.start_ms / 1_000) % MINUTE_S;
  for (let t_s = from_s; t_s < end; t_s = nextMinute(t_s, into_s)) {
    if (!isPermitted(t_s)) since_s ??= t_s;
    else if (since_s !== undefined) {
      spans.push([since_s, t_s]);
      since_s = undefined;
    }
  }
  if (since_s !== undefined) spans.push([since_s, end]);
  return spans;
}

function nextMinute(t_s: number, into_s: number): number {
  return (Math.floor((t_s + into_s) / MINUTE_S) + 1) * MINUTE_S - into_s;
}

function labelOf(
  { scenario, run }: Context,
  { id, block, plate }: Happening,
  cameras: readonly StageCamera[],
  of: {
    readonly type: string;
    readonly from_s: number;
    readonly to_s: number;
    readonly part: number;
    readonly note: string;
    readonly dwell_s: number;
  },
): IncidentLabel {
  const [lon, lat] = scenario.map.plane.toLonLat(block.at);
  const first = cameras[0];
  const box = first === undefined ? undefined : boxOf(first, block);
  return {
    id: of.part === 0 ? id : `${id}-${of.part + 1}`,
    type: of.type,
    from_ms: run.start_ms + of.from_s * 1_000,
    to_ms: run.start_ms + of.to_s * 1_000,
    place: { lon: rounded(lon, 6), lat: rounded(lat, 6) },
    radius_m: RADIUS_M,
    deviceIds: cameras.map((camera) => camera.id),
    dwell_s: of.dwell_s,
    ...(plate === undefined ? {} : { plate }),
    ...(box === undefined ? {} : { box: clipped(box) }),
    note: of.note,
  };
}

function lensLabels({ scenario, run, life }: Context): Verdict[] {
  return life.cast.lens.flatMap(({ id, camera, kind, from_s, to_s }): Verdict[] => {
    const type = LENS_TYPES[kind] ?? 'camera-obscured';
    const entry = scenario.file.cameras.find((known) => known.id === camera);
    if (entry === undefined) return [];
    const dwell_s = scenario.file.policy['camera-obscured'].arterial;
    const end_s = Math.min(to_s, scenario.file.duration_s);
    const [lon, lat] = entry.at;
    const label: IncidentLabel = {
      id,
      type,
      from_ms: run.start_ms + from_s * 1_000,
      to_ms: run.start_ms + end_s * 1_000,
      place: { lon, lat },
      radius_m: RADIUS_M,
      deviceIds: [camera],
      dwell_s,
      note: kind,
    };
    return [{ label, isDecoy: LENS_TYPES[kind] === undefined || end_s - from_s < dwell_s + SURE_S }];
  });
}

function clipped([x1, y1, x2, y2]: readonly [number, number, number, number]): [
  number,
  number,
  number,
  number,
] {
  const share = (value: number): number => rounded(Math.max(0, Math.min(1, value)), 4);
  return [share(x1), share(y1), share(x2), share(y2)];
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
