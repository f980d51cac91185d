import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { PictureObservation } from '../../src/domain/observation.ts';
import { STAGES } from '../../src/rules/catalogue.ts';
import type { RuleEngine } from '../../src/rules/engine.ts';
import { paintedRecords, type StreetMoment } from '../support/painted-street.ts';
import { box, cameraZone, engineOf, feedAll, frame, range, START_MS, story } from './support.ts';

const CAMERA = { id: 'cam-1', kind: 'camera', lon: 113, lat: 28.2, street: 'Furong Road' } as const;
const RULE = { id: 'camera-health', kind: 'camera-health' };

function watcher(...rules: Record<string, unknown>[]): RuleEngine {
  return engineOf([RULE, ...rules], { devices: [CAMERA], cameraZones: [cameraZone()] }, { stages: STAGES });
}

const times = <const T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** A minute of a street in order, then `moments`, then two more minutes; a record every ten seconds. */
function around(...moments: readonly StreetMoment[]): PictureObservation[] {
  return paintedRecords(START_MS, [...times(6, {}), ...moments, ...times(12, {})]);
}

function told(findings: readonly Finding[]): string {
  return findings
    .filter(({ action }) => action !== 'update')
    .map(
      ({ action, type, measures, at_ms }) =>
        `${action} ${type} ${measures.fault} @${(at_ms - START_MS) / 1000}`,
    )
    .join('; ');
}

describe('a picture that shows nothing', () => {
  it.each<[string, StreetMoment, string]>([
    ['covered', { cover: 'bag' }, 'camera-obscured obscured'],
    ['dark', { cover: 'black' }, 'camera-obscured dark'],
    ['out of focus', { blurred: true }, 'camera-obscured defocused'],
    ['of another view', { turned_px: 83 }, 'camera-moved moved'],
  ])('is an incident when it is %s for a minute, until it is as before', (_name, moment, words) => {
    const found = feedAll(watcher(), around(...times(12, moment)));
    const clear_s = words.includes('moved') ? 60 : 30;
    expect(told(found)).toBe(`open ${words} @120; end ${words} @${180 + clear_s}`);
    const [opened, ended] = found.filter(({ action }) => action !== 'update');
    expect(opened).toMatchObject({
      place: { lon: 113, street: 'Furong Road' },
      subject: { deviceId: 'cam-1' },
    });
    expect(ended?.onset_ms).toBe(START_MS + 60_000);
    const isBlind = !words.includes('defocused');
    expect(ended?.missing).toHaveLength(isBlind ? 1 : 0);
  });

  it('is frozen when even the noise stands still, whatever the clock in its corner does', () => {
    const records = around(...times(30, { noise: 9 }));
    expect(told(feedAll(watcher(), records))).toBe(
      'open camera-frozen frozen @250; end camera-frozen frozen @400',
    );
  });

  it('is no incident when it does not last, or comes and goes', () => {
    expect(told(feedAll(watcher(), around(...times(6, { cover: 'bag' }))))).toBe('');
    const flicker = range(0, 24).map((index) => (index % 5 === 4 ? {} : { cover: 'bag' as const }));
    expect(told(feedAll(watcher(), around(...flicker)))).toBe('');
  });

  it('is one incident however long it lasts, told of now and then', () => {
    const found = feedAll(watcher(), around(...times(200, { cover: 'black' as const })));
    expect(told(found)).toBe('open camera-obscured dark @120; end camera-obscured dark @2090');
    expect(found.filter(({ action }) => action === 'update')).toHaveLength(3);
  });
});

describe('a street that merely changes', () => {
  it('raises nothing from day to night and back, with lamps that stay lit', () => {
    const dusk = range(0, 90).map((step) => ({ light: 1 - (0.7 * step) / 90 }));
    const found = feedAll(watcher(), around(...dusk, ...[...dusk].reverse()));
    expect(told(found)).toBe('');
  });

  it('raises nothing for a bus that fills the picture for half a minute, nor for a flash of headlights', () => {
    const bus = [-5, -3, 0, 5, 10].map((bus_px) => ({ bus_px }));
    expect(told(feedAll(watcher(), around(...bus, { light: 1.3 }, ...bus)))).toBe('');
  });
});

describe('the clock of a camera that dates its stills', () => {
  const stills = (ahead: readonly number[]): PictureObservation[] =>
    around().map((record, index) => ({ ...record, clock_ahead_ms: (ahead[index] ?? 0) * 1000 }));

  it('is wrong when five in a row are off, and right when one is not', () => {
    const found = feedAll(watcher(), stills([0, ...times(8, 4000), 1, 1]));
    expect(told(found)).toBe('open device-clock-wrong clock @50; end device-clock-wrong clock @90');
    // Stills that were held back for a while come late, but not all alike.
    expect(told(feedAll(watcher(), stills([-900, -600, -300, -20, -1, -800])))).toBe('');
  });
});

describe('what is seen by a blind camera', () => {
  const stall = {
    id: 'stall',
    kind: 'zone-dwell',
    type: 'stall-occupation',
    zone_kinds: ['street'],
    any_of: [['stall']],
  };

  it('is neither there nor gone, and the time is missing', () => {
    const records = around(...times(30, { cover: 'bag' }));
    const isCovered = (at_s: number): boolean => at_s >= 60 && at_s < 360;
    const frames = range(0, 480, 5).map((at_s) =>
      frame(at_s, isCovered(at_s) ? [] : [box('stall', 0.5, 0.6)]),
    );
    const inOrder = [...records, ...frames].sort((a, b) => a.at_ms - b.at_ms);
    const found = feedAll(watcher(stall), inOrder).filter(({ type }) => type === 'stall-occupation');
    expect(story(found.filter(({ action }) => action !== 'update'))).toBe('open@390');
    const opensEarly = watcher({ ...stall, dwell_s: { arterial: 30 } });
    const early = feedAll(opensEarly, inOrder).filter(({ type }) => type === 'stall-occupation');
    expect(early.map(({ action }) => action)).not.toContain('end');
    expect(early.at(-1)?.missing[0]?.reason).toBe('the view was covered');
  });

  it('is judged again from a snapshot as if there had been no restart', () => {
    const records = around(...times(12, { cover: 'bag' }));
    const whole = told(feedAll(watcher(), records));
    const before = watcher();
    const first = feedAll(before, records.slice(0, 14));
    const after = watcher();
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    expect(told([...first, ...feedAll(after, records.slice(14))])).toBe(whole);
  });
});
