import { expect, it } from 'vitest';
import type { CoverageChange, CoverageGap } from '../../src/domain/coverage.ts';
import type { Observation, StatusObservation } from '../../src/domain/observation.ts';
import { STAGES } from '../../src/rules/catalogue.ts';
import { coverageRule } from '../../src/rules/coverage.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { paintedRecords } from '../support/painted-street.ts';
import { frame, range, START_MS, tick } from './support.ts';

const at = (s: number): number => START_MS + s * 1000;

/** A camera that is patrolled every two seconds, another that publishes stills, and what is told of them. */
function watcher(): {
  feed: (...observations: Observation[]) => void;
  told: CoverageChange[];
  engine: RuleEngine;
} {
  const told: CoverageChange[] = [];
  const rule = coverageRule({
    cameras: new Map([
      ['cam-1', 2000],
      ['stills', undefined],
    ]),
    tick_ms: 1000,
    tell: (change) => told.push(change),
  });
  const engine = new RuleEngine([rule as Rule], { lateness_ms: 0, stages: STAGES });
  const feed = (...given: Observation[]): void => {
    for (const one of given) engine.feed(one);
  };
  return { told, engine, feed };
}

const judged = (s: number, more: object = {}): Observation => ({ ...frame(s, []), ...more });
const status = (s: number, online: boolean, extra?: object): StatusObservation => ({
  ...{ kind: 'status', deviceKind: 'camera', deviceId: 'cam-1', at_ms: at(s), received_ms: at(s), online },
  ...(extra && { extra: { ...extra } }),
});

/** What is left once each word about a gap has replaced the one before, as the store does it. */
function gaps(told: readonly CoverageChange[]): string[] {
  const known = new Map<number, CoverageGap>();
  for (const change of told) if (change.kind === 'gap') known.set(change.gap.from_ms, change.gap);
  const s = (ms: number): number => (ms - START_MS) / 1000;
  return [...known.values()]
    .filter(({ from_ms, to_ms }) => to_ms === undefined || to_ms > from_ms)
    .map(({ from_ms, to_ms, cause }) => `${cause} ${s(from_ms)}-${to_ms === undefined ? '' : s(to_ms)}`);
}

/** Each second a tick and each second second a judged frame, but for those that `isAway` says. */
function story(
  until_s: number,
  isAway: (s: number) => boolean,
  more: Readonly<Record<number, Observation>> = {},
) {
  return range(0, until_s).flatMap((s) => [
    tick(s),
    ...(more[s] === undefined ? [] : [more[s]]),
    ...(s % 2 === 0 && !isAway(s) ? [judged(s)] : []),
  ]);
}

it('counts a camera from its first word on, and short breaks as nothing', () => {
  const { feed, told } = watcher();
  feed(...story(100, (s) => s > 20 && s < 45));
  expect(told).toEqual([{ kind: 'since', cameraId: 'cam-1', at_ms: at(0) }]);
});

it('begins a gap at the last frame that was judged, with the cause that was told', () => {
  const { feed, told } = watcher();
  const away = (s: number): boolean => s > 20 && s < 90;
  feed(
    ...story(130, away, { 30: status(30, false, { reason: 'Connection refused' }), 88: status(88, true) }),
  );
  expect(gaps(told)).toEqual(['offline 20-90']);
  expect(told.find((change) => change.kind === 'gap')).toMatchObject({
    gap: { reason: 'Connection refused' },
  });
});

it('splits a gap where its cause changes', () => {
  const { feed, told } = watcher();
  const more = { 25: status(25, false), 70: status(70, false, { cause: 'set-aside' }) };
  feed(...story(100, (s) => s > 20, more));
  expect(gaps(told)).toEqual(['offline 20-70', 'set-aside 70-']);
});

it('does not take a device at its word for a cause that there is not', () => {
  const { feed, told } = watcher();
  feed(...story(100, (s) => s > 20, { 25: status(25, false, { cause: '<b>' }) }));
  expect(gaps(told)).toEqual(['offline 20-']);
});

it('tells overload by the frames that were lost, and another silence as not judged', () => {
  const { feed, told } = watcher();
  feed(...story(80, (s) => s > 10));
  expect(gaps(told)).toEqual(['not-judged 10-']);
  feed(judged(80, { skipped: 34 }));
  expect(gaps(told)).toEqual(['overloaded 10-80']);
});

it('tells that the gateway was away where no tick came', () => {
  const { feed, told } = watcher();
  feed(...story(21, () => false), tick(900), status(901, true), judged(902));
  expect(gaps(told)).toEqual(['gateway-down 20-902']);
  const other = watcher();
  other.feed(...story(21, () => false), judged(902));
  expect(gaps(other.told)).toEqual(['gateway-down 20-902']);
});

it.each([
  ['obscured', { cover: 'bag' }],
  ['dark', { cover: 'black' }],
  ['defocused', { blurred: true }],
  ['moved', { turned_px: 83 }],
] as const)('counts a picture that is %s as not watched', (cause, moment) => {
  const { feed, told } = watcher();
  const plain = (count: number) => Array.from({ length: count }, () => ({}));
  const records = paintedRecords(START_MS, [
    ...plain(6),
    ...Array.from({ length: 6 }, () => moment),
    ...plain(6),
  ]);
  feed(...records.flatMap((record) => [record, judged((record.at_ms - START_MS) / 1000)]));
  expect(gaps(told)).toEqual([`${cause} 60-120`]);
});

it('believes a picture that stands still for a while, and then counts all of it as frozen', () => {
  const { feed, told } = watcher();
  const moments = [
    ...range(0, 6).map(() => ({})),
    ...range(0, 30).map(() => ({ noise: 9 })),
    ...range(0, 6).map(() => ({})),
  ];
  const records = paintedRecords(START_MS, moments);
  const fed = records.flatMap((record) => [record, judged((record.at_ms - START_MS) / 1000)]);
  feed(...fed.slice(0, 40));
  expect(gaps(told)).toEqual([]);
  feed(...fed.slice(40));
  expect(gaps(told)).toEqual(['frozen 70-370']);
});

it('learns how often stills come', () => {
  const { feed, told } = watcher();
  const still = (s: number): Observation => judged(s, { deviceId: 'stills' });
  feed(...range(0, 10).flatMap((n) => [tick(n * 60), still(n * 60)]), tick(700));
  expect(gaps(told)).toEqual([]);
  feed(...range(701, 800).map((s) => tick(s)));
  expect(gaps(told)).toEqual(['not-judged 540-']);
});

it('goes on through a snapshot as if nothing had been', () => {
  const more = { 30: status(30, false) };
  const observations = story(200, (s) => s > 20 && s < 150, more);
  const whole = watcher();
  whole.feed(...observations);
  const first = watcher();
  first.feed(...observations.slice(0, 70));
  const second = watcher();
  second.engine.restore(JSON.parse(JSON.stringify(first.engine.snapshot())));
  second.feed(...observations.slice(70));
  expect(gaps([...first.told, ...second.told])).toEqual(gaps(whole.told));
  expect(gaps(whole.told)).toEqual(['offline 20-150']);
});
