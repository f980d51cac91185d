/** A refusal of the API: `status`, `problem` (RFC 9457) where there is one. */
export class ServerError extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

async function send(method, path, body) {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const isJson = /json/.test(response.headers.get('Content-Type') ?? '');
  const answer = isJson ? await response.json() : undefined;
  if (!response.ok) throw new ServerError(response.status, answer);
  return answer;
}

const API = '/api/v1';

export const server = {
  signIn: (key) => send('POST', `${API}/session`, { key }),
  signOut: () => send('DELETE', `${API}/session`),
  whoAmI: () => send('GET', `${API}/session`),
  incidents: (query) => send('GET', `${API}/incidents?${new URLSearchParams(query)}`),
  incident: (id) => send('GET', `${API}/incidents/${encodeURIComponent(id)}`),
  /** `period` is daily, weekly or monthly; `date` a day of it (YYYY-MM-DD). */
  report: (period, date) => send('GET', `${API}/reports/${period}?${new URLSearchParams({ date })}`),
  counts: () => send('GET', `${API}/counts`),
  case: (id) => send('GET', `${API}/cases/${encodeURIComponent(id)}`),
  /** `step` may have a `note`, and of a rejection `suppressPlace`. */
  step: (id, action, step = {}) => send('POST', `${API}/cases/${encodeURIComponent(id)}/${action}`, step),
  cameras: () => send('GET', `${API}/cameras`),
  suppressions: (cameraId) => send('GET', `${API}/cameras/${encodeURIComponent(cameraId)}/suppressions`),
  lift: (cameraId, id) =>
    send('DELETE', `${API}/cameras/${encodeURIComponent(cameraId)}/suppressions/${encodeURIComponent(id)}`),
  /** The state of the gateway's parts, also where it is not ready. */
  async health() {
    const response = await fetch('/readyz', { credentials: 'same-origin' });
    return response.json();
  },
  async evidence(href) {
    const response = await fetch(href, { credentials: 'same-origin' });
    if (!response.ok) throw new ServerError(response.status);
    return response.json();
  },
};

/** A case has the same tail of its id as its incident. */
export function caseIdOf(incidentId) {
  return `case_${incidentId.slice(incidentId.indexOf('_') + 1)}`;
}

const EVENT_TYPES = [
  ...['opened', 'updated', 'ended'].map((action) => `xuncheng.incident.${action}`),
  ...[
    'candidate',
    'accepted',
    'rejected',
    'withdrawn',
    'dispatched',
    'handled',
    'verified',
    'reopened',
    'closed',
  ].map((state) => `xuncheng.case.${state}`),
];
const RETRY_MS = 5000;

/**
 * Follows the events from now on. The browser reconnects by itself and resumes; where the server refused
 * (restart, too many streams) we try again. Returns the way to stop.
 */
export function followEvents({ onEvent, onOpen, onLost }) {
  let source;
  let timer;
  const open = () => {
    source = new EventSource(`${API}/events?after=latest`);
    source.onopen = onOpen;
    source.onerror = () => {
      onLost();
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_MS);
    };
    for (const type of EVENT_TYPES) source.addEventListener(type, ({ data }) => onEvent(JSON.parse(data)));
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
