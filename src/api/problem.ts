import Type, { type Static } from 'typebox';

/** Every refusal that the API knows: its code, HTTP status and title. The code is the tail of the `type` URI. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request does not fit its schema' },
  'malformed-body': { status: 400, title: 'The body cannot be read' },
  'too-many-points': { status: 400, title: 'The answer would have too many points' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'This key or device may not do that' },
  'cross-site': { status: 403, title: 'What is done by session cookie must come from the same origin' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'no-frame': { status: 404, title: 'The camera has given no frame yet' },
  'stale-token': { status: 409, title: 'The lease has gone to somebody else' },
  leased: { status: 409, title: 'The case is leased to somebody else' },
  'device-exists': { status: 409, title: 'There is such a device already' },
  'device-not-connected': { status: 409, title: 'The device is not connected, or takes no commands' },
  'device-refused': { status: 409, title: 'The device refused the command' },
  'bad-state': { status: 409, title: 'The case is not in a state that allows this' },
  gone: { status: 410, title: 'This is no longer kept' },
  'too-large': { status: 413, title: 'The body is too large' },
  'upgrade-required': { status: 426, title: 'This is a WebSocket' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'range-not-satisfiable': { status: 416, title: 'The range lies outside the file' },
  'undecodable-telemetry': { status: 422, title: 'The telemetry cannot be decoded; nothing was stored' },
  'too-many-attempts': { status: 429, title: 'Too many failed attempts from this address' },
  'bad-request': { status: 400, title: 'The request cannot be understood' },
  internal: { status: 500, title: 'Something went wrong inside the gateway' },
  'device-failed': { status: 502, title: 'The device could not carry out the command' },
  'device-timeout': { status: 504, title: 'The device gave no answer' },
  busy: { status: 503, title: 'Too much to do at this moment; come again' },
  'too-many-viewers': { status: 503, title: 'Too many people look at cameras now' },
  'too-many-streams': { status: 503, title: 'No further event stream can be opened now' },
  'shutting-down': { status: 503, title: 'The gateway is shutting down' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

/** What was wrong at which key of the request. */
export const ProblemError = Type.Object({
  key: Type.String({ description: 'Key at fault: `limit`, `[2].payload.at`' }),
  message: Type.String(),
});
export type ProblemError = Static<typeof ProblemError>;

/** RFC 9457 problem details. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: '`urn:xuncheng:problem:<code>`' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(ProblemError)),
  },
  { title: 'Problem', description: 'RFC 9457 problem details' },
);
export type Problem = Static<typeof Problem>;

/** Media type of every error body. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** What may go with a problem besides its code. `headers` are set on the answer. */
export interface ProblemExtras {
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal on purpose; thrown by handlers and hooks, turned into the answer in one place. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: readonly ProblemError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail?: string, extras: ProblemExtras = {}) {
    super(detail ?? PROBLEMS[code].title);
    this.name = 'ApiProblem';
    this.code = code;
    this.detail = detail;
    this.errors = extras.errors;
    this.headers = extras.headers ?? {};
  }

  /** The body of the answer. */
  toJSON(): Problem {
    const { status, title } = PROBLEMS[this.code];
    return {
      type: `urn:xuncheng:problem:${this.code}`,
      title,
      status,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.errors === undefined ? {} : { errors: [...this.errors] }),
    };
  }
}

/** A refusal that names one key of the request. */
export function invalidKey(key: string, message: string): ApiProblem {
  return new ApiProblem('invalid-request', `${key}: ${message}`, { errors: [{ key, message }] });
}

const FRAMEWORK_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-body',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_ROUTE_NOT_FOUND: 'not-found',
};

/** What any error becomes on the wire: what was not refused on purpose shows nothing of itself. */
export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? FRAMEWORK_CODES[code] : undefined;
  if (known !== undefined) return new ApiProblem(known);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ApiProblem(error instanceof SyntaxError ? 'malformed-body' : 'bad-request');
  }
  return new ApiProblem('internal');
}
