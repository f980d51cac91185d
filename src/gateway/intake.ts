import { GATEWAY_DEVICE_ID, type Observation, type StatusObservation } from '../domain/observation.ts';
import type { Journal, JournalEntry } from '../store/journal.ts';

/** The part of the registry that hears of every observation. */
interface Registry {
  seen(id: string, at_ms: number): void;
  setStatus(id: string, status: StatusObservation): void;
}

/**
 * The way in for observations of every kind: durable first, then known to the registry. Resolves when the
 * acknowledgement may leave.
 */
export function createIntake(journal: Pick<Journal, 'append'>, registry: Registry) {
  return async (observations: readonly Observation[]): Promise<void> => {
    if (observations.length === 0) return;
    await journal.append(observations.map(toEntry));
    for (const observation of observations) {
      if (observation.deviceId === GATEWAY_DEVICE_ID) continue;
      registry.seen(observation.deviceId, observation.received_ms);
      if (observation.kind === 'status') registry.setStatus(observation.deviceId, observation);
    }
  };
}

function toEntry(body: Observation): JournalEntry {
  return { subjectId: body.deviceId, at_ms: body.at_ms, received_ms: body.received_ms, body };
}
