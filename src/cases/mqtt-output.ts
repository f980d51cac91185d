import { type EventRecord, isEventRecord, toCloudEvent } from '../domain/cloud-event.ts';

interface OutputRecord {
  readonly seq: number;
  readonly at_ms: number;
  readonly body: { readonly kind: string };
}

/** What the MQTT output needs: a way to publish, the gateway's CloudEvents source, and its topics. */
export interface MqttOutputParts {
  /** Resolves when the broker has taken the message over; a rejection makes the reader come again. */
  readonly publish: (
    topic: string,
    payload: string,
    options: { readonly qos: 1; readonly retain: false },
  ) => Promise<void>;
  readonly source: string;
  readonly topics: {
    readonly incident: (incidentId: string) => string;
    readonly case: (caseId: string) => string;
  };
}

/**
 * Publishes incident and case events as CloudEvents, for a JournalReader: in journal order, one after the
 * other, at QoS 1. Not retained: a retained message for every incident would grow the broker without bound.
 * After a crash the last batch comes again with the same event ids.
 */
export function createMqttOutput(
  parts: MqttOutputParts,
): (records: readonly OutputRecord[]) => Promise<void> {
  return async (records) => {
    for (const record of records) {
      if (!isEventRecord(record)) continue;
      const event = toCloudEvent(record, parts.source);
      await parts.publish(topicOf(record, parts.topics), JSON.stringify(event), { qos: 1, retain: false });
    }
  };
}

function topicOf({ body }: EventRecord, topics: MqttOutputParts['topics']): string {
  return body.kind === 'incident' ? topics.incident(body.incident.id) : topics.case(body.case.id);
}
