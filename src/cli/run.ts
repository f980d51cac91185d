import { cameraCommand } from './camera.ts';
import { checkCommand } from './check.ts';
import { deviceCommand } from './device.ts';
import { evidenceCommand } from './evidence.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { keyCommand } from './key.ts';
import { modelsCommand } from './models.ts';
import { recordCommand } from './record.ts';
import { replayCommand } from './replay.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import { packageVersion } from './version.ts';

const HELP = `xuncheng <command>

  serve [--config FILE] [--data DIR]         run the gateway; for rehearsals with a clock of its own:
        [--clock-start TIME] [--clock-rate N]  it stands at TIME now and goes N times as fast
  check [--config FILE]                      validate configuration, zones, rules and models
  camera check ID|URL|FILE [--seconds N] [--models NAME,...] [--config FILE]
                                             whether a camera is put up well, in words
  camera discover [--from ADDRESS] [--subnet CIDR | --address HOST,...] [--seconds N] [--json]
                                             ONVIF cameras of the network, or of these hosts
  camera profiles HOST|URL [--user NAME] [--json]
                                             what an ONVIF camera offers, how far its clock is off, and how to
                                             configure it; its password is XUNCHENG_CAMERA_PASSWORD
  device add ID --kind truck|dust|noise|camera [--data DIR]
             [--phone NUMBER [--profile NAME]]  of a truck: its JT/T 808 terminal
  device add --from CONFIG --secrets FILE [--data DIR]
                                             secrets for all devices of a configuration that need one
  device list | device revoke ID             device credentials; the secret is shown once
  key create NAME --role viewer|operator|integrator|admin [--data DIR]
  key list | key revoke NAME                 API keys; shown once, stored hashed
  models list | check [NAME] | bench NAME [--config FILE]
                                             inspect, validate and time detectors
  models pull [NAME] [--url URL|--file FILE] [--config FILE]
                                             fetch a public detector; without a name: which there are
  models shadow [--data DIR]                 how a detector in shadow compares with the active one
  evidence verify [INCIDENT|DIR] [--data DIR]
                                             check hashes and chain offline
  evidence export INCIDENT DIR [--data DIR]  write an incident as a folder that can be checked by itself
  record DIR [--config FILE] [--data DIR] [--max-mb N] [--duration S] [--from TIME] [--no-video]
                                             what enters a running gateway; run again, it goes on
  replay DIR [--config FILE] [--speed N|max] [--detections recorded|infer] [--data DIR] [--json]
         [--keep-detections NEW_DIR]
                                             a recording through the rules, on its own time
  replay DIR --score [--report FILE.html] [--compare SCORE.json] [--min-recall N] [--min-precision N]
        [--max-duplicates N] [--max-excess-delay S] [--max-false-alarms N]
                                             the same, held against the recording's labels
  simulate city|trucks|sensors|camera …      simulators against any gateway (simulate --help)
  --version                                  which version this is

Defaults: --config config/xuncheng.yaml, --data data.
Exit codes: 0 done, 1 failed or found problems, 2 wrong usage.
Environment: XUNCHENG_ADMIN_KEY fixes the first admin key; FFMPEG_PATH names ffmpeg; \${NAME} in the
configuration reads the environment.`;

type Command = (args: readonly string[], io: CliIo) => Promise<ExitCode> | ExitCode;

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  check: checkCommand,
  camera: cameraCommand,
  device: deviceCommand,
  key: keyCommand,
  models: modelsCommand,
  evidence: evidenceCommand,
  record: recordCommand,
  replay: replayCommand,
  simulate: simulateCommand,
};

/** Runs one command; the result is the exit code. */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    (name === undefined ? io.err : io.out)(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    io.out(packageVersion());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (command === undefined) throw new UsageError(`unknown command: ${name}`);
    if (name !== 'simulate' && (rest.includes('--help') || rest.includes('-h'))) {
      io.out(HELP);
      return 0;
    }
    return await command(rest, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`xuncheng ${name}: ${error.message}`);
      io.err('Run "xuncheng --help" for the commands.');
      return 2;
    }
    io.err(`xuncheng ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
