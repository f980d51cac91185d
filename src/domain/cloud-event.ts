import type { Case, CaseEvent, CaseState, CaseTransition } from './case.ts';
import type { Incident, IncidentEvent } from './incident.ts';
import { isoTime } from './time.ts';

/** What the data of a case event is: the case as it is now, with the step that led there. */
type CaseEventData = Case & { readonly transition: CaseTransition };

type CloudEventType = `xuncheng.incident.${IncidentEvent['action']}` | `xuncheng.case.${CaseState}`;

/** A CloudEvent 1.0 in structured mode (`application/cloudevents+json`), the only mode that MQTT 3.1.1 has. */
export interface XunchengCloudEvent {
  readonly specversion: '1.0';
  /** Unique for each source. Redelivery keeps it, so a consumer drops what it has seen. */
  readonly id: string;
  readonly source: string;
  readonly type: CloudEventType;
  /** The incident's or the case's id. */
  readonly subject: string;
  /** Event time, RFC 3339 in UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** CloudEvents extension `sequence`: journal order, zero-padded because the extension compares it as text. */
  readonly sequence: string;
  readonly data: Incident | CaseEventData;
}

/** The part of a journal record that makes a CloudEvent. */
export interface EventRecord {
  readonly seq: number;
  readonly at_ms: number;
  readonly body: IncidentEvent | CaseEvent;
}

/** True for a journal record that is an incident or case event, and so has a CloudEvent. */
export function isEventRecord<T extends { readonly body: { readonly kind: string } }>(
  record: T,
): record is T & EventRecord {
  return record.body.kind === 'incident' || record.body.kind === 'case';
}

/**
 * The CloudEvent of a journal record. `source` is a URI reference that names this gateway. The id is the
 * journal's sequence number with the subject: a journal that had to start anew counts from one again, and
 * with the number alone consumers would drop its first events as seen.
 */
export function toCloudEvent(record: EventRecord, source: string): XunchengCloudEvent {
  const { body } = record;
  const subject = body.kind === 'incident' ? body.incident.id : body.case.id;
  return {
    specversion: '1.0',
    id: `${record.seq}-${subject}`,
    source,
    type: body.kind === 'incident' ? `xuncheng.incident.${body.action}` : `xuncheng.case.${body.case.state}`,
    subject,
    time: isoTime(record.at_ms),
    datacontenttype: 'application/json',
    sequence: String(record.seq).padStart(16, '0'),
    data: body.kind === 'incident' ? body.incident : { ...body.case, transition: body.transition },
  };
}
