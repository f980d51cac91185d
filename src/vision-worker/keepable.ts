import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { decodeStill } from '../ingest/ffmpeg-still.ts';
import type { PatrolFrame } from '../vision/patrol.ts';

/**
 * A frame as it may be kept. Of a camera without masks it is the frame itself, with the picture as the camera sent it. Of
 * one with masks that picture shows what nobody may see: it is decoded here, blacked out, and left behind. Where it
 * cannot be decoded, the frame, which is blacked out already, has to do.
 */
export async function keepable(frame: PatrolFrame, ffmpeg: FfmpegTools | undefined): Promise<PatrolFrame> {
  const { key, mask, ...masked } = frame;
  if (mask === undefined) return frame;
  if (key === undefined || ffmpeg === undefined) return masked;
  const full = await decodeStill(ffmpeg, key).catch(() => undefined);
  if (full === undefined) return masked;
  mask.apply(full);
  return { ...masked, ...full };
}
