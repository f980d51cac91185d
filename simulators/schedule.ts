import { readFileSync } from 'node:fs';
import { encodePosition, encodeReading, encodeStatus } from '../src/codecs/telemetry-json.ts';
import type { DeviceKind } from '../src/domain/device.ts';
import type { DustPayload, NoisePayload, PositionPayload, StatusPayload } from '../src/domain/telemetry.ts';
import { isoTime } from '../src/domain/time.ts';
import { deviceTopic } from '../src/domain/topics.ts';

interface Planned {
  /** Simulated epoch milliseconds at which it happens. */
  readonly at_ms: number;
  readonly deviceKind: DeviceKind;
  readonly deviceId: string;
}

/** What a publication carries: a channel and one payload, or several after an outage. */
export type Content =
  | { readonly channel: 'position'; readonly payload: PositionPayload | readonly PositionPayload[] }
  | { readonly channel: 'reading'; readonly payload: Reading | readonly Reading[] }
  | { readonly channel: 'status'; readonly payload: StatusPayload }
  /** A JPEG that is read when it is sent, with the camera's own stamp. */
  | { readonly channel: 'snapshot'; readonly payload: { readonly file: string; readonly stamp_ms: number } };
type Reading = DustPayload | NoisePayload;

/** A message to be published at a time. */
export type Publication = Planned & { readonly kind: 'publish' } & Content;

/** A device that gets its connection, or loses it without a word. */
export interface LinkChange extends Planned {
  readonly kind: 'link';
  readonly up: boolean;
}

/** What devices do, in order of time. Pure: neither clock nor socket; the sending is elsewhere. */
export type Schedule = Iterable<Publication | LinkChange>;
export type ScheduleEvent = Publication | LinkChange;

/** When a device has no connection; `to_ms` is not included. */
export interface Outage {
  readonly from_ms: number;
  readonly to_ms: number;
  /** False where the unit was without power: what it would have measured is lost. */
  readonly backfill?: boolean;
}

/** Readings in one backfill message; the contract allows 1,000. */
export const BACKFILL_MAX = 500;
const FIRMWARE = 'xuncheng-simulator';

/** Topic of a publication. */
export function topicOf(publication: Publication): string {
  const { deviceKind, deviceId, channel } = publication;
  const topic = deviceTopic(deviceKind, deviceId, channel);
  return channel === 'snapshot' ? `${topic}/${publication.payload.stamp_ms}` : topic;
}

/** Bytes of a publication, through the encoders of the public contract. Throws where the file of a still cannot be read. */
export function encodeContent(content: Content): Buffer {
  if (content.channel === 'position') return encodePosition(content.payload);
  if (content.channel === 'reading') return encodeReading(content.payload);
  return content.channel === 'snapshot' ? readFileSync(content.payload.file) : encodeStatus(content.payload);
}

/**
 * The schedule of one device with its connection: online at `start_ms`, then its messages. During an outage
 * messages are kept back; when it ends they follow as arrays, oldest first, as a unit with a buffer does.
 */
export function* withLink(
  device: { readonly deviceKind: DeviceKind; readonly deviceId: string },
  messages: Iterable<Publication>,
  start_ms: number,
  outages: readonly Outage[] = [],
): Generator<ScheduleEvent> {
  const waiting = [...outages].sort((a, b) => a.from_ms - b.from_ms);
  yield* connect(device, start_ms);
  let outage: Outage | undefined;
  let buffer: Publication[] = [];
  for (const message of messages) {
    if (outage !== undefined && message.at_ms >= outage.to_ms) {
      yield* connect(device, outage.to_ms);
      yield* backfill(buffer, outage.to_ms);
      buffer = [];
      outage = undefined;
    }
    const next = waiting[0];
    if (outage === undefined && next !== undefined && message.at_ms >= next.from_ms) {
      waiting.shift();
      if (message.at_ms < next.to_ms) {
        outage = next;
        yield { kind: 'link', up: false, at_ms: Math.max(start_ms, next.from_ms), ...device };
      }
    }
    if (outage === undefined) yield message;
    else if (outage.backfill !== false) buffer.push(message);
  }
  if (outage === undefined) return;
  yield* connect(device, outage.to_ms);
  yield* backfill(buffer, outage.to_ms);
}

/** Merges schedules by time; those of one time stay in the order of the list. */
export function* mergeSchedules(schedules: readonly Schedule[]): Generator<ScheduleEvent> {
  const heap: Head[] = [];
  for (const [order, schedule] of schedules.entries()) {
    const iterator = schedule[Symbol.iterator]();
    const first = iterator.next();
    if (first.done !== true) push(heap, { event: first.value, order, iterator });
  }
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    yield head.event;
    const next = head.iterator.next();
    if (next.done === true) replaceTop(heap, heap.pop());
    else replaceTop(heap, { ...head, event: next.value });
  }
}

/** The part of a schedule before `end_ms`. */
export function* until(schedule: Schedule, end_ms: number): Generator<ScheduleEvent> {
  for (const event of schedule) {
    if (event.at_ms >= end_ms) return;
    yield event;
  }
}

function* connect(
  device: { readonly deviceKind: DeviceKind; readonly deviceId: string },
  at_ms: number,
): Generator<ScheduleEvent> {
  yield { kind: 'link', up: true, at_ms, ...device };
  const payload = { at: isoTime(at_ms), online: true, firmware: FIRMWARE };
  yield { kind: 'publish', at_ms, ...device, channel: 'status', payload };
}

function* backfill(buffer: readonly Publication[], at_ms: number): Generator<ScheduleEvent> {
  for (let from = 0; from < buffer.length; from += BACKFILL_MAX) {
    const part = joinPublications(buffer.slice(from, from + BACKFILL_MAX));
    if (part !== undefined) yield { ...part, at_ms };
  }
}

/** Several publications of one channel as one with an array; status messages are not for joining. */
export function joinPublications(parts: readonly Publication[]): Publication | undefined {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first;
  const { at_ms, deviceKind, deviceId } = first;
  const common = { kind: 'publish', at_ms, deviceKind, deviceId } as const;
  if (first.channel === 'position') {
    const payload = parts.flatMap((part) => (part.channel === 'position' ? part.payload : []));
    return { ...common, channel: 'position', payload };
  }
  if (first.channel !== 'reading') return parts.at(-1);
  const payload = parts.flatMap((part) => (part.channel === 'reading' ? part.payload : []));
  return { ...common, channel: 'reading', payload };
}

interface Head {
  readonly event: ScheduleEvent;
  readonly order: number;
  readonly iterator: Iterator<ScheduleEvent>;
}

function isBefore(a: Head, b: Head): boolean {
  return a.event.at_ms < b.event.at_ms || (a.event.at_ms === b.event.at_ms && a.order < b.order);
}

function push(heap: Head[], head: Head): void {
  let at = heap.length;
  heap.push(head);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(head, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = head;
}

/** Puts `head` where the top was and restores the order; an empty heap stays empty. */
function replaceTop(heap: Head[], head: Head | undefined): void {
  if (head === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const child =
      right !== undefined && left !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, head)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = head;
}
