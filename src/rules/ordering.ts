import type { Observation } from '../domain/observation.ts';

/** Bounds of the ordering stage. */
export interface OrderingLimits {
  /** Observations wait so long (arrival time) for earlier ones of their device. */
  readonly lateness_ms: number;
  /** A time stamp further ahead of its arrival is a wrong clock: counted, not evaluated. */
  readonly future_max_ms: number;
  /** More held of one device: its oldest is let go at once. */
  readonly held_per_device_max: number;
  /** Observations of further devices are counted and not evaluated. */
  readonly devices_max: number;
}

/** What became of observations that were not evaluated. */
export interface OrderingCounts {
  late: number;
  duplicate: number;
  future: number;
  refused: number;
}

interface Held {
  readonly observation: Observation;
  readonly arrival_ms: number;
  readonly lane: Lane;
  released: boolean;
}

interface Lane {
  readonly key: string;
  /** Event time up to which observations were let go; earlier ones are late. */
  watermark_ms: number;
  /**
   * What was let go at exactly the watermark, to tell a resend from something else of the same instant: by its mark
   * where a snapshot had it.
   */
  seen: readonly (string | Observation)[];
  readonly held: Held[];
}

type Emit = (observation: Observation) => void;

/** State of the stage as JSON. */
export interface OrderingSnapshot {
  readonly lanes: readonly (readonly [key: string, watermark_ms: number, seen: readonly string[]])[];
  readonly held: readonly (readonly [arrival_ms: number, observation: Observation])[];
}

/**
 * Brings each device's observations into the order of their time stamps. Each is held for the lateness, then
 * let go together with everything of its device that is older. Detections are not held: a camera's frames come
 * in order from one process. Time passes with `release` alone.
 */
export class OrderingStage {
  readonly counts: OrderingCounts = { late: 0, duplicate: 0, future: 0, refused: 0 };
  readonly #limits: OrderingLimits;
  readonly #lanes = new Map<string, Lane>();
  /** All that is held, in order of arrival; those before `#head` are done with. */
  #queue: Held[] = [];
  #head = 0;

  constructor(limits: OrderingLimits) {
    this.#limits = limits;
  }

