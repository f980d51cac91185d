import { encodeStatus } from '../../../src/codecs/telemetry-json.ts';
import { isoTime } from '../../../src/domain/time.ts';
import { createRandom, deriveSeed, type Random } from '../../random.ts';
import { encodeContent, type Schedule, type ScheduleEvent } from '../../schedule.ts';

/** A message as it reaches the gateway. */
export interface Arrival {
  readonly received_ms: number;
  readonly deviceKind: ScheduleEvent['deviceKind'];
  readonly deviceId: string;
  readonly channel: string;
  readonly payload: Buffer;
  readonly lastWill?: boolean;
}

/** Mobile networks: most messages are quick, some are not. */
const DELAY_MS = { least: 25, mean: 90, most: 4_000 };
/** After so long without a sign of a device the broker tells its last will. */
const LAST_WILL_MS = 45_000;

interface Line {
  readonly random: Random;
  /** When the message before arrived: those of one device stay in order. */
  last_ms: number;
  lostSince_ms?: number;
}

/**
 * The messages of a schedule in the order in which a gateway gets them: each somewhat later than it was sent, those of
 * one device in order, and last wills of devices that fell silent. Pure and seeded; holds only what is under way.
 */
export function* arrivals(schedule: Schedule, seed: number): Generator<Arrival> {
  const lines = new Map<string, Line>();
  const underWay = createQueue();
  for (const event of schedule) {
    yield* underWay.until(event.at_ms);
    const line = lineOf(lines, event.deviceId, seed);
    if (event.kind === 'publish') underWay.add(arrivalOf(event, line));
    else if (event.up) delete line.lostSince_ms;
    else {
      line.lostSince_ms = event.at_ms;
      underWay.add(lastWillOf(event, line), () => line.lostSince_ms === event.at_ms);
    }
  }
  yield* underWay.until(Number.POSITIVE_INFINITY);
}

function lineOf(lines: Map<string, Line>, deviceId: string, seed: number): Line {
  const known = lines.get(deviceId);
  if (known !== undefined) return known;
  const line: Line = { random: createRandom(deriveSeed(seed, 'network', deviceId)), last_ms: 0 };
  lines.set(deviceId, line);
  return line;
}

function arrivalOf(event: Extract<ScheduleEvent, { kind: 'publish' }>, line: Line): Arrival {
  const { deviceKind, deviceId, channel, at_ms } = event;
  const delay_ms = DELAY_MS.least - DELAY_MS.mean * Math.log(1 - line.random.next());
  line.last_ms = Math.max(line.last_ms, at_ms + Math.round(Math.min(DELAY_MS.most, delay_ms)));
  return { received_ms: line.last_ms, deviceKind, deviceId, channel, payload: encodeContent(event) };
}

function lastWillOf({ deviceKind, deviceId, at_ms }: ScheduleEvent, line: Line): Arrival {
  const received_ms = Math.max(line.last_ms, at_ms + LAST_WILL_MS);
  const payload = encodeStatus({ at: isoTime(at_ms), online: false });
  return { received_ms, deviceKind, deviceId, channel: 'status', payload, lastWill: true };
}

interface Waiting {
  readonly arrival: Arrival;
  readonly holds: () => boolean;
}

/** What is under way, sorted by arrival; those of one instant in the order of sending. */
function createQueue() {
  let waiting: Waiting[] = [];
  return {
    add: (arrival: Arrival, holds: () => boolean = () => true): void => {
      let low = 0;
      let high = waiting.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((waiting[middle]?.arrival.received_ms ?? 0) <= arrival.received_ms) low = middle + 1;
        else high = middle;
      }
      waiting.splice(low, 0, { arrival, holds });
    },
    until: function* (at_ms: number): Generator<Arrival> {
      let count = 0;
      for (
        let next = waiting[0];
        next !== undefined && next.arrival.received_ms <= at_ms;
        next = waiting[count]
      )
        count += 1;
      if (count === 0) return;
      const due = waiting.slice(0, count);
      waiting = waiting.slice(count);
      for (const { arrival, holds } of due) if (holds()) yield arrival;
    },
  };
}
