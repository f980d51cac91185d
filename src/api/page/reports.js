import { byId, closeButton, el } from './dom.js';
import { server } from './server.js';
import { duration, localDay } from './times.js';
import { chosen, typeNames, word } from './words.js';

const PERIODS = ['daily', 'weekly', 'monthly'];
const GROUPS = {
  byDistrict: 'district',
  byStreet: 'street',
  byType: 'type',
  byGrid: 'grid',
  byDevice: 'device',
};

const number = (value) => String(value);
const percent = (share) => (share === null ? '–' : `${Math.round(share * 1000) / 10} %`);
const seconds = (value) => (value === null ? '–' : duration(value * 1000));
/** Columns: key of the figures and of its word, and how it is written. */
const COLUMNS = [
  ['incidents', number],
  ['accepted', number],
  ['rejected', number],
  ['precision', percent],
  ['handled', number],
  ['verified', number],
  ['reopened', number],
  ['verifiedShare', percent],
  ['acceptSeconds', seconds],
  ['verifySeconds', seconds],
];

/** The dialog of a period's figures (考核), divided as the viewer likes. */
export class Reports {
  #dialog = byId('reports');
  #body = el('div', { class: 'scroll' });
  #period = 'daily';
  #group = 'byDistrict';
  #date;

  async open() {
    // Of the day as it is so far: what is over can be gone back to.
    this.#date ??= localDay();
    this.#dialog.replaceChildren(
      el('header', {}, el('h2', { id: 'reports-title' }, word('figures')), closeButton(this.#dialog)),
      el('div', { class: 'report-choices' }, this.#periodChoice(), this.#dayChoice(), this.#groupChoice()),
      this.#body,
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    await this.#load();
  }

  #periodChoice() {
    return choice(word('period'), PERIODS, this.#period, word, (period) => {
      this.#period = period;
      void this.#load();
    });
  }

  #groupChoice() {
    return choice(word('dividedBy'), Object.keys(GROUPS), this.#group, word, (group) => {
      this.#group = group;
      void this.#load();
    });
  }

  #dayChoice() {
    const change = ({ target }) => {
      if (target.value === '') return;
      this.#date = target.value;
      void this.#load();
    };
    const input = el('input', { type: 'date', value: this.#date, max: localDay(), on: { change } });
    return el('label', { class: 'pick' }, el('span', {}, word('day')), input);
  }

  async #load() {
    const asked = [this.#period, this.#date, this.#group].join();
    try {
      const report = await server.report(this.#period, this.#date);
      // Another one was asked for meanwhile.
      if (asked !== [this.#period, this.#date, this.#group].join()) return;
      this.#body.replaceChildren(...view(report, this.#group));
    } catch (error) {
      this.#body.replaceChildren(el('p', { class: 'problem' }, word('failed', error.message)));
    }
  }
}

function choice(label, values, chosenValue, wordOf, onChange) {
  const options = values.map((value) =>
    el('option', { value, selected: value === chosenValue }, wordOf(value)),
  );
  const select = el('select', { on: { change: ({ target }) => onChange(target.value) } }, options);
  return el('label', { class: 'pick' }, el('span', {}, label), select);
}

function view(report, group) {
  const { firstDay, lastDay, isOver, isWhole, coverageShare, total } = report;
  const omitted = report.omitted[GROUPS[group]];
  const facts = [
    firstDay === lastDay ? firstDay : `${firstDay} – ${lastDay}`,
    isOver ? undefined : word('soFar'),
    coverageShare === null ? undefined : word('watched', percent(coverageShare)),
    isWhole ? undefined : word('notAll'),
    omitted === 0 ? undefined : word('omitted', omitted),
  ];
  const row = (name, figures, props = {}) =>
    el(
      'tr',
      props,
      el('th', { scope: 'row' }, name),
      COLUMNS.map(([key, text]) => el('td', {}, text(figures[key]))),
    );
  return [
    el('p', { class: 'report-facts' }, facts.filter(Boolean).join(' · ')),
    el(
      'div',
      { class: 'report-table' },
      el(
        'table',
        {},
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', { scope: 'col' }, word(group)),
            COLUMNS.map(([key]) => el('th', { scope: 'col' }, word(key))),
          ),
        ),
        el(
          'tbody',
          {},
          row(word('inAll'), total, { class: 'in-all' }),
          report[group].map((one) => row(nameOf(one, group), one)),
        ),
      ),
    ),
  ];
}

function nameOf({ key }, group) {
  if (key === null) return word('notKnown');
  if (group !== 'byType') return key;
  const { zh, en } = typeNames(key);
  return chosen([zh, en]);
}
