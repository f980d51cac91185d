import { byId, closeButton, el } from './dom.js';
import { showLive } from './live.js';
import { server } from './server.js';
import { ago, fullTime } from './times.js';
import { word } from './words.js';

const LOOK_INTERVAL_MS = 5000;

/**
 * The dialog of cameras: how each is, one of them live, and what is held back of it. While it is open one camera is
 * looked at; closed, none.
 */
export class Cameras {
  mayDecide = false;
  #dialog = byId('cameras');
  #list = el('ul', { class: 'camera-list' });
  #view = el('section', { class: 'camera-view' });
  #cameras = [];
  #chosen;
  #stop = () => {};
  #timer;

  constructor() {
    this.#dialog.addEventListener('close', () => {
      clearInterval(this.#timer);
      this.#leave();
    });
  }

  /** Opens the dialog, with a camera if one is named. */
  async open(cameraId = this.#chosen) {
    this.#dialog.replaceChildren(
      el('header', {}, el('h2', { id: 'cameras-title' }, word('cameras')), closeButton(this.#dialog)),
      el('div', { class: 'scroll camera-columns' }, this.#list, this.#view),
    );
    this.#view.replaceChildren(el('p', { class: 'empty' }, '…'));
    if (!this.#dialog.open) this.#dialog.showModal();
    try {
      this.#cameras = (await server.cameras()).items;
    } catch (error) {
      this.#view.replaceChildren(el('p', { class: 'problem' }, word('failed', error.message)));
      return;
    }
    const first = this.#cameras.find(({ id }) => id === cameraId) ?? this.#cameras[0];
    if (first === undefined) this.#view.replaceChildren(el('p', { class: 'empty' }, word('noCameras')));
    else if (this.#dialog.open) this.#choose(first);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#look(), LOOK_INTERVAL_MS);
  }

  /** How the cameras are by now; what is shown of one goes on. */
  async #look() {
    try {
      this.#cameras = (await server.cameras()).items;
    } catch {
      // The live view says that the gateway is away.
      return;
    }
    this.#drawList();
    const camera = this.#cameras.find(({ id }) => id === this.#chosen);
    const state = this.#view.querySelector('[data-state]');
    if (camera !== undefined && state !== null) state.replaceWith(stateOf(camera));
  }

  #choose(camera) {
    this.#leave();
    this.#chosen = camera.id;
    this.#drawList();
    const stage = el('div', { class: 'stage' }, lastFrame(camera));
    const said = el('p', { class: 'said', role: 'status' });
    stage.append(said);
    const held = el('div', { class: 'held' });
    this.#view.replaceChildren(stage, stateOf(camera), held);
    this.#stop = showLive(camera.id, stage, (text) => {
      said.textContent = text;
      said.hidden = text === '';
    });
    void this.#showHeld(camera, stage, held);
  }

  #drawList() {
    this.#list.replaceChildren(
      ...this.#cameras.map((camera) =>
        el(
          'li',
          {},
          el(
            'button',
            {
              type: 'button',
              'aria-pressed': String(camera.id === this.#chosen),
              data: { state: camera.state },
              on: { click: () => this.#choose(camera) },
            },
            el('i', { class: 'dot' }),
            el('b', {}, camera.name ?? camera.id),
            el('small', {}, camera.street ?? camera.id),
          ),
        ),
      ),
    );
  }

  /** What is held back, in a list and as numbered pins in the picture. */
  async #showHeld(camera, stage, held) {
    let items;
    try {
      ({ items } = await server.suppressions(camera.id));
    } catch (error) {
      held.replaceChildren(el('p', { class: 'problem' }, word('failed', error.message)));
      return;
    }
    if (this.#chosen !== camera.id) return;
    for (const pin of stage.querySelectorAll('.pin')) pin.remove();
    stage.append(...items.map(pinOf));
    const lift = async (place, button) => {
      button.disabled = true;
      try {
        await server.lift(camera.id, place.id);
      } catch (error) {
        if (error.status !== 404) button.replaceWith(el('span', { class: 'problem' }, error.message));
      }
      // The rules have not taken it in yet; the list is read again a moment later.
      setTimeout(() => void this.#showHeld(camera, stage, held), 1500);
    };
    held.replaceChildren(
      el('h3', {}, `${word('heldBack')} (${items.length})`),
      items.length === 0 ? el('p', { class: 'camera-state' }, word('nothingHeld')) : undefined,
      el(
        'ol',
        {},
        items.map((place) => heldRow(place, this.mayDecide && lift)),
      ),
    );
  }

  #leave() {
    this.#stop();
    this.#stop = () => {};
  }
}

function stateOf({ state, reason, lastFrameAt }) {
  const seen = lastFrameAt && `${word('lastFrame')} ${ago(lastFrameAt)}`;
  const said = [word(`camera_${state}`), seen, reason].filter(Boolean).join(' · ');
  return el('p', { class: 'camera-state', data: { state } }, said);
}

/** Until the first live picture. */
function lastFrame({ id, lastFrameAt, frame }) {
  if (lastFrameAt === undefined) return undefined;
  return el('img', { src: frame, alt: id, on: { error: ({ target }) => target.remove() } });
}

function pinOf({ x, y, class: cls }, index) {
  const pin = el('i', { class: 'pin', title: cls }, String(index + 1));
  const within = (share) => `${Math.min(1, Math.max(0, share)) * 100}%`;
  pin.style.left = within(x);
  pin.style.top = within(y);
  return pin;
}

function heldRow(place, lift) {
  const { class: cls, origin, since, by, count, lastAt } = place;
  const facts = [
    word(origin === 'learnt' ? 'learnt' : 'rejectedBy', by ?? '?'),
    word('sinceTime', fullTime(since)),
    word('heldTimes', count),
    lastAt && word('lastTime', ago(lastAt)),
  ];
  const button =
    lift &&
    el(
      'button',
      {
        type: 'button',
        class: 'quiet',
        on: { click: ({ currentTarget }) => void lift(place, currentTarget) },
      },
      word('lift'),
    );
  return el('li', {}, el('b', {}, cls), el('span', {}, facts.filter(Boolean).join(' · ')), button);
}
