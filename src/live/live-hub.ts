import type { LiveEncoder, LivePicture, LiveSink } from '../domain/live.ts';
import type { Log } from '../runtime/log.ts';
import { LiveChannel } from './live-channel.ts';
import { type LiveConnection, LiveViewer } from './live-viewer.ts';

/** What a {@link LiveHub} needs. */
export interface LiveHubOptions {
  /** Those that may be shown. */
  readonly cameras: ReadonlySet<string>;
  /** Begins or ends to have a camera's pictures sent. */
  readonly watch: (cameraId: string, isWatched: boolean) => void;
  /** True of a stream that browsers cannot play as it is, or may not show. */
  readonly needsEncoding: (cameraId: string, picture: LivePicture) => boolean;
  readonly copy: (sink: LiveSink) => LiveEncoder;
  readonly encode: (cameraId: string, sink: LiveSink) => LiveEncoder;
  readonly viewers_max: number;
  /** Cameras that are encoded at once: each costs a good part of a processor core. */
  readonly encodings_max: number;
  readonly log: Log;
}

/** Who looks, and what that takes. */
export interface LiveStats {
  readonly viewers: number;
  readonly cameras: number;
  /** Of these, those that are encoded anew. */
  readonly encodings: number;
  readonly viewersTotal: number;
  /** Parts that viewers did not get because they were slow. */
  readonly skipped: number;
}

/** Why somebody may not look. */
export type LiveRefusal = 'unknown-camera' | 'too-many-viewers';

/** The cameras that somebody looks at. Pictures come from the connection that the camera is patrolled by. */
export class LiveHub {
  readonly #options: LiveHubOptions;
  readonly #channels = new Map<string, LiveChannel>();
  readonly #encodings = new Set<LiveEncoder>();
  readonly #ending = new Set<Promise<void>>();
  readonly #looking = new Set<LiveViewer>();
  #viewersTotal = 0;
  #skipped = 0;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  /** Why this camera cannot be looked at; undefined where it can. */
  refusal(cameraId: string): LiveRefusal | undefined {
    if (!this.#options.cameras.has(cameraId)) return 'unknown-camera';
    return this.#looking.size >= this.#options.viewers_max ? 'too-many-viewers' : undefined;
  }

  /** Lets somebody look; returns how they leave. The last to leave ends the encoder. */
  join(cameraId: string, connection: LiveConnection): () => void {
    let channel = this.#channels.get(cameraId);
    if (channel === undefined) {
      channel = this.#begin(cameraId);
      this.#channels.set(cameraId, channel);
      this.#options.watch(cameraId, true);
    }
    const joined = channel;
    const viewer = new LiveViewer(connection);
    this.#looking.add(viewer);
    this.#viewersTotal += 1;
    joined.join(viewer);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#looking.delete(viewer);
      this.#skipped += viewer.skipped;
      joined.leave(viewer);
      if (viewer.skipped > 0) this.#options.log.debug({ cameraId, skipped: viewer.skipped }, 'a slow viewer');
      if (joined.viewers === 0) this.#end(cameraId, joined, 'nobody looks');
    };
  }

  stats(): LiveStats {
    let skipped = this.#skipped;
    for (const viewer of this.#looking) skipped += viewer.skipped;
    return {
      viewers: this.#looking.size,
      cameras: this.#channels.size,
      encodings: this.#encodings.size,
      viewersTotal: this.#viewersTotal,
      skipped,
    };
  }

  /** Takes a picture of a camera that is watched. */
  picture(cameraId: string, picture: LivePicture): void {
    this.#channels.get(cameraId)?.picture(picture);
  }

  /** A camera's stream is broken off. */
  cut(cameraId: string): void {
    this.#channels.get(cameraId)?.cut();
  }

  /** Ends everything; resolves when no encoder is left. */
  async stop(): Promise<void> {
    for (const [cameraId, channel] of [...this.#channels]) {
      this.#end(cameraId, channel, 'the gateway is shutting down');
    }
    await Promise.all(this.#ending);
  }

  #begin(cameraId: string): LiveChannel {
    const { needsEncoding, copy, log } = this.#options;
    return new LiveChannel({
      open: (picture, sink) => (needsEncoding(cameraId, picture) ? this.#encode(cameraId, sink) : copy(sink)),
      onFault: (reason) => log.warn({ cameraId, reason }, 'a live view broke off'),
    });
  }

  #encode(cameraId: string, sink: LiveSink): LiveEncoder | undefined {
    const { encode, encodings_max } = this.#options;
    if (this.#encodings.size >= encodings_max) return undefined;
    const encoder = encode(cameraId, sink);
    this.#encodings.add(encoder);
    void encoder.ended.then(() => this.#encodings.delete(encoder));
    return encoder;
  }

  #end(cameraId: string, channel: LiveChannel, reason: string): void {
    if (this.#channels.get(cameraId) !== channel) return;
    this.#channels.delete(cameraId);
    this.#options.watch(cameraId, false);
    const ending = channel.close(reason).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
