/** When a picture came, and its time of showing in ticks of 90 kHz (33 bits). */
export interface PictureTime {
  readonly at_ms: number;
  readonly pts: number | undefined;
}

/** Time stamps that move so much more or less than the clock have jumped. */
const JUMP_MS = 5000;
const WRAP_TICKS = 2 ** 33;

/** True where a stream's time stamps have jumped between two pictures that came one after the other. */
export function haveTimesJumped(last: PictureTime, next: PictureTime): boolean {
  if (last.pts === undefined || next.pts === undefined) return false;
  const forward = (((next.pts - last.pts) % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS;
  const moved_ms = (forward > WRAP_TICKS / 2 ? forward - WRAP_TICKS : forward) / 90;
  return Math.abs(moved_ms - (next.at_ms - last.at_ms)) > JUMP_MS;
}