  /** Number of observations waiting. */
  get held(): number {
    let held = 0;
    for (let i = this.#head; i < this.#queue.length; i += 1)
      if (this.#queue[i]?.released === false) held += 1;
    return held;
  }

  /**
   * Takes an observation in, or counts why not. What needs no waiting is let go at once. What is late is offered
   * to `takeLate`.
   */
  accept(
    observation: Observation,
    arrival_ms: number,
    emit: Emit,
    takeLate: (observation: Observation) => boolean = () => false,
  ): void {
    if (observation.at_ms > observation.received_ms + this.#limits.future_max_ms) {
      this.counts.future += 1;
      return;
    }
    const lane = this.#lane(laneKey(observation));
    if (lane === undefined) {
      this.counts.refused += 1;
      return;
    }
    if (observation.at_ms < lane.watermark_ms) {
      if (!takeLate(observation)) this.counts.late += 1;
    } else if (observation.at_ms === lane.watermark_ms && isAmong(lane.seen, observation))
      this.counts.duplicate += 1;
    else if (observation.kind === 'detections' || observation.kind === 'snapshot') {
      pass(lane, observation);
      emit(observation);
    } else this.#hold(lane, observation, arrival_ms, emit);
  }

  /** Lets go what has waited long enough at `now_ms` (arrival time). */
  release(now_ms: number, emit: Emit): void {
    for (;;) {
      const next = this.#queue[this.#head];
      if (next === undefined || (!next.released && next.arrival_ms + this.#limits.lateness_ms > now_ms))
        break;
      this.#head += 1;
      if (!next.released) releaseThrough(next, emit);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  snapshot(): OrderingSnapshot {
    const lanes = [...this.#lanes.values()].map(
      (lane) => [lane.key, lane.watermark_ms, lane.seen.map(markOf)] as const,
    );
    const waiting = this.#queue.slice(this.#head).filter(({ released }) => !released);
    return { lanes, held: waiting.map(({ arrival_ms, observation }) => [arrival_ms, observation] as const) };
  }

  restore(snapshot: OrderingSnapshot): void {
    this.#lanes.clear();
    this.#queue = [];
    this.#head = 0;
    for (const [key, watermark_ms, seen] of snapshot.lanes) {
      this.#lanes.set(key, { key, watermark_ms, seen: [...seen], held: [] });
    }
    for (const [arrival_ms, observation] of snapshot.held) {
      const lane = this.#lane(laneKey(observation));
      if (lane !== undefined) this.#insert(lane, observation, arrival_ms);
    }
  }

  #hold(lane: Lane, observation: Observation, arrival_ms: number, emit: Emit): void {
    const { held } = lane;
    for (let i = held.length - 1; i >= 0; i -= 1) {
      const other = held[i];
      if (other === undefined || other.observation.at_ms < observation.at_ms) break;
      if (other.observation.at_ms === observation.at_ms && isSame(other.observation, observation)) {
        this.counts.duplicate += 1;
        return;
      }
    }
    this.#insert(lane, observation, arrival_ms);
    const oldest = held[0];
    if (held.length > this.#limits.held_per_device_max && oldest !== undefined) releaseThrough(oldest, emit);
  }

  #insert(lane: Lane, observation: Observation, arrival_ms: number): void {
    const entry: Held = { observation, arrival_ms, lane, released: false };
    let at = lane.held.length;
    while (at > 0 && (lane.held[at - 1]?.observation.at_ms ?? 0) > observation.at_ms) at -= 1;
    if (at === lane.held.length) lane.held.push(entry);
    else lane.held.splice(at, 0, entry);
    this.#queue.push(entry);
  }

  #lane(key: string): Lane | undefined {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (this.#lanes.size >= this.#limits.devices_max) return undefined;
    const lane: Lane = { key, watermark_ms: 0, seen: [], held: [] };
    this.#lanes.set(key, lane);
    return lane;
  }
}

function releaseThrough(last: Held, emit: Emit): void {
  const { lane } = last;
  // Nearly always the only one.
  if (lane.held.length === 1) {
    lane.held.length = 0;
    letGo(last, emit);
    return;
  }
  const count = lane.held.indexOf(last) + 1;
  for (const entry of lane.held.splice(0, count)) letGo(entry, emit);
}

function letGo(entry: Held, emit: Emit): void {
  entry.released = true;
  pass(entry.lane, entry.observation);
  emit(entry.observation);
}

function pass(lane: Lane, observation: Observation): void {
  if (observation.at_ms > lane.watermark_ms) {
    lane.watermark_ms = observation.at_ms;
    lane.seen = [observation];
  } else {
    // A snapshot being taken has the list as it was.
    lane.seen = [...lane.seen, observation];
  }
}

/**
 * Two detectors of one camera may be out of step, and a station's averages carry the time at which their interval
 * began, long before the realtime values that came meanwhile: each has its own order. So has a truck's or station's
 * word that it is back, which is dated now, while what it measured in between is still to come.
 */
function laneKey(observation: Observation): string {
  if (observation.kind === 'detections') return `${observation.deviceId}\n${observation.model.id}`;
  if (observation.kind === 'status' && observation.deviceKind !== 'camera') {
    return `${observation.deviceId}\nstatus`;
  }
  return observation.kind === 'reading' && observation.period !== undefined
    ? `${observation.deviceId}\n${observation.period}`
    : observation.deviceId;
}

/**
 * Tells a resend from something else of one instant. Readings with other metrics are its other part (HJ 212 splits
 * packets). Positions of one second (JT/T 808 knows no finer time) are two where they differ in what a rule can see.
 */
export function fingerprint(observation: Observation): string {
  if (observation.kind === 'reading') return Object.keys(observation.metrics).sort().join();
  if (observation.kind !== 'position') return observation.kind;
  const { lon, lat, speed_kmh, heading_deg, acc, load, lift, cover } = observation;
  return ['position', lon, lat, speed_kmh, heading_deg, acc, load, lift, cover].join();
}

function markOf(seen: string | Observation): string {
  return typeof seen === 'string' ? seen : fingerprint(seen);
}

function isSame(one: Observation, other: Observation): boolean {
  return one.kind === other.kind && fingerprint(one) === fingerprint(other);
}

function isAmong(seen: readonly (string | Observation)[], observation: Observation): boolean {
  const mark = fingerprint(observation);
  // An earlier version's snapshot knew positions by their kind alone.
  return seen.some((one) => markOf(one) === mark || one === observation.kind);
}
