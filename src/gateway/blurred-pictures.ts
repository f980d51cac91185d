import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { PrivacyParts } from '../api/parts.ts';
import { type BlurSetting, blurRegions } from '../domain/blur.ts';
import type { Judging } from '../domain/camera.ts';
import type { Detection, VisionObservation } from '../domain/observation.ts';
import type { EvidenceStore } from '../evidence/evidence-store.ts';
import { mosaicJpeg } from '../evidence/mosaic.ts';
import type { SnapshotTask } from '../vision/worker-protocol.ts';

/** What pictures are blurred with. */
export interface BlurParts {
  readonly setting: BlurSetting;
  readonly evidence: Pick<EvidenceStore, 'picture'>;
  readonly judgingOf: ReadonlyMap<string, Judging>;
  /** A vision process looks for people and vehicles; rejects where none can. */
  readonly judge: (task: SnapshotTask) => Promise<readonly VisionObservation[]>;
}

/** Pictures kept as they were blurred last; a page asks for the same ones again and again. */
const KEPT_MAX = 50;

/** Makes faces and plates unrecognisable in what is shown to roles that may not see originals; these stay as they are. */
export function blurredPictures({ setting, evidence, judgingOf, judge }: BlurParts): PrivacyParts {
  const kept = new Map<string, Buffer>();
  const look = async (cameraId: string, at_ms: number, jpeg: Uint8Array): Promise<Detection[]> => {
    const models = setting.models.length > 0 ? setting.models : (judgingOf.get(cameraId)?.models ?? []);
    const times = { at_ms, received_ms: at_ms };
    const frame = { path: '', sha256: '', width_px: 0, height_px: 0 };
    const observations = await judge({ deviceId: cameraId, ...times, frame, jpeg, models });
    return observations.flatMap((made) => (made.kind === 'detections' ? made.detections : []));
  };
  return {
    originals: setting.originals,
    evidence: async (incidentId, id) => {
      const known = kept.get(id);
      if (known !== undefined) return known;
      const item = evidence.picture(incidentId, id);
      if (item === undefined) return undefined;
      const raw = await readFile(item.raw);
      const { width: width_px, height: height_px } = await sharp(raw).metadata();
      const found = await look(item.deviceId, item.at_ms, raw);
      const regions = blurRegions(found, item.boxes, setting);
      const shown = item.path === item.raw ? raw : await readFile(item.path);
      const jpeg = await mosaicJpeg(shown, regions, { width_px, height_px });
      kept.set(id, jpeg);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
      return jpeg;
    },
    frame: async (cameraId, { jpeg, at_ms }) =>
      mosaicJpeg(jpeg, blurRegions(await look(cameraId, at_ms, jpeg), [], setting)),
  };
}
