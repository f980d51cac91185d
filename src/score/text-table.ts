/** A column of a table: its heading, and numbers stand to the right. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Cells longer than this are cut. */
const CELL_MAX = 60;
const GAP = '  ';
// Scripts and signs that terminals draw two cells wide (Unicode TR11, W and F), roughly.
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const WIDTHLESS = /[\p{Mn}\p{Me}\u200b-\u200d]/u;

/** Aligned lines: headings, then rows. What could steer a terminal is taken out of the cells. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map((_, index) => cutText(safeText(row[index] ?? ''), CELL_MAX)),
  );
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => textCells(row[index] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, index) => {
        const pad = ' '.repeat((widths[index] ?? 0) - textCells(cell));
        return columns[index]?.align === 'right' ? pad + cell : cell + pad;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** How many cells of a terminal the text takes: two for each wide character. */
export function textCells(text: string): number {
  let cells = 0;
  for (const char of text) cells += WIDTHLESS.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return cells;
}

/** The text without control characters, and without marks that reorder what follows. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** The text, or as much of its beginning as so many cells hold, with an ellipsis. */
export function cutText(text: string, max: number): string {
  if (textCells(text) <= max) return text;
  let kept = '';
  let cells = 0;
  for (const char of text) {
    cells += textCells(char);
    if (cells >= max) break;
    kept += char;
  }
  return `${kept}…`;
}
