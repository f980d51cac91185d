import type { Score } from '../score-result.ts';
import { cutText } from '../text-table.ts';
import { createClock } from '../wording.ts';
import { html, type Markup } from './markup.ts';
import { axisTicks } from './time-axis.ts';
import { type Lane, lanesOf, type TimelineBar } from './timeline-lanes.ts';

const WIDTH = 1180;
const GUTTER = 205;
const RIGHT = 24;
const BAR = 9;
const STEP = 11;
const BAR_MIN = 3;
/** Bars at one time beside each other in a lane; further ones lie on the last. */
const ROWS_MAX = 4;
/** Lanes and bars drawn; more cannot be read. */
const LANES_MAX = 120;
const BARS_MAX = 4000;
/** Cells of a name, a wide character being two. */
const NAME_MAX = 27;

/** Labels above, incidents below, for each type and device over the span of the recording. */
export function timeline(score: Score): Markup {
  const lanes = lanesOf(score);
  const shown = withinBars(lanes.slice(0, LANES_MAX));
  if (lanes.length === 0) return html`<p class="panel soft">Nothing is labelled and nothing was found.</p>`;
  const names = new Map(score.devices.map(({ id, name }) => [id, name]));
  const span_ms = Math.max(1, score.to_ms - score.from_ms);
  const x = (at_ms: number): number => {
    const share = Math.min(1, Math.max(0, (at_ms - score.from_ms) / span_ms));
    return GUTTER + share * (WIDTH - GUTTER - RIGHT);
  };
  const drawn: Markup[] = [];
  let y = 24;
  let type: string | undefined;
  for (const lane of shown) {
    if (lane.type !== type) {
      drawn.push(html`<text class="type" x="4" y="${y + 14}">${lane.type}</text>`);
      y += 22;
      type = lane.type;
    }
    const { markup, height } = laneMarkup(lane, y, x, names.get(lane.deviceId));
    drawn.push(markup);
    y += height;
  }
  const left = lanes.length - shown.length;
  const more = left > 0 ? html`<p class="note">${left} more lanes are left out.</p>` : undefined;
  return html`<div class="panel">${legend()}<svg class="timeline" viewBox="0 0 ${WIDTH} ${y + 6}" role="img" aria-label="Labels and incidents over time">${axis(score, x, y)}${drawn}</svg>${more}</div>`;
}

function withinBars(lanes: readonly Lane[]): Lane[] {
  let bars = 0;
  return lanes.filter((lane) => {
    bars += lane.bars.length;
    return bars <= BARS_MAX;
  });
}

function axis(score: Score, x: (at_ms: number) => number, bottom: number): Markup[] {
  const clock = createClock(score.timeZone);
  return axisTicks(score.from_ms, score.to_ms, score.timeZone).map((at_ms) => {
    const words = clock.minute(at_ms) === '00:00' ? clock.moment(at_ms).slice(0, 5) : clock.minute(at_ms);
    return html`<line class="grid" x1="${x(at_ms)}" x2="${x(at_ms)}" y1="18" y2="${bottom}"/><text x="${x(at_ms)}" y="12" text-anchor="middle">${words}</text>`;
  });
}

function laneMarkup(
  lane: Lane,
  top: number,
  x: (at_ms: number) => number,
  name: string | undefined,
): { readonly markup: Markup; readonly height: number } {
  const labels = stacked(lane.bars.filter(({ side }) => side === 'label'));
  const founds = stacked(lane.bars.filter(({ side }) => side === 'found'));
  const upper = labels.rows * STEP;
  const height = upper + founds.rows * STEP + 10;
  const words = name === undefined ? lane.deviceId : `${lane.deviceId} ${name}`;
  const text = cutText(words, NAME_MAX);
  const bars = [
    ...labels.bars.map(({ bar, row }) => barMarkup(bar, top + row * STEP, x)),
    ...founds.bars.map(({ bar, row }) => barMarkup(bar, top + upper + row * STEP, x)),
  ];
  const middle = top + upper - 1;
  const markup = html`<text x="12" y="${top + upper + 3}"><title>${words}</title>${text}</text><line class="grid" x1="${GUTTER}" x2="${WIDTH - RIGHT}" y1="${middle}" y2="${middle}" stroke-opacity=".6"/>${bars}`;
  return { markup, height };
}

/** Puts bars of one time into rows of their own. */
function stacked(bars: readonly TimelineBar[]) {
  const ends: number[] = [];
  const placed = [...bars]
    .sort((a, b) => a.from_ms - b.from_ms)
    .map((bar) => {
      const free = ends.findIndex((end_ms) => end_ms <= bar.from_ms);
      const row = free >= 0 ? free : Math.min(ends.length, ROWS_MAX - 1);
      ends[row] = Math.max(ends[row] ?? bar.to_ms, bar.to_ms);
      return { bar, row };
    });
  return { bars: placed, rows: Math.max(1, ends.length) };
}

function barMarkup(bar: TimelineBar, y: number, x: (at_ms: number) => number): Markup {
  const from = x(bar.from_ms);
  const width = Math.max(BAR_MIN, x(bar.to_ms) - from);
  const opened =
    bar.opened_ms === undefined
      ? undefined
      : html`<line class="opened" x1="${x(bar.opened_ms)}" x2="${x(bar.opened_ms)}" y1="${y - 1}" y2="${y + BAR}"/>`;
  const shape = html`<rect class="${bar.className}" x="${from}" y="${y}" width="${width}" height="${BAR - 1}" rx="2"><title>${bar.title}</title></rect>${opened}`;
  return bar.href === undefined ? shape : html`<a href="${bar.href}">${shape}</a>`;
}

function legend(): Markup {
  const box = (className: string, text: string) =>
    html`<span><svg width="22" height="10" aria-hidden="true"><rect class="${className}" x="1" y="1" width="20" height="8" rx="2"/></svg>${text}</span>`;
  return html`<div class="legend">${[
    box('label-hit', 'labelled, found'),
    box('label-miss', 'labelled, missed'),
    box('label-decoy', 'looks like one'),
    box('label-ignored', 'does not count'),
    box('found-hit', 'hit'),
    box('found-false', 'false alarm'),
    box('found-twice', 'again'),
  ]}<span><svg width="10" height="10" aria-hidden="true"><line class="opened" x1="5" x2="5" y1="0" y2="10"/></svg>reported</span></div>`;
}
