import type { LivePicture } from '../domain/live.ts';
import type { TappedPicture } from '../ingest/stream-tap.ts';
import { codecOf } from '../ring/stream-codec.ts';

/** What a {@link LiveFeed} sends through; `done` is called once the message has left. */
export type SendLive = (cameraId: string, picture: LivePicture | undefined, done: () => void) => void;

/** Bytes of one camera on their way to the gateway; beyond it pictures are left out up to the next key picture. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;

interface Watched {
  unsent_bytes: number;
  isSkipping: boolean;
}

/** Sends the pictures of the cameras that somebody looks at, beginning with a key picture. */
export class LiveFeed {
  readonly #send: SendLive;
  readonly #watched = new Map<string, Watched>();

  constructor(send: SendLive) {
    this.#send = send;
  }

  watch(cameraId: string, isWatched: boolean): void {
    if (!isWatched) this.#watched.delete(cameraId);
    else if (!this.#watched.has(cameraId)) this.#watched.set(cameraId, { unsent_bytes: 0, isSkipping: true });
  }

  picture(cameraId: string, { at_ms, isKey, pts, bytes, tables }: TappedPicture): void {
    const watched = this.#watched.get(cameraId);
    if (watched === undefined) return;
    if (watched.unsent_bytes > UNSENT_BYTES_MAX) watched.isSkipping = true;
    else if (isKey) watched.isSkipping = false;
    if (watched.isSkipping) return;
    const codec = isKey ? codecOf(tables) : undefined;
    watched.unsent_bytes += bytes.length;
    const picture = {
      ...{ at_ms, isKey, pts, bytes },
      ...(isKey ? { tables } : {}),
      ...(codec === undefined ? {} : { codec }),
    };
    this.#send(cameraId, picture, () => {
      watched.unsent_bytes -= bytes.length;
    });
  }

  /** The camera's stream is broken off. */
  cut(cameraId: string): void {
    const watched = this.#watched.get(cameraId);
    if (watched === undefined) return;
    watched.isSkipping = true;
    this.#send(cameraId, undefined, () => undefined);
  }
}
