import type { Finding } from '../domain/finding.ts';
import type { Observation } from '../domain/observation.ts';
import type { EngineOptions, EngineStats } from './engine-options.ts';
import { type OrderingSnapshot, OrderingStage } from './ordering.ts';
import type { Peers, Rule } from './rule.ts';
import { StageLine, type StageSnapshot } from './stage-line.ts';
import { WakeQueue } from './wake-queue.ts';

/** One rule's state of one key, with what is needed to tell the time of that key. */
interface Cell {
  readonly key: string;
  readonly slot: Slot;
  readonly state: unknown;
  /** Newest event time, and the engine's clock when it was evaluated. */
  heardAt_ms: number;
  heardClock_ms: number;
  /** The engine's clock at which the wake queue looks at it next. */
  scheduled_ms: number | undefined;
}

interface Slot {
  readonly index: number;
  readonly rule: Rule;
  readonly cells: Map<string, Cell>;
}

interface Snapshot {
  readonly format: 1;
  readonly clock_ms: number;
  readonly offset_ms: number;
  readonly ordering: OrderingSnapshot;
  readonly stages?: StageSnapshot;
  readonly rules: readonly {
    readonly id: string;
    readonly version: string;
    readonly cells: readonly (readonly [
      key: string,
      heardAt_ms: number,
      heardClock_ms: number,
      state: unknown,
    ])[];
  }[];
}

/** A tick further back than this is a clock that was set, not jitter between senders. */
const CLOCK_STEP_MS = 60_000;

/**
 * Evaluates rules on observations. Its clock is the arrival time in the data (`received_ms`), never the wall
 * clock, so the same input in the same order gives the same findings, also through a snapshot and restore.
 *
 * A key's own time is that of its newest observation plus the arrival time that has passed since it was
 * evaluated. So a device that sends the last hour now lives in that hour while it catches up, and one that
 * went silent grows older with the ticks. `advance` runs on ticks only.
 *
 * Bounds: of more devices or of more keys in a rule than allowed, observations are counted and not evaluated;
 * of a device that holds too many, the oldest are evaluated early.
 */
export class RuleEngine {
  readonly rules: readonly Rule[];
  readonly #options: EngineOptions;
  readonly #keys_max: number;
  readonly #slots: readonly Slot[];
  readonly #slotOf: ReadonlyMap<string, Slot>;
  readonly #byKind = new Map<Observation['kind'], Slot[]>();
  readonly #ordering: OrderingStage;
  readonly #stages: StageLine;
  readonly #wakes = new WakeQueue<Cell>();
  readonly #counts = { evaluations: 0, faults: 0, refusedKeys: 0 };
  /** What the call of `feed` in hand has found so far. */
  #findings: Finding[] = [];
  #clock_ms = 0;
  /** Added to arrival times once the gateway's clock was set back, so that ours never is. */
  #offset_ms = 0;

