import { byId, closeButton, el } from './dom.js';
import { evidenceView, noEvidence } from './evidence-view.js';
import { confidenceBar, severityBadge, stateChip } from './incident-card.js';
import { measureWords, valueWord } from './measures.js';
import { clockTime, duration, fullTime, nowIso } from './times.js';
import { typeNames, word } from './words.js';

/** Shows everything that is known of an incident. `actions` as for the card; the note goes with the step. */
export function showDetail(incident, caseFile, actions) {
  const dialog = byId('detail');
  const note = dialog.querySelector('textarea')?.value ?? '';
  const isSame = dialog.dataset.id === incident.id;
  const scroll = dialog.querySelector('.scroll')?.scrollTop ?? 0;
  dialog.dataset.id = incident.id;
  dialog.replaceChildren(head(incident, dialog), content(incident, caseFile, actions));
  const field = dialog.querySelector('textarea');
  if (isSame && field !== null) field.value = note;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('.scroll').scrollTop = isSame ? scroll : 0;
}

function head(incident, dialog) {
  const { zh, en } = typeNames(incident.type, incident.code);
  return el(
    'header',
    {},
    el('h2', { id: 'detail-title' }, el('b', { lang: 'zh' }, zh), ' ', el('span', { lang: 'en' }, en)),
    closeButton(dialog),
  );
}

function content(incident, caseFile, actions) {
  return el(
    'div',
    { class: 'scroll' },
    el(
      'div',
      { class: 'columns' },
      gallery(incident),
      el(
        'div',
        { class: 'facts' },
        // The decision stands beside the picture; on a phone it comes right after it.
        caseOf(incident, caseFile, actions),
        factsOf(incident),
        focusOf(incident),
        measuresOf(incident),
        sensesOf(incident),
        historyOf(caseFile),
      ),
    ),
    el('p', { class: 'ids' }, incident.id, ' · ', `${word('version')} ${incident.version}`),
  );
}

/** Every item of evidence with its hash: what a closer look has picked, the annotated pictures, then the rest. */
function gallery(incident) {
  const picked = [incident.focus?.best, incident.focus?.plateRegion];
  const order = ({ id, kind, role }) =>
    picked.includes(id) ? -1 : role === 'annotated' ? 0 : kind === 'snapshot' ? 2 : 1;
  const items = [...incident.evidence].sort((a, b) => order(a) - order(b) || (a.at < b.at ? 1 : -1));
  if (items.length === 0) return el('div', { class: 'gallery' }, noEvidence());
  return el(
    'div',
    { class: 'gallery' },
    items.map((item) =>
      el(
        'figure',
        { data: { kind: item.kind } },
        evidenceView(item, incident),
        el(
          'figcaption',
          {},
          el(
            'span',
            {},
            [word(item.kind), item.role && word(item.role), clockTime(item.at)].filter(Boolean).join(' · '),
          ),
          el('a', { href: item.href, target: '_blank', rel: 'noopener' }, word('open_')),
          el('code', { title: 'SHA-256' }, `sha256 ${item.sha256}`),
        ),
      ),
    ),
  );
}

function factsOf(incident) {
  const { place, subject, code, rule, model, onsetAt, lastSeenAt, endedAt, endReason, status } = incident;
  const until = status === 'ended' ? (endedAt ?? lastSeenAt) : nowIso();
  const position = `${place.lon.toFixed(5)}, ${place.lat.toFixed(5)}`;
  const rows = [
    [
      word('status'),
      `${word(status)} · ${word(status === 'ended' ? 'lasted' : 'since', duration(Date.parse(until) - Date.parse(onsetAt)))}`,
    ],
    [word('began'), fullTime(onsetAt)],
    [word('lastSeen'), fullTime(lastSeenAt)],
    [word('endedAt'), endedAt && `${fullTime(endedAt)}${endReason ? ` · ${endReason}` : ''}`],
    [word('place'), [place.street, position].filter(Boolean).join(' · ')],
    [word('zone'), place.zoneId],
    [word('grid'), place.gridCode],
    [word('subject'), [subject?.plate, subject?.deviceId].filter(Boolean).join(' · ')],
    [word('code'), [code.scheme, code.major, code.minor, code.name].filter(Boolean).join(' / ')],
    [word('rule'), `${rule.id} · ${rule.version.slice(0, 16)}`],
    [word('model'), model && `${model.id} · ${model.sha256.slice(0, 12)}…`],
  ];
  return el('section', {}, el('h3', {}, word('details')), table(rows));
}

