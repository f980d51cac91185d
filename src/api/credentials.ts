import type { IncomingHttpHeaders } from 'node:http';

/** What a request brings to prove who sends it. */
export type Credential =
  | { readonly kind: 'bearer'; readonly key: string }
  | { readonly kind: 'basic'; readonly id: string; readonly secret: string }
  | { readonly kind: 'cookie'; readonly sessionId: string };

/** Name of the page's session cookie. */
export const SESSION_COOKIE = 'xuncheng_session';

/** Longest credential looked at, in characters. */
const CREDENTIAL_CHARS_MAX = 512;

/** Reads `Authorization` (Bearer or Basic), else the session cookie. A header that is neither counts as none. */
export function readCredential(headers: IncomingHttpHeaders): Credential | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return readCookie(headers.cookie);
  const match = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization.slice(0, CREDENTIAL_CHARS_MAX));
  const [scheme, value] = [match?.[1]?.toLowerCase(), match?.[2]];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme === 'bearer') return { kind: 'bearer', key: value };
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { kind: 'basic', id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function readCookie(header: string | undefined): Credential | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === SESSION_COOKIE && value !== undefined) return { kind: 'cookie', sessionId: value };
  }
  return undefined;
}

/**
 * True where the browser says that the request comes from the page's own origin. A browser sends
 * `Sec-Fetch-Site` or at least `Origin` with every unsafe request; where both are missing the answer is no.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = headers;
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}
