import { el } from './dom.js';
import { evidenceView, leadEvidence, noEvidence } from './evidence-view.js';
import { headlines } from './measures.js';
import { ago, clockTime, duration, fullTime, nowIso } from './times.js';
import { typeNames, word } from './words.js';

const MEASURES_SHOWN = 3;

/** The card of an incident. `actions` has `open(id)`, `step(id, action)` and `mayDecide`. */
export function incidentCard(incident, caseFile, actions) {
  const { zh, en } = typeNames(incident.type, incident.code);
  const { id, severity, status } = incident;
  const title = el(
    'button',
    { type: 'button', class: 'title', on: { click: () => actions.open(id) } },
    el('b', { lang: 'zh' }, zh),
    ' ',
    el('span', { lang: 'en' }, en),
  );
  return el(
    'li',
    { class: 'card', data: { id, severity, status } },
    el(
      'div',
      { class: 'shot', on: { click: () => actions.open(id) } },
      leadView(incident),
      severityBadge(severity),
      status === 'open'
        ? el('span', { class: 'badge going' }, el('i', { class: 'dot' }), word('open'))
        : undefined,
    ),
    el(
      'div',
      { class: 'body' },
      el('h3', {}, title),
      el('p', { class: 'where' }, placeText(incident)),
      el('p', { class: 'when' }, ...whenParts(incident)),
      measureChips(incident),
      el('div', { class: 'foot' }, sourceText(incident), confidenceBar(incident.confidence)),
    ),
    caseBar(id, caseFile, actions),
  );
}

/** Fills the case's part of a card anew, without touching its picture. */
export function refreshCaseBar(card, incidentId, caseFile, actions) {
  card.querySelector('.case-bar')?.replaceWith(caseBar(incidentId, caseFile, actions));
}

/** Brings the relative times of a card up to date. */
export function refreshTimes(card, incident) {
  card.querySelector('.when')?.replaceChildren(...whenParts(incident));
}

export function severityBadge(severity) {
  return el(
    'span',
    { class: 'badge severity', data: { severity }, title: `${word('severity')} ${severity}/4` },
    word(`severity${severity}`),
  );
}

export function stateChip(state) {
  return el('span', { class: 'chip state-chip', data: { state } }, word(`state_${state}`));
}

export function placeText({ place, subject }) {
  const where = place.street ?? place.zoneId ?? `${place.lon.toFixed(5)}, ${place.lat.toFixed(5)}`;
  const who = subject?.plate ?? subject?.deviceId;
  return who === undefined ? where : `${where} · ${who}`;
}

export function confidenceBar(confidence) {
  const percent = `${Math.round(confidence * 100)} %`;
  const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, el('i'));
  meter.firstChild.style.width = `${Math.round(confidence * 100)}%`;
  return el(
    'span',
    { class: 'confidence', title: word('confidence') },
    el('span', { class: 'unseen' }, word('confidence')),
    meter,
    percent,
  );
}

function leadView(incident) {
  const lead = leadEvidence(incident);
  return lead === undefined ? noEvidence() : evidenceView(lead, incident);
}

function whenParts({ onsetAt, lastSeenAt, endedAt, status }) {
  const until = status === 'ended' ? (endedAt ?? lastSeenAt) : nowIso();
  const span = duration(Date.parse(until) - Date.parse(onsetAt));
  return [
    el('time', { datetime: onsetAt, title: fullTime(onsetAt) }, clockTime(onsetAt)),
    el('span', {}, ago(onsetAt)),
    el('span', {}, word(status === 'ended' ? 'lasted' : 'since', span)),
  ];
}

function measureChips({ measures }) {
  const entries = headlines(measures, MEASURES_SHOWN);
  if (entries.length === 0) return undefined;
  return el(
    'dl',
    { class: 'measures' },
    entries.map(([label, text]) => el('div', {}, el('dt', {}, label), el('dd', {}, text))),
  );
}

function sourceText({ sources, missing }) {
  const seen = sources.map(({ modality, deviceId }) => `${word(modality)} ${deviceId}`).join(', ');
  // A camera that was away several times is said once; when and why stands in the detail.
  const absent = [...new Set(missing.map(({ modality }) => modality))];
  const lacks = absent.map((modality) => `${word('missing')}: ${word(modality)}`).join(', ');
  return el(
    'span',
    { class: 'sources', title: [seen, lacks].filter(Boolean).join(' · ') },
    seen,
    lacks && el('em', {}, ` ${lacks}`),
  );
}

function caseBar(incidentId, caseFile, actions) {
  if (caseFile === undefined)
    return el('div', { class: 'case-bar' }, el('span', { class: 'chip waiting' }, '…'));
  const { state, lease } = caseFile;
  const held =
    lease && el('span', { class: 'lease' }, word('leasedTo', lease.consumer, clockTime(lease.expiresAt)));
  const decide = state === 'candidate' && actions.mayDecide && lease === undefined;
  const button = (action, style) =>
    el(
      'button',
      {
        type: 'button',
        class: style,
        data: { action },
        on: { click: () => actions.step(incidentId, action) },
      },
      word(action),
    );
  return el(
    'div',
    { class: 'case-bar' },
    stateChip(state),
    held,
    decide && el('span', { class: 'decide' }, button('reject', 'quiet'), button('accept', 'primary')),
  );
}
