import type { Comparison, IncidentChange, TypeChange } from './compare.ts';
import type { TypeScore } from './score-result.ts';
import { list } from './score-table.ts';
import { type Column, safeText, textTable } from './text-table.ts';
import { createClock, duration, percent, placeOf, rate } from './wording.ts';

/** A comparison for the terminal: figures by type as `a → b`, then what changed, incident by incident. */
export function comparisonTable(comparison: Comparison): string[] {
  const clock = createClock(comparison.timeZone);
  return [
    safeText(`a: ${comparison.a}`),
    safeText(`b: ${comparison.b}`),
    ...comparison.warnings.map((warning) => safeText(`careful: ${warning}`)),
    '',
    ...textTable(FIGURES, [...comparison.types, comparison.total].map(figures)),
    '',
    `${comparison.same} the same in both, ${comparison.changes.length} not`,
    ...list('Changed', CHANGES, comparison.changes, (change) => {
      const found = (change.b ?? change.a)?.found;
      return [
        found === undefined ? '' : clock.moment(found.opened_ms),
        change.type,
        found?.id ?? '',
        found === undefined ? '' : placeOf(found),
        changeText(change),
      ];
    }),
  ];
}

/** What changed of an incident, in words. */
export function changeText({ kind, a, b, later_s = 0 }: IncidentChange): string {
  if (a === undefined || b === undefined) {
    const { verdict, labelId } = a ?? b ?? { verdict: 'not scored' };
    const about = labelId === undefined ? '' : ` on ${labelId}`;
    return `${kind}: ${verdict}${about}`;
  }
  const words: string[] = [];
  if (Math.abs(later_s) >= 1) {
    words.push(later_s > 0 ? `${duration(later_s)} later` : `${duration(-later_s)} earlier`);
  }
  if (a.found.severity !== b.found.severity) {
    words.push(`severity ${a.found.severity} → ${b.found.severity}`);
  }
  if (a.verdict !== b.verdict) words.push(`${a.verdict} → ${b.verdict}`);
  return words.join(', ');
}

/** `a → b` of one figure, or the one value where both are alike. */
export function arrow(change: TypeChange, text: (figures: TypeScore) => string): string {
  const [a, b] = [change.a, change.b].map((figures) => (figures === null ? '–' : text(figures)));
  return a === b ? (a ?? '–') : `${a} → ${b}`;
}

const right = (title: string): Column => ({ title, align: 'right' });
const FIGURES: readonly Column[] = [
  { title: 'type' },
  ...['found', 'missed', 'false', 'twice', 'recall', 'precision', 'delay p50', 'max', 'false/day'].map(right),
];
const CHANGES: readonly Column[] = ['reported', 'type', 'id', 'where', 'what'].map((title) => ({ title }));

function figures(change: TypeChange): string[] {
  return [
    change.type,
    arrow(change, ({ hits }) => String(hits)),
    arrow(change, ({ misses }) => String(misses)),
    arrow(change, ({ falseAlarms }) => String(falseAlarms)),
    arrow(change, ({ duplicates }) => String(duplicates)),
    arrow(change, ({ recall }) => percent(recall)),
    arrow(change, ({ precision }) => percent(precision)),
    arrow(change, ({ delay_s }) => duration(delay_s?.p50)),
    arrow(change, ({ delay_s }) => duration(delay_s?.max)),
    arrow(change, ({ falseAlarmsPerDeviceDay }) => rate(falseAlarmsPerDeviceDay)),
  ];
}
