/** Where a camera's ONVIF device service is, and who asks. */
export interface OnvifAccess {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
}

const DEVICE_SERVICE = '/onvif/device_service';

/**
 * The access that an address stands for: `host`, `host:port` or an http(s) URL, which may hold user and password. Gives in
 * words why it is none, without repeating it.
 */
export function onvifAccess(address: string): OnvifAccess | string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text)) return 'not an address (http://user:password@host/onvif/device_service)';
  const { protocol, hostname, port, pathname, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `scheme ${protocol} is not allowed; use http or https`;
  const isSecure = protocol === 'https:';
  try {
    return {
      isSecure,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (isSecure ? 443 : 80) : Number(port),
      path: pathname === '/' ? DEVICE_SERVICE : pathname,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    };
  } catch {
    return 'user and password must be percent-encoded';
  }
}
