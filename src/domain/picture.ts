/** The cells into which a picture is divided for its statistics, row by row from the top left. */
export const PICTURE_CELLS = { columns: 24, rows: 14 } as const;

/**
 * What can be said of a camera's picture without knowing what is on it. Brightness is luma by BT.601, 0 to 255, in a
 * picture of at most 640 columns.
 */
export interface PictureStats {
  readonly luma_mean: number;
  /** Standard deviation: the contrast of the picture as a whole. */
  readonly luma_std: number;
  /** Hardly any pixel is brighter. */
  readonly luma_p99: number;
  /** Contrast of the strongest edges over four pixels, in levels of brightness. */
  readonly detail: number;
  /** Share of that contrast which lies between neighbouring pixels: 0.7 and more in focus, 0.3 and less blurred. */
  readonly sharpness: number;
  /** Mean brightness of each cell, a byte each, base64. */
  readonly grid: string;
  /** Mean difference of neighbouring pixels in each cell, in quarters of a level, a byte each, base64. */
  readonly texture: string;
  /** Compared with the camera's picture before; absent for the first. */
  readonly since?: {
    readonly elapsed_ms: number;
    /** Median difference of a cell: the noise of a living sensor, or next to nothing. Levels of brightness. */
    readonly noise: number;
    /** Share of the cells that show something else. */
    readonly changed_share: number;
  };
}
