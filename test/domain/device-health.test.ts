import { describe, expect, it } from 'vitest';
import { healthOf } from '../../src/domain/device-health.ts';
import { noteArrival, type VitalsState, vitalsOf } from '../../src/domain/device-vitals.ts';

const T_MS = Date.UTC(2026, 6, 1);
const UNKNOWN_MS = 600_000;

function arrivals(times_s: readonly number[], skew_ms = 0): VitalsState {
  let state: VitalsState | undefined;
  for (const s of times_s) state = noteArrival(state, T_MS + s * 1000, T_MS + s * 1000 + skew_ms);
  if (state === undefined) throw new Error('no arrivals');
  return state;
}

describe('what messages tell of a device', () => {
  it('is its interval, whatever an outage, a burst or a clock set back do', () => {
    const state = arrivals([0, 60, 120, 120.2, 120.4, 180, 240, 9000, 9060, 9000, 9060, 9120]);
    expect(vitalsOf(state, T_MS).interval_ms).toBe(60_000);
  });

  it('is nothing before there is enough of it', () => {
    expect(vitalsOf(arrivals([0, 60, 120]), T_MS)).not.toHaveProperty('interval_ms');
    expect(vitalsOf(arrivals([0, 60, 120]), T_MS)).not.toHaveProperty('clockSkew_ms');
  });

  it('is how far its clock is off, in spite of a backlog', () => {
    const state = arrivals([0, 60, 120, 180, 240, 300, 360], 90_000);
    for (let n = 0; n < 3; n += 1) noteArrival(state, T_MS + 361_000, T_MS - 3_600_000);
    expect(vitalsOf(state, T_MS).clockSkew_ms).toBe(90_000);
  });

  it('is its rate, which fades', () => {
    const state = arrivals(Array.from({ length: 3600 }, (_, s) => s));
    expect(vitalsOf(state, T_MS + 3_600_000).messages_per_min).toBeCloseTo(60, 0);
    expect(vitalsOf(state, T_MS + 2 * 3_600_000).messages_per_min).toBeLessThan(1);
  });

  it('stays small', () => {
    const state = arrivals(Array.from({ length: 10_000 }, (_, s) => 60 * s));
    expect(JSON.stringify(state).length).toBeLessThan(500);
  });
});

describe('the health of a device', () => {
  const seen = { revoked: false, lastSeen_ms: T_MS, interval_ms: 60_000 };
  it.each([
    ['online', seen, 120],
    ['late', seen, 151],
    ['late', seen, 300],
    ['offline', seen, 301],
    ['online', { ...seen, interval_ms: 1000 }, 30],
    ['late', { ...seen, interval_ms: 1000 }, 31],
    ['offline', { ...seen, interval_ms: 1000 }, 91],
    ['online', { ...seen, interval_ms: undefined }, 600],
    ['late', { ...seen, interval_ms: undefined }, 601],
    ['offline', { ...seen, interval_ms: undefined }, 1201],
    ['never-seen', { revoked: false }, 0],
    ['revoked', { ...seen, revoked: true }, 0],
  ] as const)('is %s', (health, facts, after_s) => {
    expect(healthOf(facts, T_MS + after_s * 1000, UNKNOWN_MS)).toBe(health);
  });

  it('is offline when the rule says so, and late until then', () => {
    const rule = { after_ms: 300_000, intervals: 3 };
    const at = (interval_ms: number, after_s: number) =>
      healthOf({ ...seen, interval_ms }, T_MS + after_s * 1000, UNKNOWN_MS, rule);
    expect([at(1000, 31), at(1000, 300), at(1000, 301)]).toEqual(['late', 'late', 'offline']);
    expect([at(200_000, 301), at(200_000, 600), at(200_000, 601)]).toEqual(['online', 'late', 'offline']);
  });

  it('believes that it is offline after a while, unless it was heard since', () => {
    const word = { online: false, received_ms: T_MS + 1000 };
    expect(healthOf({ ...seen, word }, T_MS + 30_000, UNKNOWN_MS)).toBe('late');
    expect(healthOf({ ...seen, word }, T_MS + 31_000, UNKNOWN_MS)).toBe('offline');
    expect(healthOf({ ...seen, word, lastSeen_ms: T_MS + 2000 }, T_MS + 31_000, UNKNOWN_MS)).toBe('online');
  });
});
