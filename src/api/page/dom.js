import { word } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Properties of `props`: `class`, `on` (listeners by event), `data` (dataset); others are
 * attributes, left out where undefined or false. Children are nodes or text; text never becomes markup.
 */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, { on = {}, data = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(data)) element.dataset[name] = String(value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(
    ...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

/** The cross in the corner of a dialog. */
export function closeButton(dialog) {
  const close = { click: () => dialog.close() };
  return el('button', { type: 'button', class: 'plain close', 'aria-label': word('close'), on: close }, '✕');
}

export function byId(id) {
  return document.getElementById(id);
}
