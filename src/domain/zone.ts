/** 主干道严禁、次干道严控、背街小巷有序: the class of road decides how long a thing may stay. */
export const ROAD_CLASSES = ['arterial', 'secondary', 'lane'] as const;
export type RoadClass = (typeof ROAD_CLASSES)[number];

/** A ring of longitude/latitude pairs (WGS-84 degrees), or of picture shares (0..1) for camera zones. */
export type Ring = readonly (readonly [number, number])[];

/** Hours of a local day on some week days; `to` before `from` runs past midnight. */
export interface DailyHours {
  /** ISO week days, 1 = Monday to 7 = Sunday; absent means every day. */
  readonly days?: readonly number[];
  /** `HH:MM`, local time of the city. */
  readonly from: string;
  readonly to: string;
}

/** A polygon on the map: construction site, disposal site, no-vending street, sensitive area. */
export interface MapZone {
  readonly id: string;
  readonly kind: string;
  readonly name?: string;
  readonly rings: readonly Ring[];
  readonly roadClass?: RoadClass;
  readonly hours?: readonly DailyHours[];
  readonly street?: string;
  readonly gridCode?: string;
}

/** A polygon in a camera's picture, with the place on the map that it stands for. */
export interface CameraZone {
  readonly id: string;
  readonly cameraId: string;
  readonly kind: string;
  readonly roadClass: RoadClass;
  /** Shares of the picture's width and height, 0..1. */
  readonly polygon: Ring;
  /** When `kind` is a permitted zone: its hours (absent means always). */
  readonly hours?: readonly DailyHours[];
  readonly place: {
    readonly lon: number;
    readonly lat: number;
    readonly street?: string;
    readonly gridCode?: string;
  };
}
