import type { Exhibit, Finding } from '../domain/finding.ts';
import type { SnapshotObservation } from '../domain/observation.ts';
import type { JournalRecord } from '../store/journal.ts';

/** Pictures of one truck that are remembered, and trucks of which any are. */
const STILLS_MAX = 4;
const TRUCKS_MAX = 20_000;
/** How long before the onset, and after the finding, a picture was taken that shows what it is about. */
const NEAR_MS = 10 * 60_000;

/** The newest pictures that trucks' terminals uploaded, so that an incident of a truck has them as evidence. */
export class TruckStills {
  /** By device id; the one that sent least recently first. */
  readonly #stills = new Map<string, SnapshotObservation[]>();

  /** Remembers the pictures among what was journaled. */
  note(records: readonly JournalRecord[]): void {
    for (const { body } of records) {
      // Cameras' stills have no number from a terminal.
      if (body.kind !== 'snapshot' || body.extra?.media_id === undefined) continue;
      const known = this.#stills.get(body.deviceId) ?? [];
      this.#stills.delete(body.deviceId);
      this.#stills.set(body.deviceId, [...known, body].slice(-STILLS_MAX));
      const [oldest] = this.#stills.keys();
      if (this.#stills.size > TRUCKS_MAX && oldest !== undefined) this.#stills.delete(oldest);
    }
  }

  /** The finding with the pictures of its truck from around that time. */
  addTo(finding: Finding): Finding {
    const stills = this.#stills.get(finding.subject?.deviceId ?? '') ?? [];
    const from_ms = finding.onset_ms - NEAR_MS;
    const to_ms = finding.at_ms + NEAR_MS;
    const exhibits = stills
      .filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms)
      .map(
        ({ deviceId, at_ms, frame }): Exhibit => ({
          kind: 'snapshot',
          deviceId,
          at_ms,
          frame,
          detections: [],
        }),
      );
    return exhibits.length === 0 ? finding : { ...finding, exhibits: [...finding.exhibits, ...exhibits] };
  }
}
