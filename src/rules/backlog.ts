import type { Finding } from '../domain/finding.ts';
import type { Observation } from '../domain/observation.ts';
import { fingerprint } from './ordering.ts';

/** Bounds of the backlog. */
export interface BacklogLimits {
  /** So long (arrival time) after a device came back its earlier readings are still waited for; 0 never waits. */
  readonly backlog_ms: number;
  /** Earlier readings are evaluated once none came for so long, or the first of them has waited for the longer time. */
  readonly settle_ms: number;
  readonly settle_max_ms: number;
  /** Readings remembered of one device since its gap, and of all together. */
  readonly per_device_max: number;
  readonly total_max: number;
}

/** What the engine does for the backlog. */
export interface Rewinder {
  /** The states of a device as they were after its newest reading, whatever the clock did to them since. */
  capture(deviceId: string): string;
  /** Puts captured states back. */
  restore(deviceId: string, base: string): void;
  /** Evaluates one reading and gives what it makes known. */
  evaluate(observation: Observation): Finding[];
}

/**
 * A reading and the event time at which it was evaluated: its own, but for an average, which is dated by the
 * beginning of its interval and comes after what was measured in it.
 */
type Placed = readonly [place_ms: number, observation: Observation];

/** A device that came back after a gap, and may yet send what it measured in it. */
interface Branch {
  readonly deviceId: string;
  /** Its states before the gap have seen everything up to here. */
  from_ms: number;
  base: string;
  /** Arrival time at which it came back. */
  readonly born_ms: number;
  /** Evaluated since, in order, each with the time by which it has its place. */
  since: Placed[];
  /** Not yet evaluated, in order of arrival, and when the first and the newest of them came. */
  late: Observation[];
  lateAt_ms: number;
  newestLateAt_ms: number;
  /** What has been found since: the names of findings, and those that opened an incident. */
  told: Map<string, Finding | null>;
}

/** What is known of a device, in one place: it is looked up at every reading. */
interface Known {
  /** Newest event time that was evaluated. */
  newest_ms: number;
  /** It said that it is back, and nothing was evaluated since. */
  isBack: boolean;
  branch: Branch | undefined;
}

type BranchSnapshot = readonly [
  deviceId: string,
  from_ms: number,
  born_ms: number,
  base: string,
  since: readonly Placed[],
  late: readonly Observation[],
  lateAt_ms: number,
  newestLateAt_ms: number,
  told: readonly (readonly [string, Finding | null])[],
];

/** State as JSON. */
export interface BacklogSnapshot {
  readonly branches: readonly BranchSnapshot[];
  readonly newest: readonly (readonly [deviceId: string, at_ms: number, isBack?: boolean])[];
}

/** A backlog is evaluated once nothing of it came for so long, or after the longer time while it still comes. */
export const BACKLOG_SETTLE_MS = 5000;
export const BACKLOG_SETTLE_MAX_MS = 120_000;
/** A silence shorter than this is no gap: nothing is remembered for it. */
const GAP_MS = 60_000;

/**
 * Lets readings that come hours late count as if they had come in time, also where the device first said how
 * it is now. At the first reading after a gap the states before it are put by; earlier readings that arrive
 * later are evaluated on those, together with all that came since, in the order of their times. What was told
 * already is not told again; an incident that turns out never to have been is ended with that reason.
 */
export class Backlog {
  /** Readings evaluated out of their turn. */
  caughtUp = 0;
  readonly #limits: BacklogLimits;
  readonly #rewinder: Rewinder;
  /** By device, in the order of their coming back. */
  readonly #branches = new Map<string, Branch>();
  readonly #known = new Map<string, Known>();
  #due: Branch[] = [];
  #remembered = 0;

  constructor(limits: BacklogLimits, rewinder: Rewinder) {
    this.#limits = limits;
    this.#rewinder = rewinder;
  }

