import type { Metres } from '../../plane.ts';
import type { Scenario } from '../scenario.ts';
import type { StageCamera } from '../stage/stage-scene.ts';

/** The pole cameras of a scenario on its plane. */
export function poleCameras({ file, map }: Scenario): StageCamera[] {
  return file.cameras.flatMap(({ id, at, pole }) => {
    if (pole === undefined) return [];
    const [x_m, y_m] = map.plane.toMetres(at);
    return [{ id, x_m, y_m, ...pole }];
  });
}

/** A point of a picture as shares of its width and height; `depth_m` is the distance along the view. */
export interface Seen {
  readonly x: number;
  readonly y: number;
  readonly depth_m: number;
}

/** Where a point of the plane, so high above the ground, appears; undefined behind the camera. */
export function project(camera: StageCamera, [x, y]: Metres, height_m: number): Seen | undefined {
  const { forward, right, up } = axesOf(camera);
  const dx = x - camera.x_m;
  const dy = y - camera.y_m;
  const dz = height_m - camera.height_m;
  const depth_m = dx * forward[0] + dy * forward[1] + dz * forward[2];
  if (depth_m < 0.3) return undefined;
  const half = Math.tan((camera.hfov_deg * Math.PI) / 360);
  const aspect = camera.width_px / camera.height_px;
  const across = (dx * right[0] + dy * right[1]) / (depth_m * half);
  const above = ((dx * up[0] + dy * up[1] + dz * up[2]) / (depth_m * half)) * aspect;
  return { x: 0.5 + across / 2, y: 0.5 - above / 2, depth_m };
}

/** The ground point that a spot of the picture shows; undefined at and above the horizon. */
export function groundAt(camera: StageCamera, x: number, y: number): Metres | undefined {
  const { forward, right, up } = axesOf(camera);
  const half = Math.tan((camera.hfov_deg * Math.PI) / 360);
  const aspect = camera.width_px / camera.height_px;
  const across = (x - 0.5) * 2 * half;
  const above = ((0.5 - y) * 2 * half) / aspect;
  const ray = [0, 1, 2].map(
    (axis) => (forward[axis] ?? 0) + across * (right[axis] ?? 0) + above * (up[axis] ?? 0),
  );
  const [rx = 0, ry = 0, rz = 0] = ray;
  if (rz > -1e-4) return undefined;
  const t = camera.height_m / -rz;
  return [camera.x_m + rx * t, camera.y_m + ry * t];
}

/** Left, top, right and bottom as shares of the picture; may reach beyond it. */
export type PictureBox = readonly [number, number, number, number];

/** An upright block on the ground. */
export interface Block {
  readonly at: Metres;
  readonly heading_deg: number;
  /** Across its heading, along it, and upwards. */
  readonly width_m: number;
  readonly depth_m: number;
  readonly height_m: number;
}

/** The box around a block in the picture; undefined where a part of it is behind the camera. */
export function boxOf(camera: StageCamera, block: Block): PictureBox | undefined {
  const rad = (block.heading_deg * Math.PI) / 180;
  const corners: Seen[] = [];
  for (const across of [-0.5, 0.5])
    for (const along of [-0.5, 0.5])
      for (const height_m of [0, block.height_m]) {
        const a = across * block.width_m;
        const b = along * block.depth_m;
        const at: Metres = [
          block.at[0] + Math.cos(rad) * a + Math.sin(rad) * b,
          block.at[1] - Math.sin(rad) * a + Math.cos(rad) * b,
        ];
        const seen = project(camera, at, height_m);
        if (seen === undefined) return undefined;
        corners.push(seen);
      }
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Share of a box's area that lies within the picture. */
export function shareInPicture([x1, y1, x2, y2]: PictureBox): number {
  const width = Math.min(1, x2) - Math.max(0, x1);
  const height = Math.min(1, y2) - Math.max(0, y1);
  const area = (x2 - x1) * (y2 - y1);
  return width <= 0 || height <= 0 || area <= 0 ? 0 : (width * height) / area;
}

type Axis = readonly [number, number, number];

function axesOf({ heading_deg, pitch_deg }: StageCamera): { forward: Axis; right: Axis; up: Axis } {
  const turn = (heading_deg * Math.PI) / 180;
  const dip = (pitch_deg * Math.PI) / 180;
  return {
    forward: [Math.sin(turn) * Math.cos(dip), Math.cos(turn) * Math.cos(dip), -Math.sin(dip)],
    right: [Math.cos(turn), -Math.sin(turn), 0],
    up: [Math.sin(turn) * Math.sin(dip), Math.cos(turn) * Math.sin(dip), Math.cos(dip)],
  };
}
