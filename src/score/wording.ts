import type { IncidentLabel } from '../domain/recording.ts';
import type { Nearest, Score, ScoredIncident, TypeScore } from './score-result.ts';

/** Words for points of time, in the time zone of the recording. */
export interface Clock {
  /** `05-11 10:03:20` */
  readonly moment: (at_ms: number) => string;
  /** `10:03` */
  readonly minute: (at_ms: number) => string;
  /** `2026-05-11 10:03` */
  readonly full: (at_ms: number) => string;
}

/** Makes the words for a time zone. */
export function createClock(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = (at_ms: number): Record<string, string> =>
    Object.fromEntries(format.formatToParts(at_ms).map(({ type, value }) => [type, value]));
  return {
    moment: (at_ms) => {
      const { month, day, hour, minute, second } = parts(at_ms);
      return `${month}-${day} ${hour}:${minute}:${second}`;
    },
    minute: (at_ms) => {
      const { hour, minute } = parts(at_ms);
      return `${hour}:${minute}`;
    },
    full: (at_ms) => {
      const { year, month, day, hour, minute } = parts(at_ms);
      return `${year}-${month}-${day} ${hour}:${minute}`;
    },
  };
}

/** A share in per cent, cut so that only all is 100. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

/** Seconds as people read them: `8.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const sign = seconds < 0 ? '−' : '';
  const size = Math.abs(seconds);
  if (size < 60) return `${sign}${Number(size.toFixed(1))} s`;
  const whole = Math.round(size);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours === 0) return `${sign}${minutes} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
  return `${sign}${hours} h${minutes === 0 ? '' : ` ${minutes} min`}`;
}

/** A rate of few digits. */
export function rate(value: number | null): string {
  if (value === null) return '–';
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

/** `camera-day` where only cameras watch for it. */
export function dayUnit({ kinds }: TypeScore): string {
  return kinds.length === 1 ? `${kinds[0]}-day` : 'device-day';
}

/** Where an incident is. */
export function placeOf({ deviceIds, plate, place }: ScoredIncident): string {
  return [deviceIds.join(' '), plate, place.street, place.zoneId].filter(Boolean).join(' · ');
}

/** Where a label is. */
export function labelPlace({ deviceIds, plate }: IncidentLabel): string {
  return [deviceIds.join(' '), plate].filter(Boolean).join(' · ');
}

/** Why something near is not the same. `what` is what is near: a label, an incident. */
export function nearestText({ id, why, by }: Nearest, what: 'label' | 'incident'): string {
  const near = `${what} ${id}`;
  if (why === 'early') return `${near} fits, but the report came ${duration(by)} too early`;
  if (why === 'time') return `${near} is there, ${duration(by)} beyond the grace`;
  if (why === 'box') return `${near} is elsewhere in the picture`;
  if (why === 'plate') return `${near} is about another truck`;
  return `${near} is ${Math.round(by)} m away`;
}

/** Why a label was missed, as far as that is known. */
export function missText({ mergedInto, nearest }: Score['misses'][number]): string {
  if (mergedInto !== undefined) return `joined with another in ${mergedInto}`;
  return nearest === undefined ? 'nothing near' : nearestText(nearest, 'incident');
}

/** Why there was a false alarm, as far as that is known. */
export function alarmText({ decoy, nearest }: Score['falseAlarms'][number]): string {
  if (decoy !== undefined) return `decoy ${decoy.id}${decoy.note === undefined ? '' : `: ${decoy.note}`}`;
  return nearest === undefined ? 'no label near' : nearestText(nearest, 'label');
}
