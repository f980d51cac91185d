import { redactUrls } from '../runtime/redact.ts';

/** Why a URL is not opened at all, without repeating it. */
export function schemeFault(url: string, allowFiles: boolean): string | undefined {
  if (!URL.canParse(url)) return 'the address is no URL';
  const { protocol } = new URL(url);
  if (protocol === 'rtsp:' || protocol === 'rtsps:') return undefined;
  if (protocol === 'file:') return allowFiles ? undefined : 'files are not allowed';
  return `scheme ${protocol} is not allowed; use rtsp or rtsps`;
}

/**
 * ffmpeg repeats the URL in its messages: it goes, and so does the password wherever else it stands, as it is
 * and decoded.
 */
export function withoutSecrets(text: string, url: string): string {
  let clean = redactUrls(text.replaceAll(url, '')).replace(/^\s*(pipe:0)?\s*:\s*/, '');
  for (const secret of secretsOf(url)) clean = clean.replaceAll(secret, '***');
  return clean.trim();
}

function secretsOf(url: string): string[] {
  const { password, username } = new URL(url);
  const decoded = [password, username].flatMap((secret) => {
    try {
      return [secret, decodeURIComponent(secret)];
    } catch {
      return [secret];
    }
  });
  return decoded.filter((secret) => secret.length >= 4);
}
