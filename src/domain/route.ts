import type { DailyHours, Ring } from './zone.ts';

/** A way on which trucks may drive (核准路线), for some of them and in some hours. */
export interface TruckRoute {
  readonly id: string;
  readonly name?: string;
  /** Lines of longitude/latitude pairs (WGS-84 degrees), open ones. */
  readonly lines: readonly Ring[];
  /** Absent: at any time. */
  readonly hours?: readonly DailyHours[];
  /** Whose route it is; absent: every truck's. */
  readonly deviceIds?: readonly string[];
}
