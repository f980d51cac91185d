import type { GateFailure } from '../gates.ts';
import type { Score, TypeScore } from '../score-result.ts';
import { dayUnit, duration, percent, rate } from '../wording.ts';
import { html, type Markup } from './markup.ts';

/** The figures of all types together, large. */
export function tiles({ total }: Score): Markup {
  const tile = (value: string, text: string) =>
    html`<div class="tile"><b>${value}</b><span>${text}</span></div>`;
  return html`<div class="tiles">${[
    tile(percent(total.recall), `recall; found: ${total.hits} of ${total.labels}`),
    tile(percent(total.precision), `precision; false alarms: ${total.falseAlarms}`),
    tile(String(total.duplicates), 'reported more than once'),
    tile(duration(total.delay_s?.p50), `median delay; at most ${duration(total.delay_s?.max)}`),
    tile(rate(total.falseAlarmsPerDeviceDay), `false alarms per ${dayUnit(total)}`),
  ]}</div>`;
}

/** Whether the gates are kept; nothing where none was given. */
export function gatePanel(failures: readonly GateFailure[] | undefined): Markup | undefined {
  if (failures === undefined) return undefined;
  if (failures.length === 0) return html`<p class="panel keeps">Every type keeps the gates.</p>`;
  const types = [...new Set(failures.map(({ type }) => type))];
  const lines = types.map((type) => {
    const texts = failures.filter((failure) => failure.type === type).map(({ text }) => text);
    return html`<p><b>${type}</b>: ${texts.join('; ')}</p>`;
  });
  return html`<div class="panel fails"><p class="bad">The gates are not kept.</p>${lines}</div>`;
}

/** The figures by type, with bars. */
export function typeTable({ types, total, unscored }: Score): Markup {
  const slowest_s = Math.max(1, ...types.map(({ delay_s }) => delay_s?.max ?? 0));
  const heads = ['labels', 'found', 'missed', 'false', 'twice'].map(
    (title) => html`<th class="n" data-sortable>${title}</th>`,
  );
  const notes = unscored.map(
    ({ type, reason, labels, incidents }) =>
      html`<p class="note">Not scored: <b>${type}</b>, ${reason} (labels: ${labels}, incidents: ${incidents}).</p>`,
  );
  return html`<div class="panel"><table><thead><tr><th data-sortable>type</th><th data-sortable>recall</th><th data-sortable>precision</th>${heads}<th data-sortable>delay: median · longest</th><th class="n" data-sortable>beyond dwell</th><th class="n" data-sortable>false alarms a day</th></tr></thead><tbody>${[
    ...types.map((type) => typeRow(type, slowest_s, '')),
    typeRow({ ...total, type: 'all' }, slowest_s, 'sum'),
  ]}</tbody></table>${notes}</div>`;
}

function typeRow(type: TypeScore, slowest_s: number, className: string): Markup {
  const { labels, hits, misses, falseAlarms, duplicates, merged, decoyed } = type;
  const count = (value: number, title: string, bad: boolean) =>
    html`<td class="n${bad && value > 0 ? ' bad' : ''}" title="${title}">${value}</td>`;
  const perDay = type.falseAlarmsPerDeviceDay;
  return html`<tr class="${className}"><td>${type.type}</td>${shareCell(type.recall)}${shareCell(type.precision)}${[
    count(labels, `${type.ignored} more do not count`, false),
    count(hits, '', false),
    count(misses, `${merged} of them joined with another`, true),
    count(falseAlarms, `${decoyed} of them explained by a decoy`, true),
    count(duplicates, '', true),
  ]}${delayCell(type, slowest_s)}<td class="n" data-v="${type.excessDelay_s?.max ?? ''}">${duration(type.excessDelay_s?.max)}</td><td class="n" data-v="${perDay ?? ''}" title="per ${dayUnit(type)}; ${type.deviceDays} of them">${rate(perDay)}</td></tr>`;
}

function shareCell(share: number | null): Markup {
  const width = 76;
  const tone = share === null ? '' : share >= 0.95 ? 'b-hit' : share >= 0.8 ? 'b-mid' : 'b-low';
  return html`<td data-v="${share ?? ''}"><svg class="bar" width="${width}" height="10" aria-hidden="true"><rect class="track" width="${width}" height="10" rx="3"/><rect class="${tone}" width="${(share ?? 0) * width}" height="10" rx="3"/></svg>${percent(share)}</td>`;
}

/** A line to the longest delay, thicker to the 90th percentile, a mark at the median. */
function delayCell({ delay_s }: TypeScore, slowest_s: number): Markup {
  if (delay_s === null) return html`<td data-v="">–</td>`;
  const width = 80;
  const x = (value: number) => (Math.max(0, value) / slowest_s) * (width - 4);
  const title = `median ${duration(delay_s.p50)}, 90 % within ${duration(delay_s.p90)}, longest ${duration(delay_s.max)}`;
  return html`<td data-v="${delay_s.p50}" title="${title}"><svg class="bar" width="${width}" height="10" aria-hidden="true"><rect class="track" width="${width}" height="10" rx="3"/><rect class="found-hit" y="4" width="${x(delay_s.max)}" height="2"/><rect class="found-hit" y="2" width="${x(delay_s.p90)}" height="6" opacity=".55"/><rect class="found-hit" x="${x(delay_s.p50)}" width="3" height="10"/></svg>${duration(delay_s.p50)} <span class="soft">· ${duration(delay_s.max)}</span></td>`;
}
