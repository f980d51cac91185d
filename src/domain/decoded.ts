/** Why bytes from outside were refused. `where` names the key, byte or array index at fault. */
export interface DecodeError {
  readonly code: 'malformed' | 'schema' | 'too-large' | 'unsupported' | 'checksum' | 'forbidden';
  readonly message: string;
  readonly where?: string;
}

/** Expected bad input is a returned value; only a bug throws. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DecodeError };

/** Wraps a decoded value. */
export function decoded<T>(value: T): Decoded<T> {
  return { ok: true, value };
}

/** Wraps a refusal. */
export function refused(code: DecodeError['code'], message: string, where?: string): Decoded<never> {
  return { ok: false, error: where === undefined ? { code, message } : { code, message, where } };
}
