import { createHash } from 'node:crypto';
import type { Comparison } from '../compare.ts';
import type { GateFailure } from '../gates.ts';
import type { Score } from '../score-result.ts';
import { createClock } from '../wording.ts';
import { comparisonSection } from './comparison-section.ts';
import { alarmList, duplicateList, hitList, missList } from './lists.ts';
import { html, type Markup, raw } from './markup.ts';
import type { ReportPictures } from './picture.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { gatePanel, tiles, typeTable } from './summary.ts';
import { timeline } from './timeline.ts';

/** What a report shows. */
export interface ReportContent {
  readonly score: Score;
  /** The score as the later run `b`, with an earlier one. */
  readonly comparison?: Comparison;
  /** Given where gates were: the page says whether they are kept. */
  readonly failures?: readonly GateFailure[];
  readonly pictures: ReportPictures;
}

/** The report as one page that needs nothing else: no script but its own can run in it, and it loads nothing. */
export function reportPage({ score, comparison, failures, pictures }: ReportContent): string {
  const clock = createClock(score.timeZone);
  const title = `${score.recording}: ${score.name}`;
  const policy = `default-src 'none'; img-src data:; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'`;
  const compared = comparison && comparisonSection(comparison, pictures, clock);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>
<h1>${score.recording}</h1>
<p class="soft">${score.name} · ${clock.full(score.from_ms)} to ${clock.full(score.to_ms)} (${score.timeZone}) · ${score.devices.length} devices</p>
${gatePanel(failures)}${tiles(score)}
${typeTable(score)}
<h2>Timeline</h2>
${timeline(score)}
${controls(score)}
${pictures.notes.map((note) => html`<p class="note">${note}</p>`)}
${compared}${missList(score, pictures, clock)}
${alarmList(score, pictures, clock)}
${duplicateList(score, pictures, clock)}
${hitList(score, clock)}
${ignoredList(score)}
<dialog id="zoom"></dialog>
</main>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
}

function controls({ types }: Score): Markup {
  const options = types.map(({ type }) => html`<option value="${type}">${type}</option>`);
  return html`<div class="controls"><input id="filter" type="search" placeholder="filter: words, ids, devices" aria-label="filter"><select id="type" aria-label="type"><option value="">all types</option>${options}</select></div>`;
}

function ignoredList({ ignored }: Score): Markup | undefined {
  if (ignored.length === 0) return undefined;
  const names = ignored
    .slice(0, 100)
    .map(({ label, reason }) => html`<p class="note">${label.type} ${label.id}: ${reason}</p>`);
  return html`<h2>Not counted <span class="count">${ignored.length}</span></h2>${names}`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
