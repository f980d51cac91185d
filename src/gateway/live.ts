import type { Config } from '../config/config.ts';
import { hiddenParts } from '../domain/picture-mask.ts';
import type { FfmpegTools } from '../ingest/ffmpeg.ts';
import { openLiveMp4 } from '../ingest/live-mp4.ts';
import { openLiveMpeg1 } from '../ingest/live-mpeg1.ts';
import { LiveHub } from '../live/live-hub.ts';
import type { Log } from '../runtime/log.ts';
import type { StopStack } from '../runtime/stop-stack.ts';

/** Of what is encoded for those who look: after everything that the gateway is for. */
const NICE = 10;

interface LiveWiring {
  readonly config: Config;
  readonly ffmpeg: () => Promise<FfmpegTools>;
  readonly watch: (cameraId: string, isWatched: boolean) => void;
  readonly log: Log;
  readonly stops: StopStack;
}

/** Makes the live view; nothing runs until somebody looks. */
export function createLive({ config, ffmpeg, watch, log, stops }: LiveWiring): LiveHub {
  let tools: FfmpegTools | undefined;
  // Long before somebody can look; where there is none, no camera gives anything to look at, and vision says so.
  if (config.cameras.length > 0) {
    ffmpeg().then(
      (found) => {
        tools = found;
      },
      () => undefined,
    );
  }
  const need = (): FfmpegTools => {
    if (tools === undefined) throw new Error('there is no ffmpeg');
    return tools;
  };
  // What a stream shows that nobody may see can only be blacked out where it is encoded anew.
  const hiddenOf = new Map(config.cameras.map((camera) => [camera.id, hiddenParts(camera)]));
  const hub = new LiveHub({
    cameras: new Set(hiddenOf.keys()),
    watch,
    needsEncoding: (cameraId, { codec }) => codec !== 'h264' || (hiddenOf.get(cameraId) ?? []).length > 0,
    copy: (sink) => openLiveMp4(need(), sink),
    encode: (cameraId, sink) =>
      openLiveMpeg1(need(), { nice: NICE, hidden: hiddenOf.get(cameraId) ?? [] }, sink),
    viewers_max: config.limits.live_viewers_max,
    encodings_max: config.limits.live_encodings_max,
    log,
  });
  stops.push('live view', () => hub.stop());
  return hub;
}
