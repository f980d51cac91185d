import { existsSync } from 'node:fs';
import type { FrameRef } from '../../src/domain/observation.ts';
import type { RecordingManifest } from '../../src/domain/recording.ts';
import { readObservations } from '../../src/recording/observation-reader.ts';
import { stillPath } from '../../src/recording/recorded-stills.ts';
import { BACKFILL_MAX, joinPublications, type Publication, type ScheduleEvent } from '../schedule.ts';
import { messageOf } from './observed-message.ts';

/**
 * What the devices of a recording do, `shift_ms` later than they did: each gets its connection before its first message and
 * loses it where it went offline. Readings that arrived at one moment go out as one message.
 */
export async function* recordingSchedule(
  dir: string,
  manifest: RecordingManifest,
  shift_ms: number,
  onNote: (note: string) => void,
): AsyncGenerator<ScheduleEvent> {
  const connected = new Set<string>();
  let waiting: Publication[] = [];
  const fileOf = ({ path }: FrameRef): string | undefined => {
    const file = stillPath(dir, path);
    return existsSync(file) ? file : undefined;
  };
  for await (const batch of readObservations(dir, manifest, onNote)) {
    for (const { observation } of batch) {
      const message = messageOf(observation, shift_ms, fileOf);
      if (message === undefined) continue;
      if (!belongsTo(waiting, message)) {
        yield* send(waiting, connected);
        waiting = [];
      }
      waiting.push(message);
    }
  }
  yield* send(waiting, connected);
}

function belongsTo(waiting: readonly Publication[], message: Publication): boolean {
  const [first] = waiting;
  return (
    first !== undefined &&
    waiting.length < BACKFILL_MAX &&
    message.channel !== 'status' &&
    message.channel !== 'snapshot' &&
    first.channel === message.channel &&
    first.deviceId === message.deviceId &&
    first.at_ms === message.at_ms
  );
}

function* send(parts: readonly Publication[], connected: Set<string>): Generator<ScheduleEvent> {
  const message = joinPublications(parts);
  if (message === undefined) return;
  const { at_ms, deviceKind, deviceId } = message;
  if (message.channel === 'status' && !message.payload.online) {
    // The broker says so itself, with the last will.
    if (connected.delete(deviceId)) yield { kind: 'link', up: false, at_ms, deviceKind, deviceId };
    return;
  }
  if (!connected.has(deviceId)) {
    connected.add(deviceId);
    yield { kind: 'link', up: true, at_ms, deviceKind, deviceId };
  }
  yield message;
}
