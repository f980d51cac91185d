import Type from 'typebox';
import { parseAt_ms } from '../domain/time.ts';
import { invalidKey } from './problem.ts';

/** Keys of a query string that no route names are refused. */
export const CLOSED = { additionalProperties: false } as const;

/** A time in a query: ISO 8601 with offset, or epoch milliseconds. */
export const TimeParameter = Type.String({
  maxLength: 40,
  description: 'ISO 8601 with offset, or epoch milliseconds',
});

/** Reads a time of a query; `+` that came unescaped, and so as a space, is understood. */
export function timeOf_ms(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at_ms = parseAt_ms(/^\d{1,15}$/.test(text) ? Number(text) : text.replace(/ (?=\d{2}:?\d{2}$)/, '+'));
  if (at_ms === undefined) throw invalidKey(key, 'must be ISO 8601 with offset, or epoch milliseconds');
  return at_ms;
}

/** Refuses a span of time that ends before it begins. */
export function checkSpan(from_ms: number | undefined, to_ms: number | undefined): void {
  if (from_ms !== undefined && to_ms !== undefined && to_ms <= from_ms) {
    throw invalidKey('to', 'must be later than from');
  }
}

/** Page size of a list. */
export const pageLimit = (most: number, usual: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual, description: `Default ${usual}` }));

/** Cursor of a list: `next` of the page before. */
export const CursorParameter = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: '`next` of the page before' }),
);

/** Reads a cursor that is a sequence number. */
export function numberCursor(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidKey(key, 'is not a cursor of this list');
  return Number(text);
}

/** An id in a path: of a device, incident, evidence item or case. */
export const IdParameter = Type.String({ pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$' });

/** A list's answer: `next` is the cursor of the page that follows, null at the end. */
export const pageOf = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) });
