import type { Score, TypeScore } from './score-result.ts';
import { type Column, safeText, textTable } from './text-table.ts';
import {
  alarmText,
  type Clock,
  createClock,
  duration,
  labelPlace,
  missText,
  percent,
  placeOf,
  rate,
} from './wording.ts';

/** Of a longer list the first so many are shown. */
const ROWS_MAX = 50;

/** A score for the terminal: the figures by type, then what was missed, wrong or repeated. */
export function scoreTable(score: Score): string[] {
  const clock = createClock(score.timeZone);
  const span = `${clock.full(score.from_ms)} to ${clock.full(score.to_ms)}`;
  return [
    `${safeText(score.name)} on ${safeText(score.recording)}, ${span} (${safeText(score.timeZone)})`,
    '',
    ...textTable(FIGURES, [...score.types, score.total].map(figures)),
    ...unscoredLines(score),
    ...list('Missed', MISSED, score.misses, (miss) => [
      clock.moment(miss.label.from_ms),
      miss.label.type,
      miss.label.id,
      labelPlace(miss.label),
      missText(miss),
    ]),
    ...list('False alarms', FALSE, score.falseAlarms, (alarm) => [
      clock.moment(alarm.found.opened_ms),
      alarm.found.type,
      alarm.found.id,
      placeOf(alarm.found),
      alarmText(alarm),
    ]),
    ...duplicateLines(score, clock),
    ...list('Not counted', IGNORED, score.ignored, ({ label, reason }) => [
      clock.moment(label.from_ms),
      label.type,
      label.id,
      labelPlace(label),
      reason,
    ]),
  ];
}

/** A heading with its count, and the table of the first rows; nothing where there are none. */
export function list<T>(
  title: string,
  columns: readonly Column[],
  items: readonly T[],
  row: (item: T) => readonly string[],
): string[] {
  if (items.length === 0) return [];
  const more = items.length > ROWS_MAX ? [`… and ${items.length - ROWS_MAX} more; --json has all`] : [];
  return [
    '',
    `${title} (${items.length})`,
    ...textTable(columns, items.slice(0, ROWS_MAX).map(row)),
    ...more,
  ];
}

const right = (title: string): Column => ({ title, align: 'right' });
const FIGURES: readonly Column[] = [
  { title: 'type' },
  ...['labels', 'found', 'missed', 'false', 'twice', 'recall', 'precision'].map(right),
  ...['delay p50', 'p90', 'max', 'over dwell', 'false/day'].map(right),
];
const WHERE: readonly Column[] = [{ title: 'type' }, { title: 'id' }, { title: 'where' }];
const MISSED: readonly Column[] = [{ title: 'began' }, ...WHERE, { title: 'why' }];
const FALSE: readonly Column[] = [{ title: 'reported' }, ...WHERE, { title: 'why' }];
const TWICE: readonly Column[] = [{ title: 'reported' }, ...WHERE, { title: 'first' }, { title: 'label' }];
const IGNORED: readonly Column[] = [{ title: 'began' }, ...WHERE, { title: 'why' }];

function figures(type: TypeScore): string[] {
  const counts = [type.labels, type.hits, type.misses, type.falseAlarms, type.duplicates];
  return [
    type.type,
    ...counts.map(String),
    percent(type.recall),
    percent(type.precision),
    duration(type.delay_s?.p50),
    duration(type.delay_s?.p90),
    duration(type.delay_s?.max),
    duration(type.excessDelay_s?.max),
    rate(type.falseAlarmsPerDeviceDay),
  ];
}

function unscoredLines({ unscored }: Score): string[] {
  return unscored.map(({ type, reason, labels, incidents }) =>
    safeText(`not scored: ${type}, ${reason} (labels: ${labels}, incidents: ${incidents})`),
  );
}

function duplicateLines({ duplicates }: Score, clock: Clock): string[] {
  return list('Reported more than once', TWICE, duplicates, ({ found, firstId, labelId }) => [
    clock.moment(found.opened_ms),
    found.type,
    found.id,
    placeOf(found),
    firstId,
    labelId,
  ]);
}
