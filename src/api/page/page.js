import { Board } from './board.js';
import { Cameras } from './cameras.js';
import { byId, closeButton, el } from './dom.js';
import { Reports } from './reports.js';
import { followEvents, server } from './server.js';
import { fullTime, noteNow, nowIso, useTimeZone } from './times.js';
import { currentLanguage, switchLanguage, word } from './words.js';

const HEALTH_INTERVAL_MS = 15_000;
/** From two looks at the gateway's clock it is known how fast it goes. */
const CLOCK_SECOND_MS = 2000;
const COUNTS_DELAY_MS = 1000;
const IN_HAND = ['accepted', 'dispatched', 'handled', 'reopened'];
const DECIDING_ROLES = ['operator', 'integrator', 'admin'];

const board = new Board({ onSignedOut: () => showSignIn(word('sessionOver')) });
const cameras = new Cameras();
const reports = new Reports();
let stopEvents = () => {};
let countsTimer;
let health;
let isLive = false;
let holder;

wire();
applyWords();
void enter();

/** Signs in by the key in the address, which is taken out of it at once, or goes on with the session. */
async function enter() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    history.replaceState(null, '', location.pathname + location.search);
    await signIn(key);
    return;
  }
  try {
    start(await server.whoAmI());
  } catch {
    showSignIn('');
  }
}

async function signIn(key) {
  try {
    const signedIn = await server.signIn(key);
    byId('key').value = '';
    start(signedIn);
  } catch (error) {
    showSignIn(
      error.status === 429
        ? word('tooMany')
        : error.status === 401
          ? word('wrongKey')
          : word('failed', error.message),
    );
  }
}

function start(signedIn) {
  holder = signedIn;
  useTimeZone(holder.timeZone);
  byId('sign-in').hidden = true;
  for (const id of ['board', 'counts', 'states', 'who', 'sign-out']) byId(id).hidden = false;
  byId('who').textContent = holder.name;
  byId('who').title = holder.role;
  board.mayDecide = DECIDING_ROLES.includes(holder.role);
  cameras.mayDecide = board.mayDecide;
  noteNow(holder.now);
  setTimeout(() => void lookAtClock(), CLOCK_SECOND_MS);
  void lookAtHealth();
  stopEvents();
  stopEvents = followEvents({
    onOpen: () => {
      showLive(true);
      // What happened before the stream stood, or while it was down, is in the list.
      void board.load();
      countSoon();
    },
    onLost: () => showLive(false),
    onEvent: (event) => {
      board.apply(event);
      countSoon();
    },
  });
}

function showSignIn(problem) {
  stopEvents();
  stopEvents = () => {};
  holder = undefined;
  board.clear();
  for (const id of ['board', 'counts', 'states', 'who', 'sign-out']) byId(id).hidden = true;
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  byId('sign-in').hidden = false;
  byId('sign-in-problem').textContent = problem;
  byId('key').focus();
}

function wire() {
  byId('sign-in-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void signIn(byId('key').value.trim());
  });
  byId('sign-out').addEventListener('click', () => {
    server.signOut().catch(() => undefined);
    showSignIn('');
  });
  byId('language').addEventListener('click', () => {
    switchLanguage();
    applyWords();
    board.redraw();
    showLive(isLive);
    showHealth();
    countSoon();
  });
  byId('health-state').addEventListener('click', showHealthDialog);
  byId('cameras-button').addEventListener('click', () => void cameras.open());
  byId('reports-button').addEventListener('click', () => void reports.open());
  window.addEventListener('hashchange', () => void enter());
  setInterval(() => {
    if (holder === undefined) return;
    void lookAtHealth();
    void lookAtClock();
  }, HEALTH_INTERVAL_MS);
  for (const dialog of document.querySelectorAll('dialog')) {
    // A click on the dialog itself, not on what is in it, is one on the backdrop.
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  }
}

function applyWords() {
  document.documentElement.lang = currentLanguage() === 'zh' ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-word]'))
    element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', word(element.dataset.label));
  }
  const language = byId('language');
  language.textContent = currentLanguage() === 'zh' ? 'EN' : '中文';
  language.lang = currentLanguage() === 'zh' ? 'en' : 'zh-CN';
}

function showLive(live) {
  isLive = live;
  const state = byId('live-state');
  state.dataset.state = live ? 'good' : 'poor';
  state.lastElementChild.textContent = word(live ? 'live' : 'reconnecting');
}

/** What time it is for the gateway, which in a rehearsal goes faster, or stands still. */
async function lookAtClock() {
  try {
    noteNow((await server.whoAmI()).now);
  } catch {
    // Events or the next look say that the gateway is away.
  }
}

async function lookAtHealth() {
  try {
    health = await server.health();
  } catch {
    health = undefined;
  }
  showHealth();
}

function showHealth() {
  const bad = health?.parts.filter(({ ready }) => !ready).length;
  const state = byId('health-state');
  state.dataset.state = bad === 0 ? 'good' : 'bad';
  state.lastElementChild.textContent =
    bad === undefined ? word('unreachable') : bad === 0 ? word('healthy') : word('unhealthy', bad);
}

function showHealthDialog() {
  const dialog = byId('health');
  const rows = (health?.parts ?? []).map(({ name, ready, detail }) =>
    el(
      'li',
      { data: { state: ready ? 'good' : 'bad' } },
      el('i', { class: 'dot' }),
      el('b', {}, name),
      el('span', {}, word(ready ? 'ready' : 'notReady')),
      detail && el('small', {}, detail),
    ),
  );
  dialog.replaceChildren(
    el('header', {}, el('h2', { id: 'health-title' }, word('health')), closeButton(dialog)),
    el(
      'ul',
      { class: 'parts' },
      rows.length > 0 ? rows : el('li', { data: { state: 'bad' } }, word('unreachable')),
    ),
    el('p', { class: 'ids' }, fullTime(nowIso())),
  );
  dialog.showModal();
}

/** Events come in bursts: the counts are fetched once for all of them. */
function countSoon() {
  if (countsTimer !== undefined) return;
  countsTimer = setTimeout(async () => {
    countsTimer = undefined;
    try {
      showCounts(await server.counts());
    } catch {
      // The next event asks again; what is shown stays.
    }
  }, COUNTS_DELAY_MS);
}

function showCounts({ openIncidents, cases }) {
  const open = Object.values(openIncidents).reduce((sum, count) => sum + count, 0);
  const inHand = IN_HAND.reduce((sum, state) => sum + (cases[state] ?? 0), 0);
  const entry = (value, label, kind) =>
    el('li', { data: { kind } }, el('b', {}, String(value)), ` ${word(label)}`);
  byId('counts').replaceChildren(
    entry(open, 'openCount', 'open'),
    entry(cases.candidate ?? 0, 'candidateCount', 'candidate'),
    entry(inHand, 'inHandCount', 'hand'),
  );
  document.title = open > 0 ? `(${open}) Xuncheng 巡城` : 'Xuncheng 巡城';
}
