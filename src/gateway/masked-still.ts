import type { Judging } from '../domain/camera.ts';
import { PictureMask } from '../domain/picture-mask.ts';
import type { QuarantineItem } from '../domain/quarantine.ts';
import type { Snapshot } from '../ingest/mqtt-intake.ts';
import { readPicture, toJpeg } from '../vision/picture.ts';

type JudgingOf = ReadonlyMap<string, Judging>;

/** A published still as it may be stored; undefined where its camera has masks and it cannot be decoded. */
export async function maskedStill<S extends Pick<Snapshot, 'deviceId' | 'jpeg' | 'width_px' | 'height_px'>>(
  still: S,
  judgingOf: JudgingOf,
): Promise<S | undefined> {
  const mask = PictureMask.of(judgingOf.get(still.deviceId) ?? {});
  if (mask === undefined) return still;
  const picture = await readPicture(still.jpeg).catch(() => undefined);
  if (picture === undefined) return undefined;
  mask.apply(picture);
  const { width_px, height_px } = picture;
  return { ...still, jpeg: await toJpeg(picture), width_px, height_px };
}

/** What is set aside of a camera with masks is set aside without its bytes: they may be a picture. */
export function withoutPicture(item: QuarantineItem, judgingOf: JudgingOf): QuarantineItem {
  const isMasked =
    item.deviceId !== undefined && PictureMask.of(judgingOf.get(item.deviceId) ?? {}) !== undefined;
  if (!isMasked) return item;
  return { ...item, payload: new Uint8Array(), payload_bytes: item.payload_bytes ?? item.payload.length };
}

/** Why a still was set aside that could not be masked. */
export function unmaskable({ deviceId, received_ms, jpeg }: Snapshot): QuarantineItem {
  const error = { code: 'malformed', message: 'the picture cannot be decoded, and so not masked' } as const;
  const nothing = { payload: new Uint8Array(), payload_bytes: jpeg.length };
  return { received_ms, source: 'mqtt', deviceId, channel: 'snapshot', error, ...nothing };
}
