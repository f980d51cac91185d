import type { LivePicture } from '../domain/live.ts';
import type { TappedPicture } from '../ingest/stream-tap.ts';
import { newestGroup } from '../ingest/ts-scanner.ts';
import { codecOf } from '../ring/stream-codec.ts';

/** What a {@link LiveFeed} sends through; `done` is called once the message has left. */
export type SendLive = (cameraId: string, picture: LivePicture | undefined, done: () => void) => void;

/** What the ring has of a camera since its last segment began, with every picture that came before the call. */
export type NewestOf = (cameraId: string, bytes_max: number) => Promise<Buffer | undefined>;

/** Bytes of one camera on their way to the gateway; beyond it pictures are left out up to the next key picture. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;
/** A view begins with what came since the last key picture; where that is more, it waits for the next one. */
const BEGINNING_BYTES_MAX = 6 * 1024 * 1024;

interface Watched {
  unsent_bytes: number;
  isSkipping: boolean;
  /** Pictures that come while the beginning is read; undefined once it is sent. */
  early: TappedPicture[] | undefined;
  early_bytes: number;
}

/**
 * Sends the pictures of the cameras that somebody looks at, beginning with the key picture before: key pictures may lie
 * minutes apart, and nobody waits for the next.
 */
export class LiveFeed {
  readonly #send: SendLive;
  readonly #newest: NewestOf;
  readonly #watched = new Map<string, Watched>();

  constructor(send: SendLive, newest: NewestOf) {
    this.#send = send;
    this.#newest = newest;
  }

  watch(cameraId: string, isWatched: boolean): void {
    if (!isWatched) this.#watched.delete(cameraId);
    else if (!this.#watched.has(cameraId)) {
      const watched: Watched = { unsent_bytes: 0, isSkipping: true, early: [], early_bytes: 0 };
      this.#watched.set(cameraId, watched);
      void this.#begin(cameraId, watched);
    }
  }

  picture(cameraId: string, picture: TappedPicture): void {
    const watched = this.#watched.get(cameraId);
    if (watched === undefined) return;
    if (watched.early === undefined) this.#give(cameraId, watched, picture);
    else if (watched.early_bytes <= BEGINNING_BYTES_MAX) {
      watched.early.push(picture);
      watched.early_bytes += picture.bytes.length;
    } else watched.early = undefined;
  }

  /** The camera's stream is broken off. */
  cut(cameraId: string): void {
    const watched = this.#watched.get(cameraId);
    if (watched === undefined) return;
    watched.isSkipping = true;
    watched.early = undefined;
    this.#send(cameraId, undefined, () => undefined);
  }

  async #begin(cameraId: string, watched: Watched): Promise<void> {
    const bytes = await this.#newest(cameraId, BEGINNING_BYTES_MAX).catch(() => undefined);
    const { early } = watched;
    // Left, broken off or flooded meanwhile: the next key picture is the beginning.
    if (this.#watched.get(cameraId) !== watched || early === undefined) return;
    watched.early = undefined;
    const group = bytes === undefined ? [] : newestGroup(bytes, early[0]?.at_ms ?? Date.now());
    for (const picture of [...group, ...early]) this.#give(cameraId, watched, picture);
  }

  #give(cameraId: string, watched: Watched, { at_ms, isKey, pts, bytes, tables }: TappedPicture): void {
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
}
