const MINUTE_MS = 60_000;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);
const TICKS_MAX = 12;

/** Points of time for an axis: at most twelve, at round times of the time zone. */
export function axisTicks(from_ms: number, to_ms: number, timeZone: string): number[] {
  const span_ms = to_ms - from_ms;
  if (!(span_ms > 0)) return [];
  const day_ms = 1440 * MINUTE_MS;
  const step_ms =
    STEPS_MS.find((step) => span_ms / step <= TICKS_MAX) ?? Math.ceil(span_ms / day_ms / TICKS_MAX) * day_ms;
  const offset_ms = zoneOffset_ms(from_ms, timeZone);
  const first_ms = Math.ceil((from_ms + offset_ms) / step_ms) * step_ms - offset_ms;
  const count = Math.floor((to_ms - first_ms) / step_ms) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first_ms + index * step_ms);
}

/** How far the zone's clocks are ahead of UTC. */
function zoneOffset_ms(at_ms: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = new Map(format.formatToParts(at_ms).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local_ms = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((local_ms - at_ms) / MINUTE_MS) * MINUTE_MS;
}
