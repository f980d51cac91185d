/**
 * JSON in one form only, after RFC 8785: keys in the order of their UTF-16 code units, no white space, numbers
 * and strings as ECMAScript prints them. Members that are undefined are left out. Throws TypeError for what
 * JSON cannot carry (numbers that are not finite, lone surrogates, functions, symbols, bigints), for a hash
 * over a silently changed value would prove the wrong thing.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON: ${value} is not a JSON number`);
      return JSON.stringify(value);
    case 'string':
      // RFC 8785 §3.2.2.2: lone surrogates have no UTF-8 form.
      if (/\p{Surrogate}/u.test(value)) throw new TypeError('canonical JSON: lone surrogate in a string');
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
    default:
      throw new TypeError(`canonical JSON: ${typeof value} has no JSON form`);
  }
}

function canonicalArray(values: readonly unknown[]): string {
  // Array.from also visits holes, which then fail as undefined rather than shift what follows.
  return `[${Array.from(values, canonicalJson).join(',')}]`;
}

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // The default order of strings is by UTF-16 code units, as RFC 8785 §3.2.3 asks.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
