import type { Incident } from '../../src/domain/incident.ts';
import { readEventStream } from './event-stream.ts';
import { incidentLine } from './incident-line.ts';

/** An incident as it was last told, and the event time at which it was first. */
export interface Happened {
  readonly incident: Incident;
  readonly opened_ms: number;
}

/** Whom to follow, and who is told. */
export interface Followed {
  readonly http: string;
  readonly key: string;
  readonly timeZone: string;
  /** Filled by incident id. */
  readonly happened: Map<string, Happened>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Follows the events as any command centre would, until `signal` aborts, and tells of each incident when it opens. */
export async function followIncidents(followed: Followed): Promise<void> {
  const { http, key, timeZone, happened, say, signal } = followed;
  const headers = { authorization: `Bearer ${key}` };
  try {
    for await (const { event, data } of readEventStream(`${http}/api/v1/events?after=0`, headers, signal)) {
      if (!event.startsWith('xuncheng.incident.')) continue;
      const { time, data: incident } = JSON.parse(data) as { time: string; data: Incident };
      const opened_ms = happened.get(incident.id)?.opened_ms ?? Date.parse(time);
      happened.set(incident.id, { incident, opened_ms });
      if (event === 'xuncheng.incident.opened') say(incidentLine(incident, timeZone, http));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
