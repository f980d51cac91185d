import type { Finding } from '../domain/finding.ts';
import type { Observation } from '../domain/observation.ts';
import { BACKLOG_SETTLE_MAX_MS, BACKLOG_SETTLE_MS, Backlog, isReturn, mayComeLate } from './backlog.ts';
import { type Cell, captureStates, type DueCell, inTurn, type Slot } from './engine-cell.ts';
import type { EngineOptions, EngineStats } from './engine-options.ts';
import { type EngineSnapshot, joinSnapshot, SnapshotSession } from './engine-snapshot.ts';
import { OrderingStage } from './ordering.ts';
import type { Peers, Rule } from './rule.ts';
import { StageLine } from './stage-line.ts';
import { WakeQueue } from './wake-queue.ts';

/** A tick further back than this is a clock that was set, not jitter between senders. */
const CLOCK_STEP_MS = 60_000;
/** Event time that runs ahead of arrival by more is a backlog, in which no tick tells a rule that time passes. */
const LEAP_MS = 60_000;
/** Wakes that one silence in a backlog may bring. */
const WAKES_MAX = 100;

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
  /** Of rules that are fed on arrival. */
  readonly #arriving = new Map<Observation['kind'], Slot[]>();
  readonly #ordering: OrderingStage;
  readonly #stages: StageLine;
  readonly #wakes = new WakeQueue<Cell>();
  readonly #counts = { evaluations: 0, faults: 0, refusedKeys: 0 };
  /** What the call of `feed` in hand has found so far. */
  #findings: Finding[] = [];
  #clock_ms = 0;
  /** Added to arrival times once the gateway's clock was set back, so that ours never is. */
  #offset_ms = 0;

  readonly #backlog: Backlog;
  #session: SnapshotSession | undefined;
  #sessions = 0;

  /** Made once, not for each observation: this runs some hundred thousand times a second. */
  readonly #inOrder = (given: Observation): void => {
    const observation = this.#stages.pass(given);
    if (this.#options.backlog_ms === undefined || !mayComeLate(observation.kind)) {
      this.#evaluate(observation);
      return;
    }
    this.#backlog.pass(observation, this.#clock_ms);
    const before = this.#findings.length;
    this.#evaluate(observation);
    if (this.#findings.length > before) {
      this.#backlog.tell(observation.deviceId, this.#findings.slice(before));
    }
  };
  readonly #takeLate = (late: Observation): boolean =>
    mayComeLate(late.kind) && this.#backlog.take(late, this.#clock_ms);
  readonly #found = (finding: Finding): void => {
    this.#findings.push(finding);
  };

  readonly #peers: Peers = (ruleId, key) => this.#slotOf.get(ruleId)?.cells.get(key)?.state;

  constructor(rules: readonly Rule[], options: EngineOptions) {
    this.rules = rules;
    this.#options = options;
    this.#keys_max = options.keys_per_rule_max ?? 200_000;
    this.#slots = rules.map((rule, index) => ({
      index,
      rule,
      rewinds: options.backlog_ms !== undefined && rule.kinds.every(mayComeLate),
      cells: new Map(),
    }));
    this.#slotOf = new Map(this.#slots.map((slot) => [slot.rule.id, slot]));
    for (const slot of this.#slots) {
      const byKind = slot.rule.onArrival === true ? this.#arriving : this.#byKind;
      for (const kind of slot.rule.kinds) byKind.set(kind, [...(byKind.get(kind) ?? []), slot]);
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
    this.#backlog = new Backlog(
      {
        backlog_ms: options.backlog_ms ?? 0,
        settle_ms: Math.max(options.lateness_ms, BACKLOG_SETTLE_MS),
        settle_max_ms: BACKLOG_SETTLE_MAX_MS,
        per_device_max: options.held_per_device_max ?? 5000,
        total_max: options.backlog_readings_max ?? 200_000,
      },
      {
        capture: (deviceId) => captureStates(this.#slots, deviceId),
        restore: (deviceId, base) => this.#rewind(deviceId, base),
        evaluate: (observation) => this.#evaluateApart(observation),
      },
    );
  }

  /** Feeds one observation and gives what it makes known, in order. */
  feed(observation: Observation): Finding[] {
    const findings: Finding[] = [];
    this.#findings = findings;
    this.#setClock(observation);
    if (isReturn(observation)) this.#backlog.returned(observation.deviceId);
    for (const slot of this.#arriving.get(observation.kind) ?? []) {
      this.#observe(slot, slot.rule.keyOf(observation), observation, this.#clock_ms);
    }
    // Those that have waited come first: they arrived before this one.
    this.#ordering.release(this.#clock_ms, this.#inOrder);
    if (observation.kind === 'tick') {
      this.#backlog.release(this.#clock_ms, this.#found);
      this.#advance();
    } else if (this.#byKind.has(observation.kind) || this.#stages.wants(observation.kind)) {
      this.#ordering.accept(observation, this.#clock_ms, this.#inOrder, this.#takeLate);
      if (this.#options.lateness_ms === 0) this.#ordering.release(this.#clock_ms, this.#inOrder);
    }
    return findings;
  }

  /** What a stage knows of a device, live: for reading only. */
  stageState(stageId: string, deviceId: string): unknown {
    return this.#stages.stateOf(stageId, deviceId);
  }

  stats(): EngineStats {
    const keys = this.#slots.reduce((sum, { cells }) => sum + cells.size, 0);
    const { caughtUp } = this.#backlog;
    return { ...this.#ordering.counts, ...this.#counts, caughtUp, held: this.#ordering.held, keys };
  }

  /** Everything that later findings depend on, as JSON. */
  snapshot(): EngineSnapshot {
    const session = this.beginSnapshot();
    const pieces: string[] = [];
    for (let piece = session.next(); piece !== undefined; piece = session.next()) pieces.push(piece);
    return joinSnapshot(pieces);
  }

  /** Begins to take down the state as it is now, in pieces, while feeding may go on. A session before is void. */
  beginSnapshot(): SnapshotSession {
    this.#sessions += 1;
    this.#session = new SnapshotSession(
      this.#sessions,
      { format: 1, clock_ms: this.#clock_ms, offset_ms: this.#offset_ms },
      {
        ordering: this.#ordering.snapshot(),
        backlog: this.#backlog.snapshot(),
        stages: this.#stages.snapshot(),
      },
      this.#slots.map(({ rule: { id, version }, cells }) => ({ id, version, cells: [...cells.values()] })),
    );
    return this.#session;
  }

  /** Takes over the pieces of a session. */
  restorePieces(pieces: Iterable<string>): void {
    this.restore(joinSnapshot(pieces));
  }

  /** Takes over a parsed snapshot. States of rules that are gone or have changed are dropped. */
  restore(json: unknown): void {
    const snapshot = json as EngineSnapshot;
    if (snapshot === null || typeof snapshot !== 'object' || snapshot.format !== 1) {
      throw new Error('rule snapshot: not of a known format');
    }
    this.#session = undefined;
    this.#clock_ms = snapshot.clock_ms;
    this.#offset_ms = snapshot.offset_ms;
    this.#ordering.restore(snapshot.ordering);
    this.#stages.restore(snapshot.stages ?? []);
    this.#backlog.restore(snapshot.backlog ?? { branches: [], newest: [] });
    this.#wakes.clear();
    for (const slot of this.#slots) {
      slot.cells.clear();
      const saved = snapshot.rules.find(
        ({ id, version }) => id === slot.rule.id && version === slot.rule.version,
      );
      for (const [key, heardAt_ms, heardClock_ms, state, quiet] of saved?.cells ?? []) {
        this.#schedule(this.#put(slot, { key, heardAt_ms, heardClock_ms, state, quiet }));
      }
    }
  }

  /** `apart`: out of turn, for the rules alone whose states were put back for it. */
  #evaluate(observation: Observation, apart = false): void {
    for (const slot of this.#byKind.get(observation.kind) ?? []) {
      const key = slot.rule.keyOf(observation);
      if (apart && (!slot.rewinds || key !== observation.deviceId)) continue;
      this.#observe(slot, key, observation, observation.at_ms);
    }
  }

  #observe(slot: Slot, key: string | undefined, observation: Observation, at_ms: number): void {
    const cell = key === undefined ? undefined : this.#cell(slot, key, at_ms);
    if (cell === undefined) return;
    this.#counts.evaluations += 1;
    this.#session?.freeze(cell);
    try {
      if (at_ms - cell.heardAt_ms > this.#clock_ms - cell.heardClock_ms + LEAP_MS) this.#live(cell, at_ms);
      cell.quiet = undefined;
      cell.heardAt_ms = Math.max(cell.heardAt_ms, at_ms);
      cell.heardClock_ms =
        cell.lived !== undefined && at_ms <= cell.lived.at_ms ? cell.lived.clock_ms : this.#clock_ms;
      this.#take(slot.rule.observe(cell.state, observation, this.#peers, this.#clock_ms));
      this.#schedule(cell);
    } catch (error) {
      this.#fault(cell, error);
    }
  }

  /** Lets a key live through a silence in its backlog, as ticks would have let it. */
  #live(cell: Cell, until_ms: number): void {
    for (let n = 0; n < WAKES_MAX; n += 1) {
      const wake_ms = cell.slot.rule.wakeAt_ms(cell.state);
      if (wake_ms === undefined || wake_ms >= until_ms) return;
      this.#take(cell.slot.rule.advance(cell.state, wake_ms));
    }
  }

  #evaluateApart(observation: Observation): Finding[] {
    const outer = this.#findings;
    this.#findings = [];
    this.#evaluate(observation, true);
    const found = this.#findings;
    this.#findings = outer;
    return found;
  }

  #rewind(deviceId: string, base: string): void {
    const states = JSON.parse(base) as ([heardAt_ms: number, state: string] | null)[];
    for (const slot of this.#slots) {
      if (!slot.rewinds) continue;
      const old = slot.cells.get(deviceId);
      slot.cells.delete(deviceId);
      const saved = states[slot.index];
      const lived = old && { at_ms: old.heardAt_ms, clock_ms: old.heardClock_ms };
      if (saved == null && lived === undefined) continue;
      const state = saved == null ? slot.rule.initial(deviceId) : (JSON.parse(saved[1]) as unknown);
      const heardAt_ms = saved?.[0] ?? 0;
      const cell = this.#put(slot, { key: deviceId, heardAt_ms, heardClock_ms: this.#clock_ms, state });
      if (lived !== undefined) cell.lived = lived;
    }
  }

  #put(
    slot: Slot,
    parts: Pick<Cell, 'key' | 'heardAt_ms' | 'heardClock_ms' | 'state'> & {
      readonly quiet?: string | undefined;
    },
  ): Cell {
    const cell: Cell = { quiet: undefined, ...parts, slot, scheduled_ms: undefined, frozen: this.#sessions };
    slot.cells.set(parts.key, cell);
    return cell;
  }

  #setClock(observation: Observation): void {
    const { received_ms } = observation;
    if (observation.kind === 'tick' && received_ms + this.#offset_ms < this.#clock_ms - CLOCK_STEP_MS) {
      this.#offset_ms = this.#clock_ms - received_ms;
    }
    this.#clock_ms = Math.max(this.#clock_ms, received_ms + this.#offset_ms);
  }

  #cell(slot: Slot, key: string, heardAt_ms: number): Cell | undefined {
    const known = slot.cells.get(key);
    if (known !== undefined) return known;
    if (slot.cells.size >= this.#keys_max) {
      this.#counts.refusedKeys += 1;
      return undefined;
    }
    const state = slot.rule.initial(key);
    return this.#put(slot, { key, heardAt_ms, heardClock_ms: this.#clock_ms, state });
  }

  #advance(): void {
    const due: DueCell[] = [];
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
    due.sort(inTurn);
    for (const { cell } of due) {
      const now_ms = cell.heardAt_ms + (this.#clock_ms - cell.heardClock_ms);
      this.#session?.freeze(cell);
      if (cell.slot.rewinds) cell.quiet ??= JSON.stringify(cell.state);
      try {
        const findings = cell.slot.rule.advance(cell.state, now_ms);
        this.#take(findings);
        if (cell.slot.rewinds && findings.length > 0) this.#backlog.tell(cell.key, findings);
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
