import type { Config } from '../config/config.ts';
import type { Exhibit, Finding } from '../domain/finding.ts';
import type { FrameRef } from '../domain/observation.ts';
import { PictureMask } from '../domain/picture-mask.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { EvidenceLedger } from '../evidence/evidence-ledger.ts';
import { isUpdateDue } from '../evidence/evidence-pace.ts';
import type { FrameSpool } from '../evidence/frame-spool.ts';
import { maskedStill } from '../gateway/masked-still.ts';
import { type FfmpegTools, findFfmpeg } from '../ingest/ffmpeg.ts';
import { decodeVideo } from '../ingest/ffmpeg-video.ts';
import { firstFrameSink } from '../ingest/first-frame.ts';
import type { PpmFrame } from '../ingest/ppm-splitter.ts';
import { readStill } from '../recording/recorded-stills.ts';
import { recordingPath } from '../recording/recording-files.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../store/database.ts';
import { toJpeg } from '../vision/picture.ts';

/** Puts the video's pictures in the place of frames that only the recorded gateway had. */
export interface Pictures {
  /** The finding with its pictures in the spool; what no video shows is left out. */
  fill(incidentId: string, finding: Finding): Promise<Finding>;
  /** A camera's recorded picture at a moment; undefined where no video shows it. */
  jpeg(cameraId: string, at_ms: number): Promise<Buffer | undefined>;
}

interface PictureParts {
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly config: Pick<Config, 'judgingOf'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly spool: FrameSpool;
  readonly db: Database;
  readonly log: Log;
}

type Snapshot = Extract<Exhibit, { kind: 'snapshot' }>;

const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** A frame this much before the moment is the moment's: times are rounded to milliseconds. */
const ROUNDING_S = 0.002;
/** A moment after the last frame still has that one, if it is so near. */
const LAST_FRAME_S = 2;

/** Where a moment lies in a recording's videos. */
interface Moment {
  readonly path: string;
  readonly at_s: number;
}

/** Takes pictures only where they become evidence: of thousands of frames, some dozens. */
export function createPictures({ dir, manifest, config, env, spool, db, log }: PictureParts): Pictures {
  const ledger = new EvidenceLedger(db);
  const videosOf = new Map(manifest.cameras.map(({ id, videos }) => [id, videos]));
  let tools: Promise<FfmpegTools> | undefined;

  const film = async (cameraId: string, at_ms: number): Promise<PpmFrame | undefined> => {
    const video = videosOf
      .get(cameraId)
      ?.find(({ start_ms, end_ms }) => at_ms >= start_ms && at_ms <= end_ms);
    if (video === undefined) return undefined;
    tools ??= findFfmpeg(env);
    const at_s = (at_ms - video.start_ms) / 1000 / video.time_scale;
    return frameAt(await tools, { path: recordingPath(dir, video.file), at_s });
  };

  const take = async (cameraId: string, at_ms: number): Promise<FrameRef | undefined> => {
    const frame = await film(cameraId, at_ms);
    if (frame === undefined) return undefined;
    PictureMask.of(config.judgingOf.get(cameraId) ?? {})?.apply(frame);
    const { width_px, height_px } = frame;
    return spool.put({ cameraId, at_ms, jpeg: await toJpeg(frame), width_px, height_px });
  };

  /** A picture that was sent as such is in the recording itself. */
  const still = async ({ deviceId, at_ms, frame }: Snapshot): Promise<FrameRef | undefined> => {
    const jpeg = await readStill(dir, frame);
    if (jpeg === undefined) return undefined;
    const { width_px, height_px } = frame;
    const masked = await maskedStill({ deviceId, jpeg, width_px, height_px }, config.judgingOf);
    return masked && spool.put({ ...masked, cameraId: deviceId, at_ms });
  };

  /** The evidence store keeps updates at growing distances; a picture for one that it will not keep is not taken. */
  const isWanted = (incidentId: string, { action }: Finding, { deviceId, at_ms }: Snapshot): boolean =>
    action !== 'update' || isUpdateDue(ledger.span(incidentId, 'snapshot', deviceId), at_ms);

  const replace = async (incidentId: string, finding: Finding, exhibit: Exhibit): Promise<Exhibit[]> => {
    if (exhibit.kind !== 'snapshot') return [exhibit];
    if (!isWanted(incidentId, finding, exhibit)) return [];
    try {
      const frame = (await still(exhibit)) ?? (await take(exhibit.deviceId, exhibit.at_ms));
      return frame === undefined ? [] : [{ ...exhibit, frame }];
    } catch (error) {
      log.error({ err: error, camera: exhibit.deviceId, at_ms: exhibit.at_ms }, 'no picture could be had');
      return [];
    }
  };

  return {
    fill: async (incidentId, finding) => {
      const exhibits: Exhibit[] = [];
      for (const exhibit of finding.exhibits) exhibits.push(...(await replace(incidentId, finding, exhibit)));
      return { ...finding, exhibits };
    },
    jpeg: async (cameraId, at_ms) => {
      const frame = await film(cameraId, at_ms);
      return frame === undefined ? undefined : toJpeg(frame);
    },
  };
}

async function frameAt(tools: FfmpegTools, { path, at_s }: Moment): Promise<PpmFrame | undefined> {
  const exact = await firstFrame(tools, path, Math.max(0, at_s - ROUNDING_S));
  return exact ?? (await firstFrame(tools, path, Math.max(0, at_s - LAST_FRAME_S)));
}

/** The first frame at `from_s` or later; undefined where there is none. */
async function firstFrame(tools: FfmpegTools, file: string, from_s: number): Promise<PpmFrame | undefined> {
  const { sink, found } = firstFrameSink(FRAME_BYTES_MAX);
  const finished = new Promise<void>((resolve) => sink.once('close', resolve));
  const ended = await decodeVideo(tools, { file, from_s, frames_max: 1 }, sink, () => undefined).ended;
  sink.destroy();
  await finished;
  const frame = found();
  if (frame === undefined && ended.lastLine !== '') throw new Error(ended.lastLine);
  return frame;
}
