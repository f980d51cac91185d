import { type OnvifAccess, onvifAccess } from '../domain/onvif-access.ts';
import { type DiscoveredCamera, discoverCameras, subnetHosts } from '../onvif/discovery.ts';
import { OnvifAsker } from '../onvif/onvif-asker.ts';
import type { CameraDescription, CameraProfile } from '../onvif/onvif-messages.ts';
import { redactUrls } from '../runtime/redact.ts';
import { type CliIo, type ExitCode, UsageError } from './io.ts';
import { readArgs } from './options.ts';

export const DISCOVER_USAGE =
  'camera discover [--from ADDRESS] [--subnet CIDR | --address HOST,…] [--seconds N] [--json]';
export const PROFILES_USAGE = 'camera profiles HOST|URL [--user NAME] [--json]';

const DISCOVER_OPTIONS = {
  from: { type: 'string' },
  subnet: { type: 'string' },
  address: { type: 'string' },
  seconds: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
} as const;
const PROFILES_OPTIONS = { user: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
const PASSWORD = 'XUNCHENG_CAMERA_PASSWORD';
/** A camera that is further off dates its stills, and its events, wrongly. */
const CLOCK_TOLERANCE_MS = 60_000;

/** `xuncheng camera discover`: lists what answers; exit code 1 where nothing does. */
export async function discoverCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values } = readArgs(args, DISCOVER_OPTIONS, 0);
  const seconds = Number(values.seconds);
  if (!(seconds >= 0.2 && seconds <= 60)) throw new UsageError('--seconds must be a number from 0.2 to 60');
  const targets = targetsOf(values);
  const cameras = await discoverCameras({
    timeout_ms: seconds * 1000,
    signal: io.signal,
    ...(targets === undefined ? {} : { targets }),
    ...(values.from === undefined ? {} : { from: values.from }),
  });
  if (values.json) io.out(JSON.stringify(cameras, null, 2));
  else for (const camera of cameras) io.out(lineOf(camera));
  if (cameras.length === 0) io.err('no camera answered; --subnet or --address asks hosts one by one');
  return cameras.length === 0 ? 1 : 0;
}

function targetsOf({
  subnet,
  address,
}: {
  readonly subnet?: string | undefined;
  readonly address?: string | undefined;
}): { address: string; port?: number }[] | undefined {
  if (subnet !== undefined && address !== undefined) throw new UsageError('--subnet or --address, not both');
  if (subnet !== undefined) {
    const hosts = subnetHosts(subnet);
    if (typeof hosts === 'string') throw new UsageError(`--subnet: ${hosts}`);
    return hosts.map((host) => ({ address: host }));
  }
  return address
    ?.split(',')
    .filter((text) => text !== '')
    .map((text) => {
      const [host = '', port] = text.split(':', 2);
      if (port === undefined) return { address: host };
      if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || Number(port) === 0)
        throw new UsageError(`--address: ${text}: the port must be a number`);
      return { address: host, port: Number(port) };
    });
}

function lineOf({ address, services, name = '-', hardware = '-', location }: DiscoveredCamera): string {
  const where = location === undefined ? '' : `  ${location}`;
  return `${address.padEnd(15)}  ${name} (${hardware})${where}  ${services.map(redactUrls).join(' ')}`;
}

/** `xuncheng camera profiles`: what a camera offers, and the entry of the configuration that goes with it. */
export async function profilesCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, PROFILES_OPTIONS, 1);
  const access = accessOf(positionals[0] ?? '', values.user, io);
  const asker = new OnvifAsker(io.env);
  const stopped = (): void => asker.stop();
  io.signal.addEventListener('abort', stopped);
  try {
    const answer = await asker.ask('description', access);
    if (!answer.ok || answer.description === undefined) {
      io.err(`${hostOf(access)}: ${redactUrls(answer.ok ? 'it described nothing' : answer.reason)}`);
      return 1;
    }
    const description = withoutSecrets(answer.description);
    if (values.json) io.out(JSON.stringify(description, null, 2));
    else for (const line of words(description, access)) io.out(line);
    return 0;
  } finally {
    io.signal.removeEventListener('abort', stopped);
    asker.stop();
  }
}

function accessOf(address: string, user: string | undefined, io: CliIo): OnvifAccess {
  const access = onvifAccess(address);
  if (typeof access === 'string') throw new UsageError(access);
  if (access.password !== undefined)
    throw new UsageError(
      `the password belongs in the environment variable ${PASSWORD}, not on the command line`,
    );
  const username = user ?? access.username;
  if (username === undefined) return access;
  const password = io.env[PASSWORD];
  if ((password ?? '') === '')
    throw new UsageError(`--user needs a password in the environment variable ${PASSWORD}`);
  return { ...access, username, ...(password === undefined ? {} : { password }) };
}

function hostOf({ hostname, port }: OnvifAccess): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

/** Some cameras put a password into the addresses that they give. */
function withoutSecrets(description: CameraDescription): CameraDescription {
  const profiles = description.profiles.map(
    ({ streamUri, snapshotUri, ...profile }): CameraProfile => ({
      ...profile,
      ...(streamUri === undefined ? {} : { streamUri: redactUrls(streamUri) }),
      ...(snapshotUri === undefined ? {} : { snapshotUri: redactUrls(snapshotUri) }),
    }),
  );
  return { ...description, profiles };
}

function words(description: CameraDescription, access: OnvifAccess): string[] {
  const { manufacturer = '?', model = '?', firmware = '?', serial = '?', clock, profiles } = description;
  const off_s = (Math.abs(clock.ahead_ms) / 1000).toFixed(1);
  const isWrong = Math.abs(clock.ahead_ms) > CLOCK_TOLERANCE_MS;
  return [
    `${manufacturer} ${model}, firmware ${firmware}, serial ${serial}`,
    `clock: ${off_s} s ${clock.ahead_ms < 0 ? 'behind' : 'ahead'}${isWrong ? ' - WRONG: set it, best by NTP' : ''}`,
    ...profiles.flatMap(({ name, token, codec = '?', width_px, height_px, fps, streamUri, snapshotUri }) => [
      `profile ${name} (${token}): ${codec} ${width_px ?? '?'}x${height_px ?? '?'}, ${fps ?? '?'} fps`,
      ...(streamUri === undefined ? [] : [`  stream   ${streamUri}`]),
      ...(snapshotUri === undefined ? [] : [`  snapshot ${snapshotUri}`]),
    ]),
    ...entryOf(profiles, access),
  ];
}

/** An entry for `cameras:`; the largest stream, since evidence is taken from it. */
function entryOf(profiles: readonly CameraProfile[], access: OnvifAccess): string[] {
  const [best] = profiles
    .filter(({ streamUri }) => streamUri !== undefined && URL.canParse(streamUri))
    .sort((a, b) => (b.width_px ?? 0) - (a.width_px ?? 0));
  if (best?.streamUri === undefined) return [];
  const { host, pathname, search } = new URL(best.streamUri);
  const login = access.username === undefined ? '' : `\${CAM_USER}:\${CAM_PASSWORD}@`;
  const scheme = access.isSecure ? 'https' : 'http';
  return [
    '',
    'cameras:',
    `  - id: cam-${access.hostname.replace(/[^A-Za-z0-9]+/g, '-')}`,
    `    url: rtsp://${login}${host}${pathname}${search}`,
    `    onvif: ${scheme}://${login}${hostOf(access)}${access.path}`,
    '    models: [garbage, street]',
    '    lon: 0.0 # where it hangs',
    '    lat: 0.0',
    '    zones: [] # see config/xuncheng.yaml',
  ];
}