  /** To be told of each reading in order, before it is evaluated. */
  pass(observation: Observation, clock_ms: number): void {
    const { deviceId, at_ms } = observation;
    let known = this.#known.get(deviceId);
    if (known === undefined) {
      known = { newest_ms: 0, isBack: false, branch: undefined };
      this.#known.set(deviceId, known);
    }
    const { newest_ms } = known;
    if (at_ms > newest_ms) known.newest_ms = at_ms;
    if (known.branch === undefined && !known.isBack && at_ms - newest_ms <= GAP_MS) return;
    known.isBack = false;
    known.branch ??= this.#begin(deviceId, newest_ms, clock_ms);
    const { branch } = known;
    branch.since.push([Math.max(at_ms, newest_ms), observation]);
    this.#remembered += 1;
    if (branch.since.length > this.#limits.per_device_max) this.#forget(branch);
    while (this.#remembered > this.#limits.total_max) {
      const [oldest] = this.#branches.values();
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
  }

  /** A device connected again: what it measured in between may follow after what it measures now, however short that was. */
  returned(deviceId: string): void {
    const known = this.#known.get(deviceId);
    if (known !== undefined) known.isBack = true;
  }

  /** Takes a reading that is earlier than what was evaluated; false where no gap was left for it. */
  take(observation: Observation, clock_ms: number): boolean {
    const branch = this.#branches.get(observation.deviceId);
    if (branch === undefined || observation.at_ms <= branch.from_ms) return false;
    if (branch.late.length === 0) {
      branch.lateAt_ms = clock_ms;
      this.#due.push(branch);
    }
    branch.late.push(observation);
    branch.newestLateAt_ms = clock_ms;
    return true;
  }

  /** Remembers what was found of a device. */
  tell(deviceId: string, findings: readonly Finding[]): void {
    const branch = this.#branches.get(deviceId);
    if (branch === undefined) return;
    for (const finding of findings) branch.told.set(nameOf(finding), openingOf(finding));
  }

  /**
   * To be called on ticks: evaluates what has been gathered for long enough, and lets go of devices that were
   * waited for long enough.
   */
  release(clock_ms: number, emit: (finding: Finding) => void): void {
    const settled = this.#due.filter((branch) => this.#isSettled(branch, clock_ms));
    if (settled.length > 0) {
      this.#due = this.#due.filter((branch) => !settled.includes(branch));
      // By name where they came at once: a restored engine knows no other order.
      settled.sort((a, b) => a.lateAt_ms - b.lateAt_ms || (a.deviceId < b.deviceId ? -1 : 1));
      for (const branch of settled) {
        if (this.#branches.get(branch.deviceId) === branch) this.#rewind(branch, emit);
      }
    }
    for (const branch of this.#branches.values()) {
      if (branch.born_ms + this.#limits.backlog_ms > clock_ms) break;
      if (branch.late.length === 0) this.#forget(branch);
      else break;
    }
  }

  snapshot(): BacklogSnapshot {
    return {
      branches: [...this.#branches.values()].map((branch) => [
        branch.deviceId,
        branch.from_ms,
        branch.born_ms,
        branch.base,
        [...branch.since],
        [...branch.late],
        branch.lateAt_ms,
        branch.newestLateAt_ms,
        [...branch.told],
      ]),
      newest: [...this.#known].map(([deviceId, { newest_ms, isBack }]) =>
        isBack ? [deviceId, newest_ms, true] : [deviceId, newest_ms],
      ),
    };
  }

  restore({ branches, newest }: BacklogSnapshot): void {
    this.#branches.clear();
    this.#known.clear();
    this.#due = [];
    this.#remembered = 0;
    for (const [deviceId, newest_ms, isBack = false] of newest) {
      this.#known.set(deviceId, { newest_ms, isBack, branch: undefined });
    }
    for (const [
      deviceId,
      from_ms,
      born_ms,
      base,
      since,
      late,
      lateAt_ms,
      newestLateAt_ms,
      told,
    ] of branches) {
      const lists = { since: [...since], late: [...late], told: new Map(told) };
      const branch: Branch = { deviceId, from_ms, born_ms, base, lateAt_ms, newestLateAt_ms, ...lists };
      this.#branches.set(deviceId, branch);
      const { newest_ms = 0, isBack = false } = this.#known.get(deviceId) ?? {};
      this.#known.set(deviceId, { newest_ms, isBack, branch });
      this.#remembered += since.length;
      if (late.length > 0) this.#due.push(branch);
    }
  }

  #isSettled({ late, lateAt_ms, newestLateAt_ms }: Branch, clock_ms: number): boolean {
    const { settle_ms, settle_max_ms, per_device_max } = this.#limits;
    if (late.length > per_device_max) return true;
    return newestLateAt_ms + settle_ms <= clock_ms || lateAt_ms + settle_max_ms <= clock_ms;
  }

  #begin(deviceId: string, from_ms: number, clock_ms: number): Branch {
    const branch: Branch = {
      deviceId,
      from_ms,
      base: this.#rewinder.capture(deviceId),
      born_ms: clock_ms,
      since: [],
      late: [],
      lateAt_ms: 0,
      newestLateAt_ms: 0,
      told: new Map(),
    };
    this.#branches.set(deviceId, branch);
    return branch;
  }

  #forget(branch: Branch): void {
    this.#branches.delete(branch.deviceId);
    const known = this.#known.get(branch.deviceId);
    if (known !== undefined) known.branch = undefined;
    this.#remembered -= branch.since.length;
  }

