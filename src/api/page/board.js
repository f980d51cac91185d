import { byId, el } from './dom.js';
import { incidentCard, refreshCaseBar, refreshTimes } from './incident-card.js';
import { showDetail } from './incident-detail.js';
import { caseIdOf, server } from './server.js';
import { knownTypes, typeNames, word } from './words.js';

const PAGE_SIZE = 24;
/** Cards on the page; beyond it the oldest go, and come back with More. */
const CARDS_MAX = 240;
const CASE_REQUESTS_MAX = 6;
const TIMES_INTERVAL_MS = 15_000;

/**
 * The list of incidents, newest first, kept current by events. What arrives while somebody points at a card or
 * has scrolled waits behind a button, so that nothing moves under the hand that is about to decide.
 */
export class Board {
  mayDecide = false;
  #onSignedOut;
  #filter = { status: '', type: '' };
  #incidents = new Map();
  #cases = new Map();
  #cards = new Map();
  #waiting = [];
  #next = null;
  #loading = 0;
  #types = new Set(knownTypes());
  #list = byId('incidents');
  #actions = {
    open: (id) => void this.#open(id),
    step: (id, action, step) => void this.#step(id, action, step),
  };

  constructor({ onSignedOut }) {
    this.#onSignedOut = onSignedOut;
    this.#drawFilters();
    byId('more').addEventListener('click', () => void this.#loadMore());
    byId('fresh').addEventListener('click', () => {
      window.scrollTo({ top: 0 });
      this.#admitWaiting();
    });
    this.#list.addEventListener('pointerleave', ({ relatedTarget }) => {
      // On the way to the button it must not vanish from under the pointer.
      if (relatedTarget !== byId('fresh') && this.#isCalm()) this.#admitWaiting();
    });
    window.addEventListener('scroll', () => this.#isCalm() && this.#admitWaiting(), { passive: true });
    setInterval(() => this.#refreshTimes(), TIMES_INTERVAL_MS);
  }

  /** Reads the newest page afresh; cards that are still in it keep their pictures. */
  async load() {
    this.#loading += 1;
    const turn = this.#loading;
    try {
      const { items, next } = await server.incidents(this.#query());
      if (turn !== this.#loading) return;
      this.#waiting = [];
      this.#next = next;
      const keep = new Set(items.map(({ id }) => id));
      for (const id of [...this.#cards.keys()]) if (!keep.has(id)) this.#remove(id);
      for (const incident of items) this.#put(incident);
      this.#list.append(...items.map(({ id }) => this.#cards.get(id)));
      this.#say('');
      this.#showState();
      await this.#fetchCases(items.map(({ id }) => id));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Applies a CloudEvent: of an incident, or of a case. */
  apply({ type, data }) {
    if (type.startsWith('xuncheng.case.')) {
      this.#applyCase(data);
      return;
    }
    const known = this.#incidents.get(data.id);
    if (known !== undefined) {
      if (data.version <= known.version) return;
      this.#put(data, true);
      if (!this.#fits(data)) this.#remove(data.id);
    } else if (this.#fits(data)) {
      this.#arrive(data, type === 'xuncheng.incident.opened');
    }
    this.#showState();
  }

  /** A case that was just fetched may know the event's step already, or more. */
  #applyCase(data) {
    const known = this.#cases.get(data.incidentId);
    if (known !== undefined && known.updatedAt > data.updatedAt) return;
    const { history } = known ?? {};
    const isKnown = history?.some((step) => step.at === data.transition.at && step.to === data.transition.to);
    this.#setCase(data.incidentId, {
      ...data,
      history: isKnown ? history : history && [...history, data.transition],
    });
  }

  clear() {
    this.#loading += 1;
    for (const id of [...this.#cards.keys()]) this.#remove(id);
    this.#cases.clear();
    this.#waiting = [];
    this.#next = null;
    this.#showState();
  }

  /** Draws everything anew, in another language. */
  redraw() {
    this.#drawFilters();
    for (const incident of [...this.#incidents.values()]) this.#put(incident, true);
    this.#showState();
  }

  #query(after) {
    const entries = Object.entries({ ...this.#filter, limit: PAGE_SIZE, after });
    return Object.fromEntries(
      entries.filter(([, value]) => value !== '' && value !== undefined && value !== null),
    );
  }

  #fits({ status, type }) {
    return (
      (this.#filter.status === '' || this.#filter.status === status) &&
      (this.#filter.type === '' || this.#filter.type === type)
    );
  }

  async #loadMore() {
    if (this.#next === '') return this.load();
    const turn = this.#loading;
    try {
      const { items, next } = await server.incidents(this.#query(this.#next));
      if (turn !== this.#loading) return;
      this.#next = next;
      for (const incident of items) {
        const card = this.#put(incident);
        if (card.parentNode === null) this.#list.append(card);
      }
      this.#showState();
      await this.#fetchCases(items.map(({ id }) => id));
    } catch (error) {
      this.#fail(error);
    }
  }

  #arrive(incident, isNew) {
    if (this.#waiting.some(({ id }) => id === incident.id)) {
      this.#waiting = this.#waiting.map((other) => (other.id === incident.id ? incident : other));
      return;
    }
    this.#waiting.push(incident);
    const { zh, en } = typeNames(incident.type, incident.code);
    if (isNew) byId('announce').textContent = word('newIncident', `${zh} ${en}`);
    if (this.#isCalm()) this.#admitWaiting();
  }

  /** True where a card that comes in on top moves nothing that somebody is about to press. */
  #isCalm() {
    return (
      window.scrollY < 60 && !this.#list.matches(':hover') && !this.#list.contains(document.activeElement)
    );
  }

  #admitWaiting() {
    const arrived = this.#waiting;
    this.#waiting = [];
    for (const incident of arrived) {
      const card = this.#put(incident);
      card.classList.add('new');
      this.#list.prepend(card);
    }
    while (this.#cards.size > CARDS_MAX) this.#dropOldest();
    this.#showState();
    void this.#fetchCases(arrived.map(({ id }) => id));
  }

  #dropOldest() {
    const last = this.#list.lastElementChild;
    this.#remove(last.dataset.id);
    // What was dropped lies before the cursor: More begins again from the newest.
    this.#next = '';
  }

  /** Makes or renews a card; a picture that stays the same is kept, not loaded again. */
  #put(incident, redraw = false) {
    const { id } = incident;
    const old = this.#cards.get(id);
    const isSame = this.#incidents.get(id)?.version === incident.version;
    this.#incidents.set(id, incident);
    if (old !== undefined && isSame && !redraw) return old;
    if (!this.#types.has(incident.type)) {
      this.#types.add(incident.type);
      this.#drawFilters();
    }
    const card = incidentCard(incident, this.#cases.get(id), this.#cardActions());
    if (old !== undefined) replaceCard(old, card);
    this.#cards.set(id, card);
    this.#refreshDetail(id);
    return card;
  }

  #remove(id) {
    this.#cards.get(id)?.remove();
    this.#cards.delete(id);
    this.#incidents.delete(id);
    this.#cases.delete(id);
  }

  #cardActions() {
    return { ...this.#actions, mayDecide: this.mayDecide };
  }

  #setCase(incidentId, caseFile) {
    if (!this.#incidents.has(incidentId)) return;
    this.#cases.set(incidentId, caseFile);
    const card = this.#cards.get(incidentId);
    if (card !== undefined) refreshCaseBar(card, incidentId, caseFile, this.#cardActions());
    this.#refreshDetail(incidentId);
  }

  async #fetchCases(incidentIds) {
    const wanted = incidentIds.filter((id) => !this.#cases.has(id));
    const worker = async () => {
      for (let id = wanted.shift(); id !== undefined; id = wanted.shift()) {
        try {
          this.#setCase(id, await server.case(caseIdOf(id)));
        } catch (error) {
          if (error.status === 401) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: CASE_REQUESTS_MAX }, worker)).catch((error) => this.#fail(error));
  }

  async #open(id) {
    const incident = this.#incidents.get(id);
    if (incident === undefined) return;
    showDetail(incident, this.#cases.get(id), this.#cardActions());
    try {
      this.#setCase(id, await server.case(caseIdOf(id)));
    } catch (error) {
      this.#fail(error);
    }
  }

  #refreshDetail(id) {
    const dialog = byId('detail');
    if (!dialog.open || dialog.dataset.id !== id) return;
    // Whoever is writing a note is not interrupted; the next change or the step itself shows it.
    if (document.activeElement?.id === 'note') return;
    showDetail(this.#incidents.get(id), this.#cases.get(id), this.#cardActions());
  }

  async #step(id, action, step) {
    const card = this.#cards.get(id);
    for (const button of card?.querySelectorAll('.decide button') ?? []) button.disabled = true;
    try {
      await server.step(caseIdOf(id), action, step);
      this.#say('');
    } catch (error) {
      this.#fail(error);
    }
    document.activeElement?.blur();
    try {
      this.#setCase(id, await server.case(caseIdOf(id)));
    } catch (error) {
      this.#fail(error);
    }
  }

  #refreshTimes() {
    for (const [id, incident] of this.#incidents) {
      const card = this.#cards.get(id);
      if (card !== undefined) refreshTimes(card, incident);
    }
  }

  #fail(error) {
    if (error.status === 401) this.#onSignedOut();
    else this.#say(word('failed', error.message));
  }

  #say(problem) {
    byId('problem').textContent = problem;
  }

  #showState() {
    const count = this.#cards.size;
    byId('shown').textContent = count === 0 ? '' : word('shown', count);
    byId('more').hidden = this.#next === null;
    byId('empty').hidden = count > 0;
    const isFiltered = this.#filter.status !== '' || this.#filter.type !== '';
    byId('empty').textContent = word(isFiltered ? 'empty' : 'emptyQuiet');
    byId('fresh').hidden = this.#waiting.length === 0;
    byId('fresh').textContent = word('fresh', this.#waiting.length);
  }

  #drawFilters() {
    const choose = (changes) => {
      Object.assign(this.#filter, changes);
      this.#drawFilters();
      void this.load();
    };
    byId('status-filter').replaceChildren(
      ...['', 'open', 'ended'].map((status) =>
        el(
          'button',
          {
            type: 'button',
            'aria-pressed': String(this.#filter.status === status),
            on: { click: () => choose({ status }) },
          },
          word(status === '' ? 'all' : status),
        ),
      ),
    );
    const select = byId('type-filter');
    const options = [...this.#types].map((type) => {
      const { zh, en } = typeNames(type);
      return el('option', { value: type }, zh === en ? zh : `${zh} ${en}`);
    });
    select.replaceChildren(el('option', { value: '' }, word('allTypes')), ...options);
    select.value = this.#filter.type;
    select.onchange = () => choose({ type: select.value });
  }
}

function replaceCard(old, card) {
  const focused = old.contains(document.activeElement) ? document.activeElement : undefined;
  const [before, after] = [old.querySelector('.shot img'), card.querySelector('.shot img')];
  if (before !== null && after !== null && before.getAttribute('src') === after.getAttribute('src')) {
    after.replaceWith(before);
  }
  old.replaceWith(card);
  if (focused === undefined) return;
  const { action } = focused.dataset;
  (
    card.querySelector(action ? `[data-action="${action}"]` : '.title') ?? card.querySelector('.title')
  ).focus();
}
