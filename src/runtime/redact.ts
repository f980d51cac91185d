const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^/\s"'<>]*@/gi;
const QUERY_SECRET = /([?&](?:token|key|secret|password|passwd|pwd|auth|sig)=)[^&\s"'<>]+/gi;

/**
 * Takes user names, passwords and tokens out of every URL in a text, for logs and errors. Greedy up to the
 * last `@` before the path, since camera passwords contain `@` and `:` more often than one would think.
 */
export function redactUrls(text: string): string {
  return text.replace(URL_CREDENTIALS, '$1***@').replace(QUERY_SECRET, '$1***');
}
