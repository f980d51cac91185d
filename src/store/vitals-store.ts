import { type DeviceVitals, noteArrival, type VitalsState, vitalsOf } from '../domain/device-vitals.ts';
import type { Database } from './database.ts';

interface Row {
  readonly state: string;
}

const FLUSH_INTERVAL_MS = 1000;
/** Written at once: a fleet of ten thousand takes its turn, so that no commit is long. */
const FLUSH_MAX = 500;

/**
 * What messages tell of their devices, in memory, and in SQLite a little later: what a crash takes of it is learnt
 * again. There is an entry for each device that was heard.
 */
export class VitalsStore {
  readonly #states = new Map<string, VitalsState>();
  readonly #dirty = new Set<string>();
  readonly #get;
  readonly #put;
  readonly #write;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Database) {
    this.#get = db.prepare<[string], Row>('SELECT state FROM device_vitals WHERE device_id = ?');
    this.#put = db.prepare<[string, string]>(
      'INSERT OR REPLACE INTO device_vitals (device_id, state) VALUES (?, ?)',
    );
    this.#write = db.transaction((ids: readonly string[]) => {
      for (const id of ids) this.#put.run(id, JSON.stringify(this.#states.get(id)));
    });
  }

  /** A message of the device arrived; `at_ms` as in {@link noteArrival}. */
  heard(id: string, received_ms: number, at_ms?: number): void {
    this.#states.set(id, noteArrival(this.#stateOf(id), received_ms, at_ms));
    this.#dirty.add(id);
    this.#timer ??= setTimeout(() => this.#flushSome(), FLUSH_INTERVAL_MS).unref();
  }

  /** Undefined where it was never heard. */
  of(id: string, now_ms: number): DeviceVitals | undefined {
    const state = this.#stateOf(id);
    return state && vitalsOf(state, now_ms);
  }

  /** Writes everything; before the database closes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write([...this.#dirty]);
    this.#dirty.clear();
  }

  #stateOf(id: string): VitalsState | undefined {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const row = this.#get.get(id);
    if (row === undefined) return undefined;
    const state = JSON.parse(row.state) as VitalsState;
    this.#states.set(id, state);
    return state;
  }

  #flushSome(): void {
    this.#timer = undefined;
    const ids: string[] = [];
    for (const id of this.#dirty) if (ids.push(id) === FLUSH_MAX) break;
    try {
      this.#write(ids);
      for (const id of ids) this.#dirty.delete(id);
    } catch {
      // Busy or full: they stay, and are written later.
    }
    if (this.#dirty.size > 0) this.#timer ??= setTimeout(() => this.#flushSome(), FLUSH_INTERVAL_MS).unref();
  }
}
