import type { CameraHealthConfig } from '../domain/camera-health-config.ts';
import type { Exhibit, Finding } from '../domain/finding.ts';
import type { FrameRef } from '../domain/observation.ts';
import { isoTime } from '../domain/time.ts';
import type { World } from '../domain/world.ts';
import { clampSeverity, round } from './numbers.ts';

/** What can be wrong with a camera. */
export type CameraFault = 'dark' | 'obscured' | 'defocused' | 'frozen' | 'moved' | 'clock';

/** A fault from its first record on. Plain JSON. */
export interface FaultSpell {
  readonly fault: CameraFault;
  readonly since_ms: number;
  last_ms: number;
  /** Since when it is not there any more, while that is not certain yet. */
  clearSince_ms: number | null;
  updated_ms: number;
  /** Whether it has become an incident. */
  open: boolean;
}

interface Seen {
  readonly at_ms: number;
  readonly frame: FrameRef;
}

/** In words, what a camera with the fault does not show. */
const MISSING: Readonly<Record<CameraFault, string>> = {
  dark: 'the picture is dark',
  obscured: 'the view is covered',
  defocused: 'the picture is out of focus',
  frozen: 'the picture is frozen',
  moved: 'the camera looks elsewhere',
  clock: 'the clock of the camera is wrong',
};
const END_REASONS: Readonly<Partial<Record<CameraFault, string>>> = {
  clock: 'the clock is right again',
};
/** Faults with which the camera still sees. */
const SEES: readonly CameraFault[] = ['clock', 'defocused'];

/** Words the findings about a camera's own health. */
export function faultFindings(
  config: CameraHealthConfig,
  rule: { readonly id: string; readonly version: string },
  world: World,
) {
  const places = new Map(
    world.devices.map(({ id, lon = 0, lat = 0, street, gridCode }) => [
      id,
      {
        lon,
        lat,
        ...(street === undefined ? {} : { street }),
        ...(gridCode === undefined ? {} : { gridCode }),
      },
    ]),
  );
  const word = (
    action: Finding['action'],
    cameraId: string,
    spell: FaultSpell,
    more: { readonly at_ms: number; readonly exhibits?: readonly Exhibit[]; readonly endReason?: string },
  ): Finding => {
    const { fault, since_ms, last_ms } = spell;
    const settings = config[fault];
    const to_ms = action === 'end' ? more.at_ms : last_ms;
    const reason = MISSING[fault];
    const span = { from: isoTime(since_ms), to: isoTime(to_ms) };
    return {
      action,
      rule,
      type: settings.type,
      key: `${cameraId}/${fault}`,
      onset_ms: since_ms,
      at_ms: more.at_ms,
      lastSeen_ms: last_ms,
      severity: clampSeverity(settings.severity),
      confidence: 1,
      place: places.get(cameraId) ?? { lon: 0, lat: 0 },
      subject: { deviceId: cameraId },
      sources: [{ deviceId: cameraId, modality: 'camera', ...span, weight: 1 }],
      missing: SEES.includes(fault) ? [] : [{ modality: 'camera', reason, ...span }],
      measures: { fault, lasted_s: round((to_ms - since_ms) / 1000, 1), reason },
      exhibits: more.exhibits ?? [],
      ...(more.endReason === undefined ? {} : { endReason: more.endReason }),
    };
  };
  return {
    opened: (cameraId: string, spell: FaultSpell, at_ms: number, seen: Seen | null): Finding =>
      word('open', cameraId, spell, { at_ms, exhibits: pictureOf(cameraId, seen) }),
    goesOn: (cameraId: string, spell: FaultSpell, at_ms: number, seen: Seen | null): Finding =>
      word('update', cameraId, spell, { at_ms, exhibits: pictureOf(cameraId, seen) }),
    over: (cameraId: string, spell: FaultSpell, at_ms: number): Finding =>
      word('end', cameraId, spell, {
        at_ms,
        endReason: END_REASONS[spell.fault] ?? 'the picture is as it was',
      }),
  };
}

function pictureOf(deviceId: string, seen: Seen | null): Exhibit[] {
  return seen === null ? [] : [{ kind: 'snapshot', deviceId, ...seen, detections: [] }];
}
