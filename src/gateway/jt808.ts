import { join } from 'node:path';
import { decodeJpeg } from '../codecs/jpeg.ts';
import type { Config } from '../config/config.ts';
import type { KnownTerminal } from '../domain/jt808-terminal.ts';
import type { Observation } from '../domain/observation.ts';
import { STANDARD_TRUCK_PROFILE } from '../domain/truck-profile.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import { TerminalMediaStore } from '../evidence/terminal-media.ts';
import type { TerminalMedia } from '../ingest/jt808-intake.ts';
import { Jt808Listener } from '../ingest/jt808-listener.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Stores } from './stores.ts';

interface Jt808Parts {
  readonly config: Config;
  readonly dataDir: string;
  readonly stores: Pick<Stores, 'devices' | 'quarantine' | 'terminals' | 'packets' | 'pending'>;
  readonly spool: FrameSpool;
  readonly accept: (observations: readonly Observation[]) => Promise<void>;
  readonly heard: (deviceId: string, at_ms: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const JPEG_BYTES_MAX = 8 * 1024 * 1024;
const JPEG_PIXELS_MAX = 64_000_000;
/** Names of what the numbers of 0x0801 stand for; formats are endings of file names too. */
const MEDIA_TYPES = ['image', 'audio', 'video'];
const MEDIA_FORMATS = ['jpg', 'tif', 'mp3', 'wav', 'wmv'];

/** The listener for trucks that speak JT/T 808, not started yet; undefined where the configuration has none. */
export async function createJt808(parts: Jt808Parts): Promise<Jt808Listener | undefined> {
  const { config, dataDir, stores, accept, heard, clock, log } = parts;
  const { jt808: listen } = config.listen;
  if (listen === undefined) return undefined;
  const { devices, quarantine, terminals, packets, pending } = stores;
  const media = new TerminalMediaStore(
    join(dataDir, 'media'),
    config.limits.terminal_media_mb_max * 1024 * 1024,
  );
  await media.start();
  return new Jt808Listener({
    listen,
    policy: { authenticate: listen.authenticate, registration: listen.registration },
    limits: {
      connections_max: config.limits.jt808_connections_max,
      idle_timeout_ms: listen.idle_timeout_s * 1000,
    },
    packets,
    terminalOf: (phone) => knownTerminal(parts, phone),
    codeOf: ({ phone, device }) => terminals.codeOf(phone, device.id),
    isCode: async ({ phone, device }, code) =>
      terminals.isCode(phone, device.id, code) || (await devices.verify(device.id, code)) !== undefined,
    deregister: ({ phone }) => terminals.deregister(phone),
    revokedIds: () => devices.revokedIds(),
    accept,
    acceptMedia: async (item) => accept([await keepMedia(item, parts.spool, media)]),
    quarantine: (item) => quarantine.add(item),
    onDeviceSeen: heard,
    onUnknownDevice: (device) => pending.note(device),
    clock,
    log,
  });
}

function knownTerminal(
  { config, stores, log }: Jt808Parts,
  phone: string,
): KnownTerminal | 'revoked' | undefined {
  const terminal = stores.terminals.find(phone);
  if (terminal === undefined) return undefined;
  const device = stores.devices.admitted(terminal.deviceId);
  if (device === undefined || device.kind !== 'truck') return 'revoked';
  const { profile: name = STANDARD_TRUCK_PROFILE.id, terminalId } = terminal;
  const profile = config.jt808.profiles.get(name);
  // The registry is written beside the configuration, so it may name what that does not have.
  if (profile === undefined)
    log.warn({ device: device.id, profile: name }, 'no such profile of truck states');
  return {
    phone,
    device,
    profile: profile ?? { id: name },
    ...(terminalId !== undefined && { terminalId }),
  };
}

/** Bytes first, then the entry that names them. A JPEG becomes a still, like a camera's; anything else a file. */
async function keepMedia(
  item: TerminalMedia,
  spool: FrameSpool,
  media: TerminalMediaStore,
): Promise<Observation> {
  const { device, at_ms, received_ms, type, format, event, channel, mediaId, place, data } = item;
  const about = { media_id: mediaId, channel, event, ...(place && { lon: place.lon, lat: place.lat }) };
  const common = { deviceId: device.id, at_ms, received_ms };
  const jpeg =
    type === 0 ? decodeJpeg(data, { bytes_max: JPEG_BYTES_MAX, pixels_max: JPEG_PIXELS_MAX }) : undefined;
  if (jpeg?.ok) {
    const frame = await spool.put({ cameraId: device.id, at_ms, jpeg: data, ...jpeg.value });
    return { kind: 'snapshot', ...common, frame, extra: about };
  }
  const ending = MEDIA_FORMATS[format] ?? 'bin';
  const file = await media.put({ deviceId: device.id, at_ms, bytes: data, ending });
  const extra = { media: { ...about, type: MEDIA_TYPES[type] ?? type, ...file } };
  return { kind: 'status', deviceKind: device.kind, ...common, online: true, extra };
}
