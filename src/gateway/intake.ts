import {
  GATEWAY_DEVICE_ID,
  type Observation,
  type ObservationText,
  type StatusObservation,
} from '../domain/observation.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';

/** The part of the registry that hears of every observation. */
interface Registry {
  seen(id: string, at_ms: number): void;
  setStatus(id: string, status: StatusObservation): void;
}

/** What learns from the arrival of each message. */
interface Vitals {
  heard(id: string, received_ms: number, at_ms?: number): void;
}

/**
 * The way in for observations of every kind: durable first, then known to the registry. Resolves when the
 * acknowledgement may leave; `acceptAll` when those of all of the messages may.
 */
export function createIntake(journal: Pick<Journal, 'append'>, registry: Registry, vitals: Vitals) {
  const note = (observations: readonly Observation[]): void => {
    noteVitals(observations, vitals);
    for (const observation of observations) {
      if (observation.deviceId === GATEWAY_DEVICE_ID) continue;
      registry.seen(observation.deviceId, observation.received_ms);
      if (observation.kind === 'status') registry.setStatus(observation.deviceId, observation);
    }
  };
  const noteText = ({ deviceId, received_ms, at_ms }: ObservationText): void => {
    vitals.heard(deviceId, received_ms, at_ms);
    registry.seen(deviceId, received_ms);
  };
  return {
    accept: async (observations: readonly Observation[]): Promise<void> => {
      if (observations.length === 0) return;
      await journal.append(observations.map(toEntry));
      note(observations);
    },
    /** Each message as its observations, or as the one text that it makes. */
    acceptAll: async (messages: readonly (ObservationText | readonly Observation[])[]): Promise<void> => {
      const entries: (JournalEntry | ObservationText)[] = [];
      for (const message of messages) {
        if ('text' in message) entries.push(message);
        else for (const observation of message) entries.push(toEntry(observation));
      }
      if (entries.length > 0) await journal.append(entries);
      for (const message of messages) {
        if ('text' in message) noteText(message);
        else note(message);
      }
    },
  };
}

/** Each call is one message of each device in it; its newest reading tells what time it is there. */
function noteVitals(observations: readonly Observation[], vitals: Vitals): void {
  const newest = new Map<string, { readonly received_ms: number; readonly at_ms: number | undefined }>();
  for (const observation of observations) {
    const { deviceId, received_ms } = observation;
    if (deviceId === GATEWAY_DEVICE_ID || observation.extra?.lastWill === true) continue;
    // The time of a station's own average is that of its beginning.
    const isLive = observation.kind !== 'reading' || observation.period === undefined;
    const at_ms = isLive ? observation.at_ms : undefined;
    const before = newest.get(deviceId);
    if (before === undefined || (at_ms ?? 0) > (before.at_ms ?? 0))
      newest.set(deviceId, { received_ms, at_ms });
  }
  for (const [id, { received_ms, at_ms }] of newest) vitals.heard(id, received_ms, at_ms);
}

function toEntry(body: Observation): JournalEntry {
  return { subjectId: body.deviceId, at_ms: body.at_ms, received_ms: body.received_ms, body };
}
