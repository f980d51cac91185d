import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Cam, type CamProfile } from 'onvif';
import type {
  CameraClock,
  CameraDescription,
  CameraProfile,
  OnvifAnswer,
  OnvifQuestion,
} from './onvif-messages.ts';

/** All answers of a question together; a camera's own description is some tens of kilobytes. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
const WATCH_MS = 100;
const PROFILES_MAX = 32;
const TEXT_CHARS_MAX = 300;
/** ONVIF tells whole seconds: the time lies half a second later on average. */
const HALF_SECOND_MS = 500;

type Callback<T> = (error: Error | null, value?: T) => void;

/** Asks a camera with the `onvif` library, within a bound of time and of bytes. Never rejects. */
export async function askCamera({ id, ask, access, timeout_ms }: OnvifQuestion): Promise<OnvifAnswer> {
  const agent = access.isSecure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const guard = watchedAnswer(agent, timeout_ms);
  try {
    const { isSecure, ...address } = access;
    // Services are asked where the camera was found, wherever it says that they are: no camera sends us elsewhere.
    const cam = new Cam({
      ...address,
      useSecure: isSecure,
      timeout: timeout_ms,
      agent,
      preserveAddress: true,
      autoconnect: false,
    });
    cam.on('error', () => undefined);
    const asked = ask === 'clock' ? clockOf(cam).then((clock) => ({ clock })) : describe(cam);
    return { id, ok: true, ...(await Promise.race([asked, guard.failed])) };
  } catch (error) {
    return { id, ok: false, reason: plain(error instanceof Error ? error.message : String(error)) };
  } finally {
    guard.end();
  }
}

/** Ends everything that goes through the agent when it takes too long or says too much. */
function watchedAnswer(agent: HttpAgent, timeout_ms: number): { failed: Promise<never>; end: () => void } {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const read = new Map<object, number>();
  const watch = setInterval(() => {
    for (const socket of Object.values(agent.sockets).flat())
      if (socket !== undefined) read.set(socket, socket.bytesRead);
    const bytes = [...read.values()].reduce((sum, one) => sum + one, 0);
    if (bytes > ANSWER_BYTES_MAX) fail(new Error(`the camera answered more than ${ANSWER_BYTES_MAX} bytes`));
  }, WATCH_MS);
  const timer = setTimeout(() => fail(new Error(`no usable answer within ${timeout_ms} ms`)), timeout_ms);
  return {
    failed,
    end: () => {
      clearInterval(watch);
      clearTimeout(timer);
      for (const socket of Object.values(agent.sockets).flat()) socket?.destroy();
      agent.destroy();
    },
  };
}

/** Turns a call of the library into a promise; its callbacks may come twice. */
function called<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error instanceof Error ? reject(error) : resolve(value)));
  });
}

async function clockOf(cam: Cam): Promise<CameraClock> {
  const before_ms = Date.now();
  const date = await called<Date>((callback) => cam.getSystemDateAndTime(callback));
  const middle_ms = (before_ms + Date.now()) / 2;
  if (!(date instanceof Date) || Number.isNaN(date.getTime()))
    throw new Error('the camera did not tell its time');
  return { ahead_ms: Math.round(date.getTime() + HALF_SECOND_MS - middle_ms) };
}

async function describe(cam: Cam): Promise<{ clock: CameraClock; description: CameraDescription }> {
  const clock = await clockOf(cam);
  await called((callback) => cam.connect(callback));
  const about = ((await called((callback) => cam.getDeviceInformation(callback))) ?? {}) as Record<
    string,
    unknown
  >;
  const given = Array.isArray(cam.profiles) ? (cam.profiles as CamProfile[]) : [];
  const profiles: CameraProfile[] = [];
  for (const profile of given.slice(0, PROFILES_MAX)) profiles.push(await profileOf(cam, profile));
  const description = {
    clock,
    ...text('manufacturer', about.manufacturer),
    ...text('model', about.model),
    ...text('firmware', about.firmwareVersion),
    ...text('serial', about.serialNumber),
    profiles,
  };
  return { clock, description };
}

async function profileOf(cam: Cam, profile: CamProfile): Promise<CameraProfile> {
  const raw = profile as unknown as {
    readonly name?: unknown;
    readonly $?: { readonly token?: unknown };
    readonly videoEncoderConfiguration?: {
      readonly encoding?: unknown;
      readonly resolution?: { readonly width?: unknown; readonly height?: unknown };
      readonly rateControl?: { readonly frameRateLimit?: unknown };
    };
  };
  const profileToken = String(raw.$?.token ?? '');
  const { encoding, resolution, rateControl } = raw.videoEncoderConfiguration ?? {};
  const stream = await uriOf((callback) => cam.getStreamUri({ protocol: 'RTSP', profileToken }, callback));
  const snapshot = await uriOf((callback) => cam.getSnapshotUri({ profileToken }, callback));
  return {
    name: plain(String(raw.name ?? '')),
    token: plain(profileToken),
    ...text('codec', encoding),
    ...number('width_px', resolution?.width),
    ...number('height_px', resolution?.height),
    ...number('fps', rateControl?.frameRateLimit),
    ...text('streamUri', stream),
    ...text('snapshotUri', snapshot),
  };
}

/** An address that the camera gives; a camera without one (no stills, say) answers with a fault. */
async function uriOf(call: (callback: Callback<{ uri?: unknown }>) => void): Promise<unknown> {
  const answer = await called(call).catch(() => undefined);
  return answer?.uri;
}

function text<K extends string>(name: K, value: unknown): Partial<Record<K, string>> {
  if (typeof value !== 'string' && typeof value !== 'number') return {};
  const clean = plain(String(value));
  return clean === '' ? {} : ({ [name]: clean } as Record<K, string>);
}

function number<K extends string>(name: K, value: unknown): Partial<Record<K, number>> {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? ({ [name]: value } as Record<K, number>)
    : {};
}

/** Without what would move a terminal's cursor, and not for ever. */
function plain(value: string): string {
  return value
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX);
}
