import { seriesChart, trackChart } from './charts.js';
import { el } from './dom.js';
import { server } from './server.js';
import { clockTime } from './times.js';
import { typeNames, word } from './words.js';

const DRAWN = { track: trackChart, series: seriesChart };
/** Drawn tracks and series by href: their files never change. Oldest go first. */
const FILES_MAX = 200;
const files = new Map();

/**
 * The one item of evidence that shows most: what a closer look has picked, else the newest annotated picture on which it was seen (what comes after is
 * the place without it), else a picture, else a drawing.
 */
export function leadEvidence({ evidence, lastSeenAt, focus }) {
  const newest = [...evidence].sort((a, b) => (a.at < b.at ? 1 : -1));
  const seenBy_ms = Date.parse(lastSeenAt);
  return (
    newest.find(({ id }) => focus?.best !== undefined && id === focus.best) ??
    newest.find(
      ({ kind, role, at }) => kind === 'snapshot' && role === 'annotated' && Date.parse(at) <= seenBy_ms,
    ) ??
    newest.find(({ kind, role }) => kind === 'snapshot' && role === 'annotated') ??
    newest.find(({ kind }) => kind === 'snapshot') ??
    newest.find(({ kind }) => kind === 'track') ??
    newest.find(({ kind }) => kind === 'series') ??
    newest[0]
  );
}

/** A picture, a drawn track or series, or a link to what this page cannot show. */
export function evidenceView(item, incident) {
  const { zh, en } = typeNames(incident.type, incident.code);
  const alt = `${zh} ${en}, ${incident.place.street ?? ''} ${clockTime(item.at)}`;
  if (item.kind === 'snapshot') return picture(item.href, alt);
  if (item.kind === 'clip')
    return el('video', { src: item.href, controls: true, preload: 'none', 'aria-label': alt });
  const frame = el('div', { class: 'drawing' });
  void drawInto(frame, item);
  return frame;
}

export function noEvidence() {
  return el('p', { class: 'no-evidence' }, word('noEvidence'));
}

function picture(href, alt) {
  const image = el('img', { src: href, alt, loading: 'lazy', decoding: 'async' });
  image.addEventListener(
    'error',
    () => image.replaceWith(el('p', { class: 'no-evidence' }, word('evidenceGone'))),
    {
      once: true,
    },
  );
  return image;
}

async function drawInto(frame, { kind, href }) {
  try {
    const file = await read(href);
    frame.replaceChildren((DRAWN[kind] ?? seriesChart)(file));
  } catch {
    frame.replaceChildren(el('p', { class: 'no-evidence' }, word('evidenceGone')));
  }
}

function read(href) {
  const known = files.get(href);
  if (known !== undefined) return known;
  if (files.size >= FILES_MAX) files.delete(files.keys().next().value);
  const reading = server.evidence(href);
  files.set(href, reading);
  // A failure may pass: the next look asks again.
  reading.catch(() => files.delete(href));
  return reading;
}
