import type { Comparison, IncidentChange, TypeChange } from '../compare.ts';
import { arrow, changeText } from '../comparison-table.ts';
import type { TypeScore } from '../score-result.ts';
import { type Clock, duration, percent, rate } from '../wording.ts';
import { card, cardSection, foundCard } from './lists.ts';
import { html, type Markup } from './markup.ts';
import { foundKey, type ReportPictures } from './picture.ts';

const ITEMS_MAX = 500;

/** What changed between two runs: figures by type, then incident by incident. */
export function comparisonSection(comparison: Comparison, pictures: ReportPictures, clock: Clock): Markup {
  const { a, b, warnings, types, total, same, changes } = comparison;
  const heads = [
    'type',
    'recall',
    'precision',
    'found',
    'missed',
    'false',
    'twice',
    'median delay',
    'longest',
    'false a day',
  ];
  const rows = [...types.map((change) => typeRow(change, '')), typeRow(total, 'sum')];
  const careful = warnings.map((warning) => html`<p class="bad">Careful: ${warning}.</p>`);
  const cards = changes
    .slice(0, ITEMS_MAX)
    .map((change, index) => changeCard(change, index, pictures, clock));
  return html`<section><h2>Compared</h2>${careful}<p>From <b>${a}</b> (a) to <b>${b}</b> (b): ${same} incidents the same in both, ${changes.length} not.</p><div class="panel"><table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>${cardSection('changes', 'Changed from a to b', changes.length, cards)}`;
}

function typeRow(change: TypeChange, className: string): Markup {
  const cell = (text: (figures: TypeScore) => string, better?: (figures: TypeScore) => number | null) =>
    html`<td class="${tone(change, better)}">${arrow(change, text)}</td>`;
  return html`<tr class="${className}"><td>${change.type}</td>${[
    cell(
      ({ recall }) => percent(recall),
      ({ recall }) => recall,
    ),
    cell(
      ({ precision }) => percent(precision),
      ({ precision }) => precision,
    ),
    cell(
      ({ hits }) => String(hits),
      ({ hits }) => hits,
    ),
    cell(
      ({ misses }) => String(misses),
      ({ misses }) => -misses,
    ),
    cell(
      ({ falseAlarms }) => String(falseAlarms),
      ({ falseAlarms }) => -falseAlarms,
    ),
    cell(
      ({ duplicates }) => String(duplicates),
      ({ duplicates }) => -duplicates,
    ),
    cell(
      ({ delay_s }) => duration(delay_s?.p50),
      ({ delay_s }) => (delay_s === null ? null : -delay_s.p50),
    ),
    cell(
      ({ delay_s }) => duration(delay_s?.max),
      ({ delay_s }) => (delay_s === null ? null : -delay_s.max),
    ),
    cell(({ falseAlarmsPerDeviceDay }) => rate(falseAlarmsPerDeviceDay)),
  ]}</tr>`;
}

function tone({ a, b }: TypeChange, better?: (figures: TypeScore) => number | null): string {
  const before = a === null ? null : (better?.(a) ?? null);
  const after = b === null ? null : (better?.(b) ?? null);
  if (before === null || after === null || before === after) return '';
  return after > before ? 'good' : 'bad';
}

function changeCard(
  change: IncidentChange,
  index: number,
  { pictures }: ReportPictures,
  clock: Clock,
): Markup {
  const judged = change.b ?? change.a;
  if (judged === undefined) return html``;
  const run = change.b === undefined ? 'a' : 'b';
  const className = judged.verdict === 'hit' ? 'hit' : judged.verdict === 'false alarm' ? 'false' : 'twice';
  return card({
    ...foundCard(judged.found, pictures.get(foundKey(judged.found, run)), clock),
    id: `c${index}`,
    className: change.kind === 'changed' ? '' : className,
    why: changeText(change),
  });
}
