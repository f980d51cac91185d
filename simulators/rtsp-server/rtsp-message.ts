/** A parsed request (RFC 2326, 6). Header names are lower case. */
export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** What a client's bytes turn out to be. After `bad` the rest of the connection is not looked at. */
export type RtspInput =
  | RtspRequest
  | { readonly kind: 'interleaved'; readonly channel: number; readonly data: Buffer }
  | { readonly kind: 'bad'; readonly status: number };

const HEAD_BYTES_MAX = 8_192;
const BODY_BYTES_MAX = 16_384;
const HEADERS_MAX = 64;
const REQUEST_LINE = /^([A-Z_]{1,32}) (\S{1,2048}) (RTSP\/\d\.\d)$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$/;
const DOLLAR = 0x24;

/** Cuts a byte stream into requests and interleaved packets (RFC 2326, 10.12), however it arrives. */
export class RtspReader {
  private pending: Buffer = Buffer.alloc(0);
  private failed = false;

  /** Everything that `chunk` completes. */
  push(chunk: Buffer): RtspInput[] {
    if (this.failed) return [];
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const inputs: RtspInput[] = [];
    for (let input = this.next(); input !== undefined; input = this.next()) {
      inputs.push(input);
      if (input.kind !== 'bad') continue;
      this.failed = true;
      this.pending = Buffer.alloc(0);
      break;
    }
    return inputs;
  }

  private next(): RtspInput | undefined {
    this.skipBlankLines();
    const { pending } = this;
    if (pending.length === 0) return undefined;
    if (pending[0] !== DOLLAR) return this.nextRequest();
    if (pending.length < 4) return undefined;
    const end = 4 + pending.readUInt16BE(2);
    if (pending.length < end) return undefined;
    this.pending = pending.subarray(end);
    return { kind: 'interleaved', channel: pending[1] ?? 0, data: pending.subarray(4, end) };
  }

  private nextRequest(): RtspInput | undefined {
    const { pending } = this;
    const headEnd = pending.indexOf('\r\n\r\n');
    if (headEnd < 0) return pending.length > HEAD_BYTES_MAX ? bad(413) : undefined;
    if (headEnd > HEAD_BYTES_MAX) return bad(413);
    const request = parseHead(pending.toString('latin1', 0, headEnd));
    if (request.kind === 'bad') return request;
    const length = request.headers.get('content-length') ?? '0';
    if (!/^\d{1,9}$/.test(length)) return bad(400);
    if (Number(length) > BODY_BYTES_MAX) return bad(413);
    const end = headEnd + 4 + Number(length);
    if (pending.length < end) return undefined;
    // No request served here has a body that matters; it is read over.
    this.pending = pending.subarray(end);
    return request;
  }

  private skipBlankLines(): void {
    let at = 0;
    while (this.pending[at] === 0x0d || this.pending[at] === 0x0a) at += 1;
    if (at > 0) this.pending = this.pending.subarray(at);
  }
}

/** The text of a response (RFC 2326, 7). */
export function encodeResponse(
  status: number,
  cseq: string | undefined,
  headers: readonly (readonly [string, string])[],
  body = '',
): Buffer {
  const lines = [`RTSP/1.0 ${status} ${REASONS[status] ?? 'Error'}`];
  if (cseq !== undefined) lines.push(`CSeq: ${cseq}`);
  lines.push('Server: xuncheng-simulator');
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'utf8');
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
};

function parseHead(head: string): RtspRequest | { kind: 'bad'; status: number } {
  const [first = '', ...rest] = head.split('\r\n');
  const line = REQUEST_LINE.exec(first);
  if (line === null || rest.length > HEADERS_MAX) return bad(400);
  const [, method = '', uri = '', version = ''] = line;
  const headers = new Map<string, string>();
  for (const text of rest) {
    const header = HEADER_LINE.exec(text);
    if (header === null) return bad(400);
    headers.set((header[1] ?? '').toLowerCase(), header[2] ?? '');
  }
  return { kind: 'request', method, uri, version, headers };
}

function bad(status: number): { kind: 'bad'; status: number } {
  return { kind: 'bad', status };
}
