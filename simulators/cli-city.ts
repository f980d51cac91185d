import { parseAt_ms } from '../src/domain/time.ts';
import { problemText } from '../src/runtime/yaml-file.ts';
import { beside } from './beside.ts';
import { startCity } from './city/city.ts';
import { citySchedule } from './city/city-schedule.ts';
import { DECENT, type Imperfection, parseImperfection } from './city/detect/imperfection.ts';
import { writeGatewayConfig } from './city/gateway-config.ts';
import { withFleet, withStations } from './city/generated.ts';
import { recordCity } from './city/record/record-city.ts';
import { loadFilmRenderer } from './city/record/record-film.ts';
import { loadScenario, type Scenario } from './city/scenario.ts';
import { writeStages } from './city/stage/write-stages.ts';
import {
  brokerUrl,
  cliLog,
  numberOption,
  optionalNumber,
  readOptions,
  type SimulateExit,
  type SimulateIo,
  SimulateUsageError,
  tellPlayed,
} from './cli-io.ts';
import { JT808_OPTIONS, jt808Target } from './cli-jt808.ts';
import { reportOption } from './cli-report.ts';
import { readDeviceSecrets } from './device-secrets.ts';
import type { Jt808Target } from './jt808-link.ts';
import { checkOpenFiles } from './open-files.ts';
import { topicOf, until } from './schedule.ts';
import { type StationProtocol, stationLinks, stationProtocol } from './station-links.ts';