  #rewind(branch: Branch, emit: (finding: Finding) => void): void {
    const all = merge(branch.since, branch.late);
    this.caughtUp += all.length - branch.since.length;
    this.#remembered += all.length - branch.since.length;
    branch.since = all;
    branch.late = [];
    this.#rewinder.restore(branch.deviceId, branch.base);
    // Of a long backlog the front is done with: what comes next is later, and the rest is remembered on top of it.
    const done =
      all.length > this.#limits.per_device_max / 2 ? all.length - this.#limits.per_device_max / 4 : 0;
    const findings: Finding[] = [];
    let settled = 0;
    all.forEach(([, observation], index) => {
      if (index === done && done > 0) {
        this.#settle(branch, index);
        settled = findings.length;
      }
      findings.push(...this.#rewinder.evaluate(observation));
    });
    for (const finding of news(branch.told, findings, all.at(-1)?.[0] ?? 0)) emit(finding);
    const ends = [...branch.told].filter(([name]) => name.endsWith(' end'));
    const told = findings.slice(settled).map((finding) => [nameOf(finding), openingOf(finding)] as const);
    branch.told = new Map([...ends, ...told]);
  }

  #settle(branch: Branch, index: number): void {
    branch.base = this.#rewinder.capture(branch.deviceId);
    branch.from_ms = branch.since[index - 1]?.[0] ?? branch.from_ms;
    branch.since = branch.since.slice(index);
    this.#remembered -= index;
  }
}

/** Kinds of observation that devices keep while they are cut off. */
export function mayComeLate(kind: Observation['kind']): boolean {
  return kind === 'position' || kind === 'reading';
}

/** A truck's or station's word that its connection is there again. */
export function isReturn(observation: Observation): boolean {
  return observation.kind === 'status' && observation.online && observation.deviceKind !== 'camera';
}

/** What is new in `findings`, and the ends of incidents that were told and are not in it. */
function news(
  told: ReadonlyMap<string, Finding | null>,
  findings: readonly Finding[],
  now_ms: number,
): Finding[] {
  const over = new Set([...told.keys()].filter((name) => name.endsWith(' end')).map(incidentOf));
  const lastOf = new Map(findings.map((finding) => [incidentOf(nameOf(finding)), finding]));
  const fresh = findings.filter((finding) => {
    const name = nameOf(finding);
    return !told.has(name) && !over.has(incidentOf(name));
  });
  const wrong = [...told.values()].filter((opened) => {
    const incident = opened === null ? undefined : incidentOf(nameOf(opened));
    return incident !== undefined && !over.has(incident) && !lastOf.has(incident);
  });
  const ends = wrong.flatMap((opened) => (opened === null ? [] : [taken(opened, now_ms)]));
  // An update that only now became known must not be the last word where a later one was told.
  const again = new Set(fresh.map((finding) => lastOf.get(incidentOf(nameOf(finding)))));
  return [...ends, ...findings.filter((finding) => fresh.includes(finding) || again.has(finding))];
}

function taken(opened: Finding, now_ms: number): Finding {
  const endReason = 'readings that came later tell otherwise';
  return { ...opened, action: 'end', at_ms: Math.max(now_ms, opened.at_ms), endReason, exhibits: [] };
}

function nameOf({ rule, key, onset_ms, action, at_ms }: Finding): string {
  return `${rule.id} ${key} ${onset_ms}\n${action === 'end' ? '' : at_ms} ${action}`;
}

function incidentOf(name: string): string {
  return name.slice(0, name.lastIndexOf('\n'));
}

/** Remembered without its exhibits, which are the large part. */
function openingOf(finding: Finding): Finding | null {
  return finding.action === 'open' ? { ...finding, exhibits: [] } : null;
}

/** Both lists in the order of time, without what is in them twice. */
function merge(since: readonly Placed[], late: readonly Observation[]): Placed[] {
  const all = [...since, ...late.map((observation): Placed => [observation.at_ms, observation])];
  const seen = new Set<string>();
  return all
    .sort(([a], [b]) => a - b)
    .filter(([, observation]) => {
      const period = observation.kind === 'reading' ? (observation.period ?? '') : '';
      const mark = `${observation.at_ms} ${period} ${fingerprint(observation)}`;
      if (seen.has(mark)) return false;
      seen.add(mark);
      return true;
    });
}
