/** The page's script: filter, sort, enlarge. The page is whole without it. */
export const SCRIPT = `(() => {
'use strict';
const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
document.documentElement.classList.add('js');
const text = document.getElementById('filter');
const type = document.getElementById('type');
const apply = () => {
  const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const item of all('[data-type]')) {
    const said = item.textContent.toLowerCase();
    item.hidden = (type.value !== '' && item.dataset.type !== type.value) || words.some((word) => !said.includes(word));
  }
  for (const section of all('section[data-list]')) {
    const items = all('[data-type]', section);
    const shown = items.filter((item) => !item.hidden).length;
    const note = section.querySelector('.shown');
    note.textContent = shown === items.length ? '' : shown + ' shown';
  }
};
if (text && type) {
  text.addEventListener('input', apply);
  type.addEventListener('change', apply);
}
const compare = (a, b) => {
  const x = Number(a), y = Number(b);
  if (a !== '' && b !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
};
for (const head of all('th[data-sortable]')) {
  head.tabIndex = 0;
  const sort = () => {
    const table = head.closest('table');
    const index = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of all('th', table)) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const key = (row) => row.children[index].dataset.v || row.children[index].textContent;
    const body = table.tBodies[0];
    const rows = [...body.rows].filter((row) => !row.classList.contains('sum'));
    rows.sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1));
    body.prepend(...rows);
  };
  head.addEventListener('click', sort);
  head.addEventListener('keydown', (event) => { if (event.key === 'Enter') sort(); });
}
for (const select of all('select[data-sort]')) {
  select.addEventListener('change', () => {
    const cards = document.getElementById(select.dataset.sort);
    const items = [...cards.children];
    items.sort((a, b) => compare(a.dataset[select.value] || '', b.dataset[select.value] || ''));
    cards.append(...items);
  });
}
const zoom = document.getElementById('zoom');
for (const frame of all('.frame.photo')) {
  frame.addEventListener('click', () => { zoom.replaceChildren(frame.cloneNode(true)); zoom.showModal(); });
}
zoom.addEventListener('click', () => zoom.close());
})();`;
