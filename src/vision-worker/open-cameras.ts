import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraSource } from '../domain/camera.ts';
import type { CameraStatus } from '../domain/camera-status.ts';
import { hasPrivateStream } from '../domain/picture-mask.ts';
import { type FfmpegTools, findFfmpeg } from '../ingest/ffmpeg.ts';
import { RtspCamera } from '../ingest/rtsp-camera.ts';
import { RingWriter } from '../ring/ring-writer.ts';
import { clockOf } from '../runtime/clock.ts';
import type { ErrorDigest } from '../runtime/error-digest.ts';
import type { WorkerSetup } from '../vision/worker-protocol.ts';
import type { LiveFeed } from './live-feed.ts';

/** A camera of this process and the newest of its stream. */
export interface OpenCamera {
  readonly camera: RtspCamera;
  readonly ring: RingWriter | undefined;
}

/** What cameras of a worker need. */
export interface CameraParts {
  readonly setup: WorkerSetup;
  readonly digest: ErrorDigest;
  /** Where it is looked for which ffmpeg to use. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets the stream of each, beside its ring. */
  readonly live: LiveFeed;
  /** How wide a frame of this camera has to be for its detectors, once they are loaded. */
  readonly width_px: (source: CameraSource) => Promise<number>;
  readonly onStatus: (status: CameraStatus) => void;
  readonly onFrame: (camera: RtspCamera) => void;
}

/** The cameras of a worker, each with its ring. They come and go one after the other, in the order of the calls. */
export class OpenCameras {
  readonly #parts: CameraParts;
  readonly #open = new Map<string, OpenCamera>();
  #ffmpeg: Promise<FfmpegTools> | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: CameraParts) {
    this.#parts = parts;
  }

  get(cameraId: string): OpenCamera | undefined {
    return this.#open.get(cameraId);
  }

  all(): OpenCamera[] {
    return [...this.#open.values()];
  }

  /** Rejects where there is none that runs. Published stills need none, so it is looked for when first asked for. */
  ffmpeg(): Promise<FfmpegTools> {
    this.#ffmpeg ??= findFfmpeg(this.#parts.env);
    return this.#ffmpeg;
  }

  /** Opens a camera; one that cannot be opened says so by its status. */
  open(source: CameraSource): Promise<void> {
    return this.#then(async () => {
      if (this.#stopped || this.#open.has(source.id)) return;
      try {
        const made = this.#make(source, await this.ffmpeg(), await this.#parts.width_px(source));
        this.#open.set(source.id, made);
        made.camera.start();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const at_ms = clockOf(this.#parts.setup.time)();
        this.#parts.onStatus({ cameraId: source.id, state: 'failed', reason, at_ms });
      }
    });
  }

  /** Resolves when its ffmpeg is gone and its ring is on disk. */
  close(cameraId: string): Promise<void> {
    return this.#then(async () => {
      const known = this.#open.get(cameraId);
      this.#open.delete(cameraId);
      if (known !== undefined) await closeCamera(known);
    });
  }

  /** Closes all, for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await Promise.all(this.all().map(closeCamera));
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#work.then(step);
    this.#work = done.catch(() => undefined);
    return done;
  }

  #make(source: CameraSource, ffmpeg: FfmpegTools, width_px_max: number): OpenCamera {
    const { setup, digest, live, onStatus, onFrame } = this.#parts;
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
      width_px_max,
      stream: {
        write: (picture) => {
          ring?.write(picture);
          live.picture(source.id, picture);
        },
        cut: () => {
          ring?.cut();
          live.cut(source.id);
        },
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
}

async function closeCamera({ camera, ring }: OpenCamera): Promise<void> {
  await camera.stop();
  await ring?.stop();
}
