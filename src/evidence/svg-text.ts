/** Fonts that the usual systems have; Latin text only, so that a machine without CJK fonts shows it too. */
export const FONTS = 'DejaVu Sans, Noto Sans, Liberation Sans, Arial, Helvetica, sans-serif';

/** Size of the lettering on a picture of `width` pixels. */
export function fontSize_px(width: number): number {
  return Math.max(10, Math.round(8 + width / 120));
}

/**
 * Text for XML. Text from outside ends up here (device ids, classes, street names): what XML 1.0 does not
 * allow, and marks that reorder text, become spaces.
 */
export function escapeText(text: string): string {
  return text
    .replace(/\p{C}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Estimated width of text, on the safe side for the widest of the fonts; wide scripts count a full em. */
export function textWidth_px(text: string, font_px: number): number {
  let em = 0;
  for (const char of text) em += (char.codePointAt(0) ?? 0) >= 0x2e80 ? 1 : charWidth_em(char);
  return em * font_px;
}

/** The text, or as much of its beginning as fits into `max_px`, with an ellipsis. */
export function shorten(text: string, max_px: number, font_px: number): string {
  if (textWidth_px(text, font_px) <= max_px) return text;
  const chars = [...text];
  while (chars.length > 0 && textWidth_px(`${chars.join('')}…`, font_px) > max_px) chars.pop();
  return chars.length === 0 ? '' : `${chars.join('')}…`;
}

function charWidth_em(char: string): number {
  if ("iIl|.,:;'!()[] ".includes(char)) return 0.42;
  if ('mwMW@%'.includes(char)) return 1.05;
  return /[A-Z]/.test(char) ? 0.78 : 0.68;
}
