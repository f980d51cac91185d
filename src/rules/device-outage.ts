import type { DeviceOfflineConfig, OutageGroup } from '../domain/device-offline-config.ts';
import type { Heard, SilenceJudge } from './device-silence.ts';

/** A device with its id. */
export type Named = readonly [id: string, device: Heard];

/** Many devices that fell silent together. Plain JSON. */
export interface Outage {
  /** Of its incident: how they belong together, and of what. */
  readonly key: string;
  readonly group: OutageGroup;
  readonly value: string;
  /** Where the first silence began, and where the last one of those that made it an outage. */
  readonly onset_ms: number;
  readonly last_ms: number;
  /** Devices of the group that were heard until then. */
  readonly size: number;
  updated_ms: number;
  /** Since when too few are away for an outage. */
  falling_ms: number | null;
}

/** What a group is judged by at a moment. */
export interface OutageView {
  readonly config: DeviceOfflineConfig;
  readonly judge: SilenceJudge;
  readonly groupOf: (id: string, group: OutageGroup) => string | undefined;
  readonly now_ms: number;
  readonly listening_ms: number;
}

/** Beginnings that are tried for each group at one moment. */
const SEEDS_MAX = 20;

/**
 * Looks whether the devices that have just become offline are part of an outage: enough of a group, and a large enough
 * share of those of it that were heard until then, whose silence began with theirs. Those count that are late, too, so
 * that nobody waits for the slowest. Gives each outage with its members.
 */
export function findOutages(
  fallen: readonly Named[],
  all: readonly Named[],
  view: OutageView,
): { readonly outage: Outage; readonly members: readonly Named[] }[] {
  const { by, enabled } = view.config.outage;
  const found: { outage: Outage; members: readonly Named[] }[] = [];
  const taken = new Set<string>();
  for (const group of enabled ? by : []) {
    const values = new Set(fallen.map(([id]) => view.groupOf(id, group)));
    for (const value of [...values].sort()) {
      if (value === undefined) continue;
      const inGroup = ([id]: Named): boolean => !taken.has(id) && view.groupOf(id, group) === value;
      const live = all.filter((one) => inGroup(one) && one[1].spell === undefined && !isParked(one, view));
      for (const seed of fallen.filter(inGroup).slice(0, SEEDS_MAX)) {
        if (taken.has(seed[0])) continue;
        const members = live.filter((one) => !taken.has(one[0]) && fellWith(one, seed, view));
        if (members.length < needed(view.config, live.length)) continue;
        for (const [id] of members) taken.add(id);
        found.push({ outage: outageOf(group, value, members, live.length, view), members });
      }
    }
  }
  return found;
}

/** True where a device that has become offline is part of an outage that is known already. */
export function belongsTo([id, device]: Named, outage: Outage, view: OutageView): boolean {
  if (view.groupOf(id, outage.group) !== outage.value) return false;
  const since_ms = view.judge.since_ms(device, view.listening_ms);
  const slack_ms = view.config.outage.window_s * 1000;
  return (
    since_ms >= outage.onset_ms - slack_ms - view.judge.usual_ms(id, device) &&
    since_ms <= outage.last_ms + slack_ms
  );
}

/** How many devices make an outage of a group of so many. */
export function needed({ outage }: DeviceOfflineConfig, size: number): number {
  return Math.max(outage.min_count, Math.ceil(outage.min_share * size));
}

function isParked([, device]: Named, { judge, now_ms }: OutageView): boolean {
  return judge.isParked(device, now_ms);
}

/** Each was cut off within one interval after it was heard last: the two spans must meet, give or take the window. */
function fellWith([id, device]: Named, [seedId, seed]: Named, view: OutageView): boolean {
  const { judge, now_ms, listening_ms, config } = view;
  if (!judge.isLate(id, device, now_ms, listening_ms)) return false;
  const slack_ms = config.outage.window_s * 1000;
  const mine_ms = judge.since_ms(device, listening_ms);
  const its_ms = judge.since_ms(seed, listening_ms);
  return (
    mine_ms <= its_ms + judge.usual_ms(seedId, seed) + slack_ms &&
    its_ms <= mine_ms + judge.usual_ms(id, device) + slack_ms
  );
}

function outageOf(
  group: OutageGroup,
  value: string,
  members: readonly Named[],
  size: number,
  { judge, now_ms, listening_ms }: OutageView,
): Outage {
  let onset_ms = Number.POSITIVE_INFINITY;
  let last_ms = 0;
  for (const [, device] of members) {
    const since_ms = judge.since_ms(device, listening_ms);
    onset_ms = Math.min(onset_ms, since_ms);
    last_ms = Math.max(last_ms, since_ms);
  }
  // No id has a slash in it, so no device is called so. Two outages of a group never begin at the same moment.
  const key = `outage/${group}/${value}/${onset_ms}`;
  return { key, group, value, onset_ms, last_ms, size, updated_ms: now_ms, falling_ms: null };
}