  /** Made once, not for each observation: this runs some hundred thousand times a second. */
  readonly #evaluate = (given: Observation): void => {
    const observation = this.#stages.pass(given);
    for (const slot of this.#byKind.get(observation.kind) ?? []) {
      const key = slot.rule.keyOf(observation);
      const cell = key === undefined ? undefined : this.#cell(slot, key, observation);
      if (cell === undefined) continue;
      this.#counts.evaluations += 1;
      cell.heardAt_ms = Math.max(cell.heardAt_ms, observation.at_ms);
      cell.heardClock_ms = this.#clock_ms;
      try {
        this.#take(slot.rule.observe(cell.state, observation, this.#peers));
        this.#schedule(cell);
      } catch (error) {
        this.#fault(cell, error);
      }
    }
  };

  readonly #peers: Peers = (ruleId, key) => this.#slotOf.get(ruleId)?.cells.get(key)?.state;

  constructor(rules: readonly Rule[], options: EngineOptions) {
    this.rules = rules;
    this.#options = options;
    this.#keys_max = options.keys_per_rule_max ?? 200_000;
    this.#slots = rules.map((rule, index) => ({ index, rule, cells: new Map() }));
    this.#slotOf = new Map(this.#slots.map((slot) => [slot.rule.id, slot]));
    for (const slot of this.#slots) {
      for (const kind of slot.rule.kinds) this.#byKind.set(kind, [...(this.#byKind.get(kind) ?? []), slot]);
    }
    this.#stages = new StageLine(options.stages ?? [], {
      devices_max: this.#keys_max,
      onFault: (ruleId, key, error) => this.#tellFault(ruleId, key, error),
    });
    this.#ordering = new OrderingStage({
      lateness_ms: options.lateness_ms,
      future_max_ms: options.future_max_ms ?? 600_000,
      held_per_device_max: options.held_per_device_max ?? 5000,
      devices_max: options.devices_max ?? 200_000,
    });
  }

  /** Feeds one observation and gives what it makes known, in order. */
  feed(observation: Observation): Finding[] {
    const findings: Finding[] = [];
    this.#findings = findings;
    this.#setClock(observation);
    // Those that have waited come first: they arrived before this one.
    this.#ordering.release(this.#clock_ms, this.#evaluate);
    if (observation.kind === 'tick') this.#advance();
    else if (this.#byKind.has(observation.kind) || this.#stages.wants(observation.kind)) {
      this.#ordering.accept(observation, this.#clock_ms, this.#evaluate);
      if (this.#options.lateness_ms === 0) this.#ordering.release(this.#clock_ms, this.#evaluate);
    }
    return findings;
  }

  /** What a stage knows of a device, live: for reading only. */
  stageState(stageId: string, deviceId: string): unknown {
    return this.#stages.stateOf(stageId, deviceId);
  }

  stats(): EngineStats {
    const keys = this.#slots.reduce((sum, { cells }) => sum + cells.size, 0);
    return { ...this.#ordering.counts, ...this.#counts, held: this.#ordering.held, keys };
  }

  /** Everything that later findings depend on, as JSON. It shares the live states: serialise it at once. */
  snapshot(): unknown {
    const snapshot: Snapshot = {
      format: 1,
      clock_ms: this.#clock_ms,
      offset_ms: this.#offset_ms,
      ordering: this.#ordering.snapshot(),
      stages: this.#stages.snapshot(),
      rules: this.#slots.map(({ rule, cells }) => ({
        id: rule.id,
        version: rule.version,
        cells: [...cells.values()].map((cell) => [cell.key, cell.heardAt_ms, cell.heardClock_ms, cell.state]),
      })),
    };
    return snapshot;
  }

  /** Takes over a parsed snapshot. States of rules that are gone or have changed are dropped. */
  restore(json: unknown): void {
    const snapshot = json as Snapshot;
    if (snapshot === null || typeof snapshot !== 'object' || snapshot.format !== 1) {
      throw new Error('rule snapshot: not of a known format');
    }
    this.#clock_ms = snapshot.clock_ms;
    this.#offset_ms = snapshot.offset_ms;
    this.#ordering.restore(snapshot.ordering);
    this.#stages.restore(snapshot.stages ?? []);
    this.#wakes.clear();
    for (const slot of this.#slots) {
      slot.cells.clear();
      const saved = snapshot.rules.find(
        ({ id, version }) => id === slot.rule.id && version === slot.rule.version,
      );
      for (const [key, heardAt_ms, heardClock_ms, state] of saved?.cells ?? []) {
        const cell = { key, slot, state, heardAt_ms, heardClock_ms, scheduled_ms: undefined };
        slot.cells.set(key, cell);
        this.#schedule(cell);
      }
    }
  }

  #setClock(observation: Observation): void {
    const { received_ms } = observation;
    if (observation.kind === 'tick' && received_ms + this.#offset_ms < this.#clock_ms - CLOCK_STEP_MS) {
      this.#offset_ms = this.#clock_ms - received_ms;
    }
    this.#clock_ms = Math.max(this.#clock_ms, received_ms + this.#offset_ms);
  }

  #cell(slot: Slot, key: string, observation: Observation): Cell | undefined {
    const known = slot.cells.get(key);
    if (known !== undefined) return known;
    if (slot.cells.size >= this.#keys_max) {
      this.#counts.refusedKeys += 1;
      return undefined;
    }
    const cell: Cell = {
      key,
      slot,
      state: slot.rule.initial(key),
      heardAt_ms: observation.at_ms,
      heardClock_ms: this.#clock_ms,
      scheduled_ms: undefined,
    };
    slot.cells.set(key, cell);
    return cell;
  }

  #advance(): void {
    const due: { readonly due_ms: number; readonly cell: Cell }[] = [];
    for (;;) {
      const entry = this.#wakes.pop(this.#clock_ms);
      if (entry === undefined) break;
      const cell = entry.item;
      // An entry that a nearer one replaced, or whose state was dropped.
      if (cell.scheduled_ms !== entry.due_ms || cell.slot.cells.get(cell.key) !== cell) continue;
      cell.scheduled_ms = undefined;
      const due_ms = this.#due_ms(cell);
      if (due_ms !== undefined && due_ms <= this.#clock_ms) due.push({ due_ms, cell });
      else this.#schedule(cell);
    }
    // The order must not depend on the history of the queue, which a restored engine does not have.
    due.sort(
      (a, b) =>
        a.due_ms - b.due_ms || a.cell.slot.index - b.cell.slot.index || (a.cell.key < b.cell.key ? -1 : 1),
    );
    for (const { cell } of due) {
      const now_ms = cell.heardAt_ms + (this.#clock_ms - cell.heardClock_ms);
      try {
        this.#take(cell.slot.rule.advance(cell.state, now_ms));
        this.#schedule(cell);
      } catch (error) {
        this.#fault(cell, error);
      }
    }
  }

  #take(findings: readonly Finding[]): void {
    for (const finding of findings) this.#findings.push(finding);
  }

  #fault(cell: Cell, error: unknown): void {
    cell.slot.cells.delete(cell.key);
    this.#tellFault(cell.slot.rule.id, cell.key, error);
  }

  #tellFault(ruleId: string, key: string, error: unknown): void {
    this.#counts.faults += 1;
    this.#options.onFault?.({ ruleId, key, error });
  }

  /** Only a nearer wake enters the queue; an entry that comes too early is put off when it is looked at. */
  #schedule(cell: Cell): void {
    const due_ms = this.#due_ms(cell);
    if (due_ms === undefined || (cell.scheduled_ms !== undefined && cell.scheduled_ms <= due_ms)) return;
    cell.scheduled_ms = due_ms;
    this.#wakes.push(due_ms, cell);
  }

  #due_ms(cell: Cell): number | undefined {
    const wake_ms = cell.slot.rule.wakeAt_ms(cell.state);
    return wake_ms === undefined ? undefined : wake_ms - cell.heardAt_ms + cell.heardClock_ms;
  }
}
