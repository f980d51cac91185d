/** A part of a picture: left, top, right, bottom as shares of its width and height (0..1). */
export type Region = readonly [number, number, number, number];

/** Parts of a picture for all detectors, or by the name of a detector. */
export type Regions = readonly Region[] | Readonly<Record<string, readonly Region[]>>;

/** Which detectors judge a camera's pictures, and which parts of them. */
export interface Judging {
  /** Names of detectors under `models/`; each gives its own detections entry. */
  readonly models: readonly string[];
  /**
   * Parts that are judged each by itself at the detector's full input size; absent: the picture as a whole. A
   * heap 60 pixels wide in a picture of 1920 has 10 left in an input of 320, but 30 in a third of the picture.
   */
  readonly regions?: Regions;
  /** Parts that are blacked out before a picture is judged or stored, as polygons of shares of its width and height. */
  readonly masks?: readonly (readonly (readonly [number, number])[])[];
}

/** The parts that a detector judges each by itself; undefined: the picture as a whole. */
export function regionsFor(
  { regions }: Pick<Judging, 'regions'>,
  model: string,
): readonly Region[] | undefined {
  if (regions === undefined || isForAll(regions)) return regions;
  return Object.hasOwn(regions, model) ? regions[model] : undefined;
}

function isForAll(regions: Regions): regions is readonly Region[] {
  return Array.isArray(regions);
}

/** How one camera is read and judged. */
export interface CameraSource extends Judging {
  readonly id: string;
  /** `rtsp:` or `rtsps:`; `file:` only where the operator allowed files. May carry credentials: never print it. */
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** Frames are judged at most this often; only key frames are decoded, unless they are rare. */
  readonly patrol_interval_ms: number;
  /** The parts of the picture that count, as polygons of shares of its width and height; of none, all of it does. */
  readonly zones: readonly (readonly (readonly [number, number])[])[];
  /** Without a frame for so long the stream counts as stalled and is opened anew. */
  readonly stall_timeout_ms: number;
}
