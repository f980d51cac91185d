import type { StageActor, StageScene } from '../../city/stage/stage-scene.ts';
import { type Light, lightDifference } from './film-light.ts';
import { restsOf } from './film-motion.ts';

/** A stretch of frames over which the standing picture shows the same things; its end is excluded. */
export interface Section {
  readonly from: number;
  readonly to: number;
  /** Actors that stand in the picture, by their place in the scene's list. */
  readonly standing: ReadonlySet<number>;
}

/** Sections begin at multiples of so many frames, so that several changes share one standing picture. */
export const SECTION_FRAMES = 20;

/** Kinds that are drawn anew for each frame however long they stay: people never stand like posts. */
const RESTLESS: ReadonlySet<StageActor['kind']> = new Set(['person']);

/** Number of frames of a scene. */
export function frameCount(scene: StageScene): number {
  return Math.max(1, Math.floor(scene.duration_s / scene.frame_interval_s + 1e-6));
}

/** Seconds of scenario time of a frame. */
export function frameTime_s(scene: StageScene, frame: number): number {
  // Tenths of microseconds are rounded off, so that 0.1 × 3 is 0.3.
  return Math.round(frame * scene.frame_interval_s * 1e7) / 1e7;
}

/** Divides a film into sections, by which actors stand still for a whole section. */
export function planSections(scene: StageScene): Section[] {
  const frames = frameCount(scene);
  const rests = scene.actors.map((actor) =>
    RESTLESS.has(actor.kind) ? [] : restsOf(actor, scene.frame_interval_s * SECTION_FRAMES),
  );
  const sections: Section[] = [];
  for (let from = 0; from < frames; from += SECTION_FRAMES) {
    const to = Math.min(frames, from + SECTION_FRAMES);
    const from_s = frameTime_s(scene, from);
    const to_s = frameTime_s(scene, to - 1);
    const standing = new Set(
      rests.flatMap((list, i) => (list.some((r) => r.from_s <= from_s && r.to_s > to_s) ? [i] : [])),
    );
    const last = sections.at(-1);
    const same =
      last && last.standing.size === standing.size && [...standing].every((i) => last.standing.has(i));
    if (last && same) sections[sections.length - 1] = { ...last, to };
    else sections.push({ from, to, standing });
  }
  return sections;
}

/** Frames whose light is rendered; between them the picture fades. Begins with the first and ends with the last frame. */
export interface LightKeys {
  readonly frames: readonly number[];
}

/** Fading between lights that differ by this shows no step. */
const LIGHT_STEP = 0.06;

/** Chooses the frames whose light is rendered. */
export function planLight(frames: number, lightOf: (frame: number) => Light): LightKeys {
  const chosen = [0];
  let last = lightOf(0);
  for (let frame = 1; frame < frames - 1; frame += 1) {
    const light = lightOf(frame);
    if (lightDifference(last, light) < LIGHT_STEP) continue;
    chosen.push(frame);
    last = light;
  }
  const end = frames - 1;
  if (lightDifference(last, lightOf(end)) > LIGHT_STEP / 20) chosen.push(end);
  return { frames: chosen };
}

/** The two lit frames around a frame, how far it is from one to the other, and the lit frame before them. */
export interface KeySpan {
  readonly before: number;
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Finds the lit frames around a frame. */
export function keyFrameOf(keys: LightKeys, frame: number): KeySpan {
  const next = keys.frames.findIndex((key) => key > frame);
  const at = next === -1 ? keys.frames.length - 1 : next - 1;
  const from = keys.frames[at] ?? 0;
  const to = next === -1 ? from : (keys.frames[next] ?? from);
  const before = keys.frames[at - 1] ?? -1;
  return { before, from, to, share: to > from ? (frame - from) / (to - from) : 1 };
}
