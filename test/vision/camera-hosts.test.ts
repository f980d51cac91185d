import { describe, expect, it } from 'vitest';
import type { CameraSource } from '../../src/domain/camera.ts';
import { CameraHosts, type HostOrder } from '../../src/vision/camera-hosts.ts';
import { PoisonWatch } from '../../src/vision/poison-watch.ts';

function cameras(count: number, change: Partial<CameraSource> = {}): CameraSource[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `c${index}`, url: 'rtsp://camera', transport: 'tcp', patrol_interval_ms: 2000 },
    ...{ stall_timeout_ms: 30_000, models: ['garbage'], zones: [] },
    ...change,
  }));
}

/** Hosts whose processes do at once what they are told. */
function running(sources: readonly CameraSource[], workers: number) {
  const hosts = new CameraHosts(sources, workers);
  const obey = (orders: readonly HostOrder[]): void => {
    for (const { host, type, cameraId } of orders) if (type === 'close') obey(hosts.closed(host, cameraId));
  };
  const start = (host: number): void => {
    obey(hosts.starting(host));
    obey(hosts.ready(host));
  };
  for (let host = 0; host < workers; host += 1) start(host);
  const spread = (): number[] => Array.from({ length: workers }, (_, host) => hosts.camerasOf(host).length);
  return { hosts, obey, start, spread };
}

describe('cameras and processes', () => {
  it('are spread by load', () => {
    const heavy = { models: ['a', 'b'], regions: [[0, 0, 0.5, 1] as const, [0.5, 0, 1, 1] as const] };
    const { hosts } = running([...cameras(6), ...cameras(1, { id: 'heavy', ...heavy })], 2);
    const host = hosts.hostOf('heavy') ?? -1;
    // Two models on two parts each two seconds are as much as two plain cameras.
    expect([hosts.camerasOf(host).length, hosts.camerasOf(1 - host).length]).toEqual([3, 4]);
  });

  it('move at once to the others when a process ends, and even out when it is back', () => {
    const { hosts, obey, start, spread } = running(cameras(9), 3);
    expect(spread()).toEqual([3, 3, 3]);
    const moved = hosts.camerasOf(1);
    const orders = hosts.ended(1, true, 0);
    expect(orders.map(({ type, cameraId }) => `${type} ${cameraId}`)).toEqual(
      moved.map((id) => `open ${id}`),
    );
    obey(orders);
    expect(spread()[1]).toBe(0);
    expect(spread().toSorted()).toEqual([0, 4, 5]);
    start(1);
    expect(spread()).toEqual([3, 3, 3]);
    for (const { id } of cameras(9)) expect(hosts.hostOf(id)).toBeDefined();
  });

  it('stay where they are when moving would not help', () => {
    const { hosts } = running(cameras(4), 2);
    expect(hosts.ready(0)).toEqual([]);
  });

  it('wait for the only process there is', () => {
    const { hosts, start, spread } = running(cameras(3), 1);
    expect(hosts.ended(0, true, 0)).toEqual([]);
    expect(hosts.hostOf('c0')).toBeUndefined();
    start(0);
    expect(spread()).toEqual([3]);
  });

  it('are not to blame for what every process lacks', () => {
    const { hosts, start, spread } = running(cameras(3), 1);
    for (let n = 0; n < 5; n += 1) {
      hosts.ended(0, false, n);
      start(0);
    }
    expect(hosts.nextTrial(10)).toBeUndefined();
    expect(spread()).toEqual([3]);
  });

  it('that are being closed are nowhere, and go with their process', () => {
    const hosts = new CameraHosts(cameras(4), 2);
    hosts.starting(0);
    hosts.ready(0);
    hosts.ended(1, true, 0);
    expect(hosts.camerasOf(0)).toHaveLength(4);
    hosts.starting(1);
    const orders = hosts.ready(1);
    expect(orders.map(({ type, host }) => [type, host])).toEqual([
      ['close', 0],
      ['close', 0],
    ]);
    expect(hosts.hostOf(orders[0]?.cameraId ?? '')).toBeUndefined();
    expect(hosts.ended(0, true, 0).map(({ host }) => host)).toEqual([1, 1]);
  });
});

describe('a camera that ends its processes', () => {
  /** Lives through the days of a site of which one camera is poison; gives the camera-seconds that others missed. */
  function live(count: number, workers: number, poison: string, rounds: number) {
    const { hosts, obey, start } = running(cameras(count), workers);
    let innocentTrials = 0;
    for (let round = 0; round < rounds; round += 1) {
      const now_ms = round * 1000;
      const at = hosts.hostOf(poison);
      if (at !== undefined) {
        obey(hosts.ended(at, true, now_ms));
        if (at < workers) start(at);
      }
      for (let trial = hosts.nextTrial(now_ms); trial; trial = hosts.nextTrial(now_ms)) {
        hosts.ready(trial.host);
        if (trial.cameraIds.includes(poison)) continue;
        innocentTrials += 1;
        obey(hosts.trialPassed(trial.host));
      }
    }
    return { hosts, innocentTrials };
  }

  it.each([
    [1, 1],
    [16, 1],
    [40, 4],
  ])('is found among %i in %i processes, set aside alone, and the others are free', (count, workers) => {
    const { hosts } = live(count, workers, 'c0', 12);
    expect(hosts.setAside()).toMatchObject([{ cameraId: 'c0', ends: 1 }]);
    expect(hosts.hostOf('c0')).toBeUndefined();
    for (const { id } of cameras(count).slice(1)) expect(hosts.hostOf(id)).toBeLessThan(workers);
  });

  it('is tried again after a time that doubles, and free once it lives', () => {
    const limits = { ends_max: 2, within_ms: 10_000, aside_first_ms: 1000, aside_max_ms: 3000 };
    const watch = new PoisonWatch(limits);
    watch.ended(['a'], 0);
    expect(watch.isFree('a')).toBe(true);
    watch.ended(['a'], 9000);
    expect(watch.isFree('a')).toBe(false);
    const untils: (number | undefined)[] = [];
    for (let now_ms = 10_000, n = 0; n < 4; n += 1) {
      expect(watch.nextTrial(now_ms)).toEqual(['a']);
      expect(watch.nextTrial(now_ms)).toBeUndefined();
      watch.trialEnded(['a'], now_ms);
      untils.push((watch.dueAt_ms() ?? 0) - now_ms);
      expect(watch.nextTrial(now_ms)).toBeUndefined();
      now_ms = watch.dueAt_ms() ?? 0;
    }
    expect(untils).toEqual([1000, 2000, 3000, 3000]);
    watch.nextTrial(1e9);
    watch.trialPassed(['a']);
    expect([watch.isFree('a'), watch.setAside()]).toEqual([true, []]);
  });

  it('is not one whose processes ended long ago', () => {
    const watch = new PoisonWatch();
    for (let n = 0; n < 5; n += 1) watch.ended(['a'], n * 700_000);
    expect(watch.isFree('a')).toBe(true);
  });
});
