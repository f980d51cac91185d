import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may watch a mount. */
export interface RtspCredentials {
  readonly user: string;
  readonly password: string;
}

const REALM = 'xuncheng-simulator';
const PARAMETER = /([a-z]+)=(?:"([^"]*)"|([^\s,"]+))/gi;

/** The challenges of a 401: Digest first, since clients take the first that they know. */
export function challenges(nonce: string): [string, string][] {
  return [
    ['WWW-Authenticate', `Digest realm="${REALM}", nonce="${nonce}"`],
    ['WWW-Authenticate', `Basic realm="${REALM}"`],
  ];
}

/** True where the `Authorization` header proves the credentials: Basic (RFC 7617) or Digest (RFC 2617, MD5). */
export function isAuthorized(
  header: string | undefined,
  wanted: RtspCredentials,
  request: { readonly method: string; readonly uri: string; readonly nonce: string },
): boolean {
  const [, scheme = '', rest = ''] = /^(\w+) +(.*)$/.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'basic') {
    return equalTexts(Buffer.from(rest, 'base64').toString('utf8'), `${wanted.user}:${wanted.password}`);
  }
  return scheme.toLowerCase() === 'digest' && isDigestRight(rest, wanted, request);
}

function isDigestRight(
  text: string,
  wanted: RtspCredentials,
  request: { readonly method: string; readonly uri: string; readonly nonce: string },
): boolean {
  const given = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.matchAll(PARAMETER))
    given.set(name.toLowerCase(), quoted ?? bare ?? '');
  const uri = given.get('uri') ?? '';
  // Some clients sign the mount while they ask for its track; a signature for another mount is not taken.
  if (!`${request.uri}/`.startsWith(`${uri.replace(/\/$/, '')}/`)) return false;
  if (given.get('nonce') !== request.nonce || given.get('username') !== wanted.user) return false;
  const ha1 = md5(`${wanted.user}:${REALM}:${wanted.password}`);
  const ha2 = md5(`${request.method}:${uri}`);
  const qop = given.get('qop');
  const middle = qop === undefined ? '' : `${given.get('nc') ?? ''}:${given.get('cnonce') ?? ''}:${qop}:`;
  return equalTexts(given.get('response') ?? '', md5(`${ha1}:${request.nonce}:${middle}${ha2}`));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Compares digests of equal length, so that neither length nor content shows in the time taken. */
function equalTexts(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
