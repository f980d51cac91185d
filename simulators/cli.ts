import { runCamera } from './cli-camera.ts';
import { runCityCommand } from './cli-city.ts';
import { type SimulateExit, type SimulateIo, SimulateUsageError } from './cli-io.ts';
import { runRecording } from './cli-recording.ts';

const HELP = `Usage: xuncheng simulate city|trucks|sensors|camera|recording [options]

  city [SCENARIO]    a whole scenario: cameras, trucks, stations, and what happens to them
  trucks             a fleet of muck trucks on a scenario's streets
  sensors            dust and noise stations
  camera FILE...     an RTSP camera for each mp4 file (H.264 or H.265), played for ever
  recording DIR      the devices and cameras of a recording, as if they were there

city, trucks, sensors:
  --mqtt URL             broker, default mqtt://127.0.0.1:1883
  --device-secrets FILE  JSON object of device id and secret (mode 600); without it no password is sent
  --speed N|max          simulated seconds in a second, default 1
  --start TIME           simulated time of the beginning (ISO 8601 with offset), default now
  --duration S           ends after so many simulated seconds
  --seed N               default the scenario's
  --interval S           seconds between two messages of a device, default the scenario's
  --scenario FILE        streets for trucks and sensors, default the demo's
  --count N              trucks (default 10), or dust stations (default 4)
  --noise N              noise stations, default 2
  --print                writes the messages as lines of JSON instead of sending them
  --report S             every S seconds, on the error stream: what was sent, acknowledged and lost in a second
city, trucks:
  --protocol mqtt|jt808  how trucks report, default mqtt; over JT/T 808 a truck's phone number is 139 and the digits
                         at the end of its id, filled up to eight with zeros; --gateway-config writes them down
  --jt808 HOST:PORT      default 127.0.0.1:8808
  --edition 2013|2019    of JT/T 808, default 2019
  --profile NAME         where the terminals put lift, cover and load (config/jt808-profiles.yaml), default
                         status-high-bits; the gateway's devices must have the same
sensors, city:
  --protocol mqtt|hj212  (sensors) how stations report, default mqtt; over HJ 212 MN, PW and unit follow from the id, and
                         --gateway-config writes them down
  --stations mqtt|hj212  (city) the same
  --hj212 HOST:PORT      default 127.0.0.1:8212
city (at most one of --gateway-config, --stages, --record and --print; none: it plays):
  --gateway-config DIR   writes the configuration of a gateway for the scenario: devices, trucks' routes, cameras with their zones, rules
  --models NAME,NAME     with --gateway-config: the cameras' detectors, default street,garbage
  --stages DIR           writes what each pole camera sees as JSON, for the renderer, and plays nothing
  --plan-at S            with --stages: also a plan from above (SVG) at this second; may be given several times
city:
  --record DIR           plays nothing, but writes a recording with films and labels; continues one of the same run
  --no-video             (with --record) renders no films
  --detections truth     (with --record) records what a detector would have said, from the scenario's own truth: rules can
                         be tried on many seeds without a film (add --no-video)
  --detector KEY=N,…     how it falls short: patrol_s=2, recall=0.75, spread=0.1, runs_per_h=4, run_s=20, jitter=0.04,
                         noise=0.08, false_per_h=6, flickers_per_h=1, confusion=0.1 (the defaults); perfect
  --frame-interval S     (with --record) seconds from one frame to the next, default the scenario's
city, camera:
  --host HOST            default 127.0.0.1
  --port PORT            RTSP port, default 8554; 0 picks a free one
  --no-cameras           (city) serves no cameras
camera:
  --count N              so many cameras, taking the files in turn, out of phase
  --path NAME            path of the first, default /camera; more get -2, -3 …
  --report S             every S seconds, on the error stream: viewers, frames sent and dropped in a second
  --user NAME            asks viewers for this user and the password in XUNCHENG_CAMERA_PASSWORD
  --onvif PORT           also an ONVIF device on this port that tells time and streams and answers discovery
  --clock-ahead S        (with --onvif) its clock is ahead by so many seconds

recording:
  --mqtt, --device-secrets, --host, --port, --no-cameras as above; cameras are rtsp://HOST:PORT/<camera id>
  --trucks mqtt|jt808    how its trucks report; --jt808, --edition, --profile as above
  --stations mqtt|hj212  how its stations report; --hj212 as above
  --speed N              seconds of the recording in a second; a gateway needs serve --clock-rate N for it
  --start TIME           time of its beginning: now (default), recorded, or ISO 8601 with offset

Stop with Ctrl-C.`;

/** `xuncheng simulate …`: 0 done, 1 failed, 2 wrong usage. */
export async function runSimulate(argv: readonly string[], io: SimulateIo): Promise<SimulateExit> {
  const [command, ...rest] = argv;
  if (command === undefined) {
    io.err(HELP);
    return 2;
  }
  if (command === 'help' || argv.includes('--help') || argv.includes('-h')) {
    io.out(HELP);
    return 0;
  }
  try {
    if (command === 'camera') return await runCamera(rest, io);
    if (command === 'recording') return await runRecording(rest, io);
    if (command === 'city' || command === 'trucks' || command === 'sensors') {
      return await runCityCommand(command, rest, io);
    }
    throw new SimulateUsageError(`no simulator is called ${command}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    io.err(`xuncheng simulate: ${message}`);
    if (!(error instanceof SimulateUsageError)) return 1;
    io.err('xuncheng simulate --help shows the options');
    return 2;
  }
}
