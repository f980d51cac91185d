import { type Decoded, decoded, refused } from '../domain/decoded.ts';

/** Bounds of what is kept of fields that this gateway has no name for, for each reading. */
const EXTRA_FIELDS_MAX = 64;
const EXTRA_CHARS_MAX = 4096;
const EXTRA_DEPTH_MAX = 8;
const NAME_CHARS_MAX = 64;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a payload that are not `known`, to be kept as they came; undefined where there are none.
 * Refused where they are more, deeper or longer than a reading can have reason for.
 */
export function extraFields(fields: Fields, known: ReadonlySet<string>): Decoded<Fields | undefined> {
  if (!hasOthers(fields, known)) return decoded(undefined);
  const unknown = Object.entries(fields).filter(([name]) => !known.has(name));
  if (unknown.length > EXTRA_FIELDS_MAX) {
    return refused('too-large', `${unknown.length} unknown fields; at most ${EXTRA_FIELDS_MAX} are kept`);
  }
  let left = EXTRA_CHARS_MAX;
  for (const [name, value] of unknown) {
    if (!isNameSafe(name)) return refused('schema', 'a field name that is not allowed', name.slice(0, 64));
    const size = charsOf(value, left - name.length, EXTRA_DEPTH_MAX);
    if (size === undefined) {
      return refused(
        'too-large',
        `unknown fields of more than ${EXTRA_CHARS_MAX} characters or too deep`,
        name,
      );
    }
    left -= name.length + size;
  }
  return decoded(Object.fromEntries(unknown));
}

function hasOthers(fields: Fields, known: ReadonlySet<string>): boolean {
  for (const name in fields) if (!known.has(name) && Object.hasOwn(fields, name)) return true;
  return false;
}

/** `__proto__` is no field name: whoever copies the object later would set its prototype. */
function isNameSafe(name: string): boolean {
  return name !== '__proto__' && name.length <= NAME_CHARS_MAX;
}

/** About how many characters the value takes as JSON; undefined above `left`, or deeper than `depth`. */
function charsOf(value: unknown, left: number, depth: number): number | undefined {
  if (left < 0 || depth < 0) return undefined;
  if (typeof value === 'string') return value.length <= left ? value.length + 2 : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? 8 : undefined;
  if (typeof value === 'boolean' || value === null) return 4;
  if (typeof value !== 'object') return undefined;
  let total = 2;
  for (const [name, item] of Object.entries(value)) {
    if (!isNameSafe(name)) return undefined;
    const size = charsOf(item, left - total - name.length, depth - 1);
    if (size === undefined) return undefined;
    total += size + name.length + 1;
    if (total > left) return undefined;
  }
  return total;
}
