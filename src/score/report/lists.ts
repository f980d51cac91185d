import type { Hit, Score, ScoredIncident } from '../score-result.ts';
import { alarmText, type Clock, duration, labelPlace, missText, placeOf } from '../wording.ts';
import { html, type Markup } from './markup.ts';
import { foundKey, missKey, pictureFrame, type ReportPicture, type ReportPictures } from './picture.ts';

/** Of a longer list the first so many are in the page. */
const ITEMS_MAX = 500;
const MEASURES_MAX = 8;

/** Missed labels, each with a frame of its camera at its middle. */
export function missList({ misses }: Score, { pictures }: ReportPictures, clock: Clock): Markup {
  const cards = misses.slice(0, ITEMS_MAX).map((miss, index) => {
    const { label } = miss;
    const title = label.note ?? label.id;
    return card({
      id: `m${index}`,
      className: 'miss',
      type: label.type,
      time_ms: label.from_ms,
      place: labelPlace(label),
      picture: pictures.get(missKey(label)),
      alt: `${label.id} was missed`,
      none: 'no frame',
      heading: html`<b>${title}</b> <span class="chip">${label.type}</span>`,
      lines: [
        html`${clock.moment(label.from_ms)} for ${duration((label.to_ms - label.from_ms) / 1000)}`,
        html`${labelPlace(label)}`,
        html`label ${label.id}; counts after ${duration(label.dwell_s)}`,
      ],
      why: missText(miss),
    });
  });
  return cardSection('missed', 'Missed', misses.length, cards);
}

/** False alarms, each with its evidence. */
export function alarmList({ falseAlarms }: Score, { pictures }: ReportPictures, clock: Clock): Markup {
  const cards = falseAlarms.slice(0, ITEMS_MAX).map((alarm, index) =>
    card({
      ...foundCard(alarm.found, pictures.get(foundKey(alarm.found)), clock),
      id: `f${index}`,
      className: 'false',
      why: alarmText(alarm),
    }),
  );
  return cardSection('false', 'False alarms', falseAlarms.length, cards);
}

/** Further incidents of labels that were found already. */
export function duplicateList({ duplicates }: Score, { pictures }: ReportPictures, clock: Clock): Markup {
  const cards = duplicates.slice(0, ITEMS_MAX).map(({ found, firstId, labelId }, index) =>
    card({
      ...foundCard(found, pictures.get(foundKey(found)), clock),
      id: `d${index}`,
      className: 'twice',
      why: `${labelId} was reported as ${firstId} already`,
    }),
  );
  return cardSection('twice', 'Reported more than once', duplicates.length, cards);
}

/** Hits with their delays. */
export function hitList({ hits }: Score, clock: Clock): Markup {
  const slowest_s = Math.max(1, ...hits.map(({ delay_s }) => delay_s ?? 0));
  const heads = ['began', 'type', 'label', 'incident', 'where', 'severity'];
  const rows = hits.slice(0, ITEMS_MAX).map((hit) => hitRow(hit, slowest_s, clock));
  return html`<section data-list><h2>Hits <span class="count">${hits.length}</span> <span class="count shown"></span></h2>${
    hits.length === 0
      ? html`<p class="soft">None.</p>`
      : html`<div class="panel"><table><thead><tr>${heads.map((head) => html`<th data-sortable>${head}</th>`)}<th data-sortable>delay</th><th class="n" data-sortable>beyond dwell</th></tr></thead><tbody>${rows}</tbody></table>${left(hits.length)}</div>`
  }</section>`;
}

function hitRow({ label, found, delay_s, excessDelay_s }: Hit, slowest_s: number, clock: Clock): Markup {
  const width = (Math.max(0, delay_s ?? 0) / slowest_s) * 110;
  return html`<tr data-type="${label.type}"><td data-v="${label.from_ms}">${clock.moment(label.from_ms)}</td><td>${label.type}</td><td class="wrap">${label.note ?? label.id}</td><td>${found.id}</td><td class="wrap">${placeOf(found)}</td><td class="n">${found.severity}</td><td data-v="${delay_s ?? ''}"><svg class="bar" width="110" height="10" aria-hidden="true"><rect class="track" width="110" height="10" rx="3"/><rect class="found-hit" width="${width}" height="10" rx="3"/></svg>${duration(delay_s)}</td><td class="n" data-v="${excessDelay_s ?? ''}">${duration(excessDelay_s)}</td></tr>`;
}

interface Card {
  readonly id: string;
  readonly className: string;
  readonly type: string;
  readonly time_ms: number;
  readonly place: string;
  readonly picture: ReportPicture | undefined;
  readonly alt: string;
  /** In place of the picture where there is none. */
  readonly none: string;
  readonly heading: Markup;
  readonly lines: readonly Markup[];
  readonly why: string;
}

/** What a card says of an incident. */
export function foundCard(
  found: ScoredIncident,
  picture: ReportPicture | undefined,
  clock: Clock,
): Omit<Card, 'id' | 'className' | 'why'> {
  const lasted = duration((found.lastSeen_ms - found.onset_ms) / 1000);
  const measures = Object.entries(found.measures).slice(0, MEASURES_MAX);
  const said = measures.map(([name, value]) => `${name} ${value}`).join(', ');
  return {
    type: found.type,
    time_ms: found.opened_ms,
    place: placeOf(found),
    picture,
    alt: `evidence of ${found.id}`,
    none: 'no picture',
    heading: html`<b>${placeOf(found)}</b> <span class="chip">${found.type}</span>`,
    lines: [
      html`reported ${clock.moment(found.opened_ms)}; since ${clock.moment(found.onset_ms)} for ${lasted}`,
      html`severity ${found.severity}, confidence ${found.confidence.toFixed(2)}, rule ${found.rule.id}`,
      html`${said}`,
      html`${found.id}`,
    ],
  };
}

/** One item with its picture. */
export function card({
  id,
  className,
  type,
  time_ms,
  place,
  picture,
  alt,
  none,
  heading,
  lines,
  why,
}: Card): Markup {
  return html`<article class="card ${className}" id="${id}" data-type="${type}" data-time="${time_ms}" data-place="${place}">${pictureFrame(picture, alt, none)}<div class="text"><div>${heading}</div><div class="why">${why}</div>${lines.map((line) => html`<small>${line}</small>`)}</div></article>`;
}

/** A list of cards that can be sorted and filtered. */
export function cardSection(id: string, title: string, count: number, cards: readonly Markup[]): Markup {
  const heading = html`<h2>${title} <span class="count">${count}</span> <span class="count shown"></span></h2>`;
  if (count === 0) return html`<section data-list>${heading}<p class="soft">None.</p></section>`;
  const orders = ['time', 'type', 'place'].map((key) => html`<option value="${key}">by ${key}</option>`);
  const sorting = html`<p class="sorting"><select data-sort="${id}" aria-label="order">${orders}</select></p>`;
  return html`<section data-list>${heading}${count > 1 ? sorting : undefined}<div class="cards" id="${id}">${cards}</div>${left(count)}</section>`;
}

function left(count: number): Markup | undefined {
  return count > ITEMS_MAX
    ? html`<p class="note">${count - ITEMS_MAX} more are left out here; the JSON has all.</p>`
    : undefined;
}