const OPTIONS = {
  mqtt: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
  'device-secrets': { type: 'string' },
  speed: { type: 'string', default: '1' },
  start: { type: 'string' },
  duration: { type: 'string' },
  seed: { type: 'string' },
  interval: { type: 'string' },
  scenario: { type: 'string' },
  count: { type: 'string' },
  noise: { type: 'string', default: '2' },
  print: { type: 'boolean', default: false },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8554' },
  'no-cameras': { type: 'boolean', default: false },
  stations: { type: 'string', default: 'mqtt' },
  hj212: { type: 'string', default: '127.0.0.1:8212' },
  record: { type: 'string' },
  'no-video': { type: 'boolean', default: false },
  detections: { type: 'string' },
  detector: { type: 'string' },
  'frame-interval': { type: 'string' },
  stages: { type: 'string' },
  'gateway-config': { type: 'string' },
  models: { type: 'string', default: 'street,garbage' },
  'plan-at': { type: 'string', multiple: true },
  protocol: { type: 'string', default: 'mqtt' },
  report: { type: 'string' },
  ...JT808_OPTIONS,
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>['values'];
type Command = 'city' | 'trucks' | 'sensors';

const DEVICES_MAX = 20_000;
/** Each of these says what to do instead of playing; of two, one would be left undone without a word. */
const INSTEAD_OF_PLAYING = ['record', 'gateway-config', 'stages', 'print'] as const;
const SEED = { min: 0, max: 2 ** 32 - 1, integer: true };

/** `xuncheng simulate city|trucks|sensors`: plays until the schedule is over or the signal aborts. */
export async function runCityCommand(
  command: Command,
  args: readonly string[],
  io: SimulateIo,
): Promise<SimulateExit> {
  const { values, positionals } = readOptions(args, OPTIONS, command === 'city' ? 1 : 0);
  refuseTwoTasks(values);
  const speed =
    values.speed === 'max'
      ? Number.POSITIVE_INFINITY
      : numberOption('speed', values.speed, { min: 0.01, max: 100_000 });
  const given_ms = values.start === undefined ? undefined : parseAt_ms(values.start);
  if (values.start !== undefined && given_ms === undefined)
    throw new SimulateUsageError('--start takes ISO 8601 with offset, such as 2026-11-22T08:00:00+08:00');
  const duration_s = optionalNumber('duration', values.duration, { min: 0.001, max: 10 ** 9 });
  const mqttUrl = brokerUrl(values.mqtt);
  const port = numberOption('port', values.port, { min: 0, max: 65_535, integer: true });
  const seed = optionalNumber('seed', values.seed, SEED);
  // Of a run of stations alone it is theirs.
  const isSensors = command === 'sensors';
  const jt808 = jt808Target('protocol', isSensors ? 'mqtt' : values.protocol, values);
  const stations = isSensors
    ? stationProtocol('protocol', values.protocol)
    : stationProtocol('stations', values.stations);
  const read = loadScenario(positionals[0] ?? values.scenario ?? defaultScenario());
  if (!read.ok) {
    for (const problem of read.problems) io.err(problemText(problem));
    return 1;
  }
  const scenario = withInterval(chosen(command, read.scenario, values, seed), values.interval);
  const seeded = seed === undefined ? {} : { seed };
  if (values.record !== undefined) {
    const recording = recordingOf(command, scenario, values, duration_s);
    const how = { given_ms, ...seeded, noVideo: values['no-video'], imperfection: imperfectionOf(values) };
    return await record(recording, values.record, how, io);
  }
  const configDir = values['gateway-config'];
  if (configDir !== undefined) return writeConfig(scenario, configDir, values, { port, jt808, stations }, io);
  const start_ms = given_ms ?? Date.now();
  const common = { scenario, start_ms, ...seeded };
  if (values.stages !== undefined) return stages(common, values, values.stages, io);
  if (values.print) return print(common, duration_s, io);
  const log = cliLog(io);
  const file = values['device-secrets'];
  const load = reportOption(values.report, io);
  const { trucks, stations: some } = scenario.file;
  checkOpenFiles(trucks.fleet.length + some.list.length);
  const city = await startCity({
    ...common,
    mqttUrl,
    speed,
    signal: io.signal,
    linkOf: stationLinks(stations, values.hj212),
    log,
    ...load?.player,
    ...(file === undefined ? {} : { secrets: await readDeviceSecrets(file, log) }),
    ...(duration_s === undefined ? {} : { duration_ms: duration_s * 1_000 }),
    ...(jt808 === undefined ? {} : { jt808 }),
    ...(values['no-cameras'] ? {} : { rtsp: { host: values.host, port } }),
  });
  for (const url of city.cameras.values()) io.out(url);
  const stats = await city.done;
  load?.end(stats);
  return tellPlayed(stats, io);
}

function refuseTwoTasks(values: Values): void {
  const [first, second] = INSTEAD_OF_PLAYING.filter(
    (name) => values[name] !== undefined && values[name] !== false,
  );
  if (first !== undefined && second !== undefined)
    throw new SimulateUsageError(`--${first} and --${second} are two commands: give one of them`);
}

function chosen(command: Command, scenario: Scenario, values: Values, seed: number | undefined): Scenario {
  if (command === 'city') return scenario;
  const count = (name: string, text: string): number =>
    numberOption(name, text, { min: 0, max: DEVICES_MAX, integer: true });
  const from = seed ?? scenario.file.seed;
  if (command === 'trucks') return withFleet(scenario, count('count', values.count ?? '10'), from);
  const counts = { dust: count('count', values.count ?? '4'), noise: count('noise', values.noise) };
  return withStations(scenario, counts, from);
}

/** The scenario as it is to be recorded: how long, and how often a frame. */
function recordingOf(
  command: Command,
  scenario: Scenario,
  values: Values,
  duration_s: number | undefined,
): Scenario {
  if (command !== 'city') throw new SimulateUsageError('--record is for city');
  const frame = optionalNumber('frame-interval', values['frame-interval'], { min: 0.02, max: 60 });
  const file = {
    ...scenario.file,
    ...(duration_s === undefined ? {} : { duration_s }),
    ...(frame === undefined ? {} : { frame_interval_s: frame, cameras: sameInterval(scenario) }),
  };
  return { ...scenario, file };
}

/** How the detections that are recorded fall short of the truth; undefined where none are wanted. */
function imperfectionOf({ detections, detector }: Values): Imperfection | undefined {
  if (detections === undefined) {
    if (detector !== undefined) throw new SimulateUsageError('--detector is for --detections truth');
    return undefined;
  }
  if (detections !== 'truth') throw new SimulateUsageError('--detections takes truth');
  if (detector === undefined) return DECENT;
  const parsed = parseImperfection(detector);
  if (!parsed.ok) throw new SimulateUsageError(`--detector: ${parsed.problem}`);
  return parsed.value;
}

/** Cameras without an interval of their own. */
function sameInterval({ file: { cameras } }: Scenario): Scenario['file']['cameras'] {
  return cameras.map(({ frame_interval_s: _own, ...camera }) => camera);
}

async function record(
  scenario: Scenario,
  dir: string,
  how: {
    readonly given_ms: number | undefined;
    readonly seed?: number;
    readonly noVideo: boolean;
    readonly imperfection: Imperfection | undefined;
  },
  io: SimulateIo,
): Promise<SimulateExit> {
  const { start } = scenario.file;
  const start_ms = how.given_ms ?? (start === undefined ? undefined : parseAt_ms(start));
  if (start_ms === undefined)
    throw new SimulateUsageError(
      '--record needs --start where the scenario says no start: a run must be repeatable',
    );
  const recorded = await recordCity({
    scenario,
    run: { start_ms, ...(how.seed === undefined ? {} : { seed: how.seed }) },
    dir,
    onProgress: io.err,
    signal: io.signal,
    ...(how.noVideo ? {} : { renderFilm: await loadFilmRenderer() }),
    ...(how.imperfection === undefined ? {} : { imperfection: how.imperfection }),
  });
  const { observations, films, labels, decoys } = recorded;
  io.out(`${dir}: ${observations} observations, ${films} films, ${labels} incidents, ${decoys} decoys`);
  return 0;
}

function withInterval(scenario: Scenario, text: string | undefined): Scenario {
  const interval_s = optionalNumber('interval', text, { min: 1, max: 3_600 });
  if (interval_s === undefined) return scenario;
  const { file } = scenario;
  const trucks = { ...file.trucks, interval_s };
  return { ...scenario, file: { ...file, trucks, stations: { ...file.stations, interval_s } } };
}

function print(
  run: { readonly scenario: Scenario; readonly start_ms: number; readonly seed?: number },
  duration_s: number | undefined,
  io: SimulateIo,
): SimulateExit {
  if (duration_s === undefined) throw new SimulateUsageError('--print needs --duration');
  for (const event of until(citySchedule(run.scenario, run), run.start_ms + duration_s * 1_000)) {
    if (io.signal.aborted) break;
    const { at_ms } = event;
    if (event.kind === 'publish')
      io.out(JSON.stringify({ at_ms, topic: topicOf(event), payload: event.payload }));
  }
  return 0;
}

/** Writes what the pole cameras see, as data; without `--start` at the scenario's own time. */
async function stages(
  run: { readonly scenario: Scenario; readonly start_ms: number; readonly seed?: number },
  values: Values,
  folder: string,
  io: SimulateIo,
): Promise<SimulateExit> {
  const { start } = run.scenario.file;
  const start_ms = values.start === undefined && start !== undefined ? Date.parse(start) : run.start_ms;
  const plans_s = (values['plan-at'] ?? []).map((text) =>
    numberOption('plan-at', text, { min: 0, max: 10 ** 6 }),
  );
  const files = await writeStages(run.scenario, { ...run, start_ms }, folder, plans_s);
  for (const file of files) io.out(file);
  return 0;
}

async function writeConfig(
  scenario: Scenario,
  dir: string,
  values: Values,
  how: {
    readonly port: number;
    readonly jt808: Jt808Target | undefined;
    readonly stations: StationProtocol;
  },
  io: SimulateIo,
) {
  const path = await writeGatewayConfig(scenario, {
    dir,
    reference: beside('config'),
    models: values.models.split(',').filter((name) => name !== ''),
    modelsDir: beside('models'),
    cameras: { host: values.host, port: how.port },
    ...(how.jt808 === undefined ? {} : { jt808: how.jt808 }),
    stations: how.stations,
  });
  io.out(path);
  return 0 as const;
}

function defaultScenario(): string {
  return beside('simulators/city/linghu.yaml');
}
