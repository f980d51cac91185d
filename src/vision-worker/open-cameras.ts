import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraSource } from '../domain/camera.ts';
import type { CameraStatus } from '../domain/camera-status.ts';
import { hasPrivateStream } from '../domain/picture-mask.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { RtspCamera } from '../ingest/rtsp-camera.ts';
import { RingWriter } from '../ring/ring-writer.ts';
import { clockOf } from '../runtime/clock.ts';
import type { ErrorDigest } from '../runtime/error-digest.ts';
import type { WorkerSetup } from '../vision/worker-protocol.ts';

/** A camera of this process and the newest of its stream. */
export interface OpenCamera {
  readonly camera: RtspCamera;
  readonly ring: RingWriter | undefined;
}

/** What cameras of a worker need. */
export interface CameraParts {
  readonly setup: WorkerSetup;
  readonly ffmpeg: FfmpegTools;
  readonly digest: ErrorDigest;
  /** How wide a frame of this camera has to be for its detectors. */
  readonly width_px: (source: CameraSource) => number;
  readonly onStatus: (status: CameraStatus) => void;
  readonly onFrame: (camera: RtspCamera) => void;
}

/** Makes the cameras of a worker, each with its ring; none is started yet. */
export function openCameras(parts: CameraParts): Map<string, OpenCamera> {
  return new Map(parts.setup.cameras.map((source) => [source.id, openCamera(source, parts)]));
}

/** Resolves when all ffmpegs are gone and the rings are on disk. */
export async function closeCameras(cameras: ReadonlyMap<string, OpenCamera>): Promise<void> {
  const close = async ({ camera, ring }: OpenCamera): Promise<void> => {
    await camera.stop();
    await ring?.stop();
  };
  await Promise.all([...cameras.values()].map(close));
}

function openCamera(source: CameraSource, parts: CameraParts): OpenCamera {
  const { setup, ffmpeg, digest, width_px, onStatus, onFrame } = parts;
  const fault = (reason: string): void => digest.report('ring', `${source.id}: ${reason}`);
  const isPrivate = hasPrivateStream(source);
  // What was kept before the camera had masks shows what nobody may see.
  if (isPrivate && setup.ring !== undefined) {
    rm(join(setup.ring.root, source.id), { recursive: true, force: true }).catch((error: unknown) =>
      fault(`what was kept before its masks could not be removed: ${String(error)}`),
    );
  }
  const ring =
    setup.ring === undefined || isPrivate
      ? undefined
      : new RingWriter({
          folder: join(setup.ring.root, source.id),
          limits: setup.ring.limits,
          onFault: (reason) => fault(`a piece of the stream was not kept: ${reason}`),
        });
  const camera: RtspCamera = new RtspCamera({
    source,
    ffmpeg,
    allowFiles: setup.allowFiles,
    frame_bytes_max: setup.frame_bytes_max,
    width_px_max: width_px(source),
    stream: {
      write: (picture) => ring?.write(picture),
      cut: () => ring?.cut(),
      fault: (reason) => fault(`no stream is kept: ${reason}`),
    },
    backoff: setup.reopen,
    clock: clockOf(setup.time),
    clock_rate: setup.time.rate,
    random: Math.random,
    onStatus,
    onFrame: () => onFrame(camera),
  });
  return { camera, ring };
}
