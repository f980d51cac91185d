import type { IncidentLabel } from '../../../src/domain/recording.ts';
import type { Metres } from '../../plane.ts';
import type { TruckState } from '../../truck-life.ts';
import type { TruckSpec } from '../../trucks.ts';
import type { CityRun } from '../city-schedule.ts';
import type { Scenario } from '../scenario.ts';
import { truckStates } from '../truck-motion.ts';
import { approvedWays } from '../truck-routes.ts';
import { truckSpecs } from '../truck-specs.ts';
import { createSpells, type Spell } from './spells.ts';
import type { Truth } from './telemetry-truth.ts';
import { createStands, type Stand } from './truck-stands.ts';
import { distanceToLine_m, type ZoneTest, zoneTest } from './zone-test.ts';

/** Shorter stands look like nothing. */
const DECOY_STAND_S = 90;
/** A light or a bend does not end what a driving truck does. */
const DRIVING_GAP_S = 120;
const DRIVING_MPS = 5 / 3.6;
const OFF_ROUTE_S = 10;
const PLACE_RADIUS_M = 60;
const WORK_REACH_M = 40;

interface TruckContext {
  readonly scenario: Scenario;
  readonly run: CityRun;
  readonly isPermitted: ZoneTest;
  readonly isRestricted: ZoneTest;
}

/** What each truck of a run truly did, held against the city's policy; receivers and links do not matter. */
export function truckTruth(scenario: Scenario, run: CityRun): Truth {
  const { truth } = scenario.file;
  const context: TruckContext = {
    scenario,
    run,
    isPermitted: zoneTest(scenario, truth.permitted_zone_kinds, truth.zone_margin_m),
    isRestricted: zoneTest(scenario, truth.restricted_zone_kinds, 0),
  };
  const each = truckSpecs(scenario, run).map((spec) => truthOf(spec, context));
  return {
    incidents: each.flatMap(({ incidents }) => incidents),
    decoys: each.flatMap(({ decoys }) => decoys),
  };
}

function truthOf(spec: TruckSpec, context: TruckContext): Truth {
  const { scenario, run, isPermitted, isRestricted } = context;
  const { truth, duration_s } = scenario.file;
  const isOffRoute = offRouteTest(spec, scenario);
  const stands = createStands(DECOY_STAND_S);
  const dumpings = createSpells(3, 60);
  const uncovered = createSpells(truth.uncovered_s, DRIVING_GAP_S);
  const speeding = createSpells(truth.overspeed_s, 15);
  const restricted = createSpells(5, 60);
  const strayed = createSpells(OFF_ROUTE_S, DRIVING_GAP_S);
  for (const state of truckStates(scenario, run, spec, duration_s)) {
    const { at_ms, at, speed_mps, limit_mps } = state;
    stands.note(state);
    const tips = state.body_deg > 5;
    const drives = speed_mps > DRIVING_MPS;
    dumpings.note(at_ms, at, tips && !isPermitted(at, at_ms));
    const isOpen = drives && state.load > 0.2 && state.cover < 0.5;
    uncovered.note(at_ms, at, isOpen && !isPermitted(at, at_ms));
    speeding.note(at_ms, at, drives && speed_mps > limit_mps * truth.overspeed_share);
    restricted.note(at_ms, at, isRestricted(at, at_ms));
    strayed.note(at_ms, at, drives && isOffRoute(state) && !isPermitted(at, at_ms));
  }
  const make = labelMaker(spec.id, context);
  const stood = standTruth(spec, stands.end(), context);
  const along = (type: string, spells: readonly Spell[], dwell_s: number) =>
    spells.map((spell) => make(type, spell, spell.reach_m + PLACE_RADIUS_M, dwell_s));
  return {
    incidents: [
      ...dumpings.end().map((spell) => make('illegal-dumping', spell, PLACE_RADIUS_M, 0)),
      ...stood.incidents,
      ...along('truck-uncovered-load', uncovered.end(), truth.uncovered_s),
      ...along('truck-overspeed', speeding.end(), truth.overspeed_s),
      ...along('truck-restricted-area', restricted.end(), 0),
      ...along('truck-off-route', strayed.end(), OFF_ROUTE_S),
    ],
    decoys: stood.decoys,
  };
}

/** A stand is an incident where it is long and outside, and else a decoy where it looks like one. */
function standTruth(spec: TruckSpec, stands: readonly Stand[], context: TruckContext): Truth {
  const { scenario, isPermitted } = context;
  const { map, file } = scenario;
  const make = labelMaker(spec.id, context);
  const own = [spec.start, spec.site, spec.disposal].flatMap((node) => {
    const at = map.nodes[node]?.at;
    return at === undefined ? [] : [at];
  });
  const isAtWork = ({ at }: Stand): boolean =>
    own.some((place) => Math.hypot(place[0] - at[0], place[1] - at[1]) < WORK_REACH_M);
  const isIncident = ({ at, from_ms, to_ms }: Stand): boolean =>
    to_ms - from_ms >= file.truth.stop_s * 1_000 && !isPermitted(at, from_ms);
  const label = (stand: Stand): IncidentLabel =>
    make('truck-suspicious-stop', stand, PLACE_RADIUS_M, file.truth.stop_s);
  return {
    incidents: stands.filter(isIncident).map(label),
    decoys: stands.filter((stand) => !isIncident(stand) && !isAtWork(stand)).map(label),
  };
}

function offRouteTest(spec: TruckSpec, scenario: Scenario): (state: TruckState) => boolean {
  const lines = approvedWays(spec, scenario);
  const { off_route_m } = scenario.file.truth;
  return ({ at }) => lines.every((line) => distanceToLine_m(at, line) > off_route_m);
}

function labelMaker(truckId: string, { scenario, run }: TruckContext) {
  const plate = scenario.file.trucks.fleet.find(({ id }) => id === truckId)?.plate;
  return (
    type: string,
    { from_ms, to_ms, at }: { readonly from_ms: number; readonly to_ms: number; readonly at: Metres },
    radius_m: number,
    dwell_s: number,
  ): IncidentLabel => {
    const [lon, lat] = scenario.map.plane.toLonLat(at);
    return {
      id: `${type}:${truckId}:${Math.round((from_ms - run.start_ms) / 1_000)}`,
      type,
      from_ms,
      to_ms,
      place: { lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) },
      radius_m: Math.ceil(radius_m),
      deviceIds: [truckId],
      dwell_s,
      ...(plate === undefined ? {} : { plate }),
    };
  };
}
