/** Text that is markup already and is not escaped again. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | Markup | readonly Markup[] | undefined;

/** Markup from a template. Every value that is not markup itself is escaped, for text and quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let markup = strings[0] ?? '';
  values.forEach((value, index) => {
    markup += written(value) + (strings[index + 1] ?? '');
  });
  return { markup };
}

/** Markup of our own making, as it is: never for text from outside. */
export function raw(markup: string): Markup {
  return { markup };
}

function written(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(Math.round(value * 1e4) / 1e4);
  if (typeof value === 'string') return escaped(value);
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
}

/** Control characters and marks that reorder text become spaces: they would let one text pose as another. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
