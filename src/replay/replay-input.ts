import type { FrameRef, Observation, VisionObservation } from '../domain/observation.ts';
import type { RecordingManifest } from '../domain/recording.ts';
import { readObservations } from '../recording/observation-reader.ts';
import type { JudgedFrame } from './judge.ts';

/** An observation and the text that the journal gets. */
export interface ReplayItem {
  readonly observation: Observation;
  readonly text: string;
}

/** A frame that stands for a moment of a video: its picture is taken only where it becomes evidence. */
const VIDEO_FRAME = { sha256: '0'.repeat(64), width_px: 1, height_px: 1 } as const;

/** What a replay reads from. */
export interface ReplaySources {
  readonly dir: string;
  readonly manifest: RecordingManifest;
  readonly detections: 'recorded' | 'infer';
  readonly onNote: (note: string) => void;
}

/** The recorded observations in their order, with the detections that the replay is to use. */
export async function* recordedInput(sources: ReplaySources): AsyncGenerator<ReplayItem[]> {
  const { dir, manifest, detections, onNote } = sources;
  const filmed = new Set(manifest.cameras.filter(({ videos }) => videos.length > 0).map(({ id }) => id));
  for await (const batch of readObservations(dir, manifest, onNote)) {
    yield filmed.size === 0 ? batch : batch.flatMap((item) => withPicture(item, filmed, detections));
  }
}

/**
 * The recorded observations with what the detectors make of the videos in between: a frame stands before the first
 * observation that arrived after it. Recorded detections of the judged cameras are left out.
 */
export async function* inferredInput(
  sources: ReplaySources,
  judged: AsyncGenerator<JudgedFrame>,
): AsyncGenerator<ReplayItem[]> {
  let clock_ms = Number.NEGATIVE_INFINITY;
  let frame = await nextFrame(judged);
  try {
    for await (const batch of recordedInput(sources)) {
      let ready: ReplayItem[] = [];
      for (const item of batch) {
        clock_ms = Math.max(clock_ms, item.observation.received_ms);
        while (frame !== undefined && frame.at_ms < clock_ms) {
          ready.push(...itemsOf(frame));
          // Whoever shows how far it is need not wait for the detector.
          yield ready;
          ready = [];
          frame = await nextFrame(judged);
        }
        ready.push(item);
      }
      if (ready.length > 0) yield ready;
    }
    for (; frame !== undefined; frame = await nextFrame(judged)) yield itemsOf(frame);
  } finally {
    await judged.return(undefined);
  }
}

async function nextFrame(judged: AsyncGenerator<JudgedFrame>): Promise<JudgedFrame | undefined> {
  const { value, done } = await judged.next();
  return done === true ? undefined : value;
}

function itemsOf({ observations }: JudgedFrame): ReplayItem[] {
  return observations.map(onVideo).map((observation) => ({ observation, text: JSON.stringify(observation) }));
}

/** Detections of a filmed camera are judged anew, or get the video's picture. */
function withPicture(
  item: ReplayItem,
  filmed: ReadonlySet<string>,
  detections: ReplaySources['detections'],
): ReplayItem[] {
  const { observation } = item;
  const isVision = observation.kind === 'detections' || observation.kind === 'picture';
  if (!isVision || !filmed.has(observation.deviceId)) return [item];
  if (detections === 'infer') return [];
  return [{ ...item, observation: onVideo(observation) }];
}

/** Names the video as the source of the picture, where anything was found on it. */
function onVideo(observation: VisionObservation): VisionObservation {
  if (observation.kind === 'detections' && observation.detections.length === 0) return observation;
  const frame: FrameRef = { ...VIDEO_FRAME, path: `video/${observation.deviceId}/${observation.at_ms}` };
  return { ...observation, frame };
}
