import type { TruckEvent } from './trucks.ts';

/** What was scripted for a truck: what it is to do next, and what goes on around it. */
export interface TruckEvents {
  /** The next thing to do whose time has come and which the truck can do; dumping waits for a load. */
  take(now_ms: number, isLoaded: boolean): TruckEvent | undefined;
  /** Something that lasts while the truck drives, where it is so now. */
  isOn(kind: TruckEvent['kind'], now_ms: number): TruckEvent | undefined;
  /** Makes something last from now on. */
  begin(event: TruckEvent, now_ms: number): void;
}

/** These change how the truck drives; the others are places that it drives to. */
const LASTING: readonly TruckEvent['kind'][] = ['uncovered-load', 'overspeed'];
const NEEDS_LOAD: readonly TruckEvent['kind'][] = ['illegal-dumping', 'uncovered-load'];

/** Keeps the scripted events of one truck. */
export function createTruckEvents(scripted: readonly TruckEvent[]): TruckEvents {
  const waiting = [...scripted].sort((a, b) => a.at_ms - b.at_ms);
  const lasting = new Map<TruckEvent['kind'], { readonly event: TruckEvent; readonly until_ms: number }>();
  const begin = (event: TruckEvent, now_ms: number): void => {
    lasting.set(event.kind, { event, until_ms: now_ms + event.duration_ms });
  };
  const next = (now_ms: number, isLoaded: boolean): TruckEvent | undefined => {
    const index = waiting.findIndex(
      ({ at_ms, kind }) => at_ms <= now_ms && (isLoaded || !NEEDS_LOAD.includes(kind)),
    );
    const event = waiting[index];
    if (event === undefined) return undefined;
    waiting.splice(index, 1);
    if (event.repeat_ms !== undefined) {
      const missed = Math.floor((now_ms - event.at_ms) / event.repeat_ms);
      waiting.push({ ...event, at_ms: event.at_ms + (missed + 1) * event.repeat_ms });
    }
    return event;
  };
  return {
    take: (now_ms, isLoaded) => {
      if (waiting.length === 0) return undefined;
      for (;;) {
        const event = next(now_ms, isLoaded);
        if (event === undefined || !LASTING.includes(event.kind)) return event;
        begin(event, now_ms);
      }
    },
    isOn: (kind, now_ms) => {
      if (lasting.size === 0) return undefined;
      const current = lasting.get(kind);
      return current !== undefined && now_ms < current.until_ms ? current.event : undefined;
    },
    begin,
  };
}