/** Who was seen with it: when they came and went, from where and whither. */
function focusOf({ focus }) {
  if (focus === undefined) return undefined;
  const side = (name, compass) =>
    name && [word(`side_${name}`), compass && `(${compass})`].filter(Boolean).join(' ');
  const rows = focus.actors.map((actor) => {
    const came = [actor.enteredAt && clockTime(actor.enteredAt), side(actor.cameFrom, actor.cameFromCompass)];
    const left = [actor.leftAt && clockTime(actor.leftAt), side(actor.leftTo, actor.leftToCompass)];
    const told = (name, parts) =>
      parts.some(Boolean) ? `${word(name)} ${parts.filter(Boolean).join(' ')}` : '';
    const beside = `${word('beside')} ${clockTime(actor.besideFrom)} – ${clockTime(actor.besideTo)}`;
    return [
      valueWord(actor.class),
      [told('came', came), beside, told('went', left)].filter(Boolean).join(' · '),
    ];
  });
  const nobody = [[word('focus'), word('nobodySeen')]];
  return el('section', {}, el('h3', {}, word('focus')), table(rows.length === 0 ? nobody : rows));
}

function measuresOf({ measures }) {
  const rows = Object.keys(measures).map((name) => measureWords(name, measures));
  return rows.length === 0 ? undefined : el('section', {}, el('h3', {}, word('measures')), table(rows));
}

function sensesOf({ sources, missing }) {
  const span = ({ from, to }) => `${clockTime(from)} – ${clockTime(to)}`;
  return el(
    'section',
    {},
    el('h3', {}, word('sources')),
    table([
      ...sources.map((source) => [`${word(source.modality)} ${source.deviceId}`, span(source)]),
      ...missing.map((gap) => [`${word('missing')}: ${word(gap.modality)}`, `${gap.reason} · ${span(gap)}`]),
    ]),
  );
}

function caseOf(incident, caseFile, actions) {
  const { state, lease } = caseFile ?? {};
  return el(
    'section',
    {},
    el(
      'p',
      { class: 'summary' },
      state && stateChip(state),
      severityBadge(incident.severity),
      confidenceBar(incident.confidence),
    ),
    lease && el('p', { class: 'lease' }, word('leasedTo', lease.consumer, clockTime(lease.expiresAt))),
    state === 'candidate' && actions.mayDecide && lease === undefined && decideForm(incident, actions),
  );
}

function historyOf({ history = [] } = {}) {
  if (history.length === 0) return undefined;
  return el(
    'section',
    {},
    el('h3', {}, word('history')),
    el(
      'ol',
      { class: 'history' },
      [...history]
        .reverse()
        .map(({ at, actor, to, note }) =>
          el(
            'li',
            {},
            stateChip(to),
            el('span', {}, `${fullTime(at)} · ${actor}`),
            note && el('q', {}, note),
          ),
        ),
    ),
  );
}

function decideForm(incident, actions) {
  const field = el('textarea', { id: 'note', rows: 2, maxlength: 2000, placeholder: word('noteHint') });
  const step = (action, more = {}) => {
    const note = field.value.trim();
    actions.step(incident.id, action, { ...(note === '' ? {} : { note }), ...more });
  };
  const button = (label, style, click) =>
    el('button', { type: 'button', class: style, on: { click } }, word(label));
  return el(
    'div',
    { class: 'decide-form' },
    el('label', { for: 'note' }, word('note')),
    field,
    el(
      'div',
      { class: 'decide' },
      isOfPlace(incident) && button('rejectPlace', 'quiet', () => step('reject', { suppressPlace: true })),
      button('reject', 'quiet', () => step('reject')),
      button('accept', 'primary', () => step('accept')),
    ),
  );
}

/** About something at a place in a camera's picture: it can be rejected there once and for all. */
function isOfPlace({ sources, measures }) {
  return (
    sources.some(({ modality }) => modality === 'camera') && /^\d+-\d+$/.test(String(measures.place ?? ''))
  );
}

function table(rows) {
  return el(
    'dl',
    { class: 'table' },
    rows
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
  );
}
