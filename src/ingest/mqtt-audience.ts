import { mayHearTelemetry } from './mqtt-access.ts';
import { filterMatches } from './topic-filter.ts';

/**
 * Who listens to telemetry: the filters that can match a message of a device, by who holds them (a connection, or
 * the client id of a persistent session). Nobody does in most gateways, and then messages need no broker.
 */
export class TelemetryAudience {
  readonly #held = new Map<unknown, Set<string>>();
  #version = 0;

  /** Another one whenever the answer of `hears` may be. */
  get version(): number {
    return this.#version;
  }

  add(holder: unknown, filter: string): void {
    if (!mayHearTelemetry(filter)) return;
    const filters = this.#held.get(holder) ?? new Set();
    this.#held.set(holder, filters.add(filter));
    this.#version += 1;
  }

  remove(holder: unknown, filter: string): void {
    const filters = this.#held.get(holder);
    if (!filters?.delete(filter)) return;
    if (filters.size === 0) this.#held.delete(holder);
    this.#version += 1;
  }

  /** The holder has gone, with all of its filters. */
  leave(holder: unknown): void {
    if (this.#held.delete(holder)) this.#version += 1;
  }

  /** True where somebody wants messages on the topic. */
  hears(topic: string): boolean {
    for (const filters of this.#held.values()) {
      for (const filter of filters) if (filterMatches(filter, topic)) return true;
    }
    return false;
  }
}
