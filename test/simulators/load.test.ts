import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { citySchedule } from '../../simulators/city/city-schedule.ts';
import { withFleet, withStations } from '../../simulators/city/generated.ts';
import { loadScenario } from '../../simulators/city/scenario.ts';
import { ConnectQueue } from '../../simulators/connect-queue.ts';
import { createLoadReport } from '../../simulators/load-report.ts';
import { checkOpenFiles, openFilesMax, openFilesOf } from '../../simulators/open-files.ts';
import { until } from '../../simulators/schedule.ts';

const root = join(import.meta.dirname, '../..');
const counts = { devices: 10, connected: 9, sent: 0, acknowledged: 0, lost: 0, waiting: 0 };

describe('the report of a load', () => {
  it('tells what happened in a second since the line before, and over the whole time', () => {
    let now_ms = 5000;
    const report = createLoadReport(
      () => now_ms,
      () => 100 * 2 ** 20,
    );
    now_ms += 2000;
    expect(report.line({ ...counts, sent: 300, acknowledged: 200, waiting: 100 })).toBe(
      '2 s: 9 of 10 connected, 150 sent/s, 100 acknowledged/s, 0 lost/s, 100 waiting, 100 MB',
    );
    now_ms += 1000;
    const later = { ...counts, sent: 310, acknowledged: 305, lost: 3, waiting: 2 };
    expect(report.line(later)).toBe(
      '3 s: 9 of 10 connected, 10 sent/s, 105 acknowledged/s, 3.0 lost/s, 2 waiting, 100 MB',
    );
    expect(report.total(later)).toBe(
      'in 3 s: 310 sent (103/s), 305 acknowledged (102/s), 3 lost (1.0/s), 2 without an answer',
    );
  });
});

describe('the queue of those that connect', () => {
  it('lets so many begin, and the next when one is done, in the order of asking', () => {
    const queue = new ConnectQueue();
    const begun: number[] = [];
    for (let n = 0; n < 205; n += 1) queue.ask(String(n), () => begun.push(n));
    expect(begun).toHaveLength(200);
    queue.done('7');
    queue.done('7');
    expect(begun.slice(200)).toEqual([200]);
    // It no longer wants to.
    queue.done('201');
    queue.done('0');
    expect(begun.slice(200)).toEqual([200, 202]);
    queue.ask('0', () => begun.push(0));
    queue.clear();
    queue.done('1');
    expect(begun).toHaveLength(202);
  });
});

describe('the bound of open files', () => {
  const limits =
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n';

  it('is read as the system tells it', () => {
    expect(openFilesOf(limits)).toBe(1024);
    expect(openFilesOf('Max open files   unlimited   unlimited   files')).toBeUndefined();
    expect(openFilesOf('')).toBeUndefined();
    if (process.platform === 'linux') expect(openFilesMax()).toBeGreaterThan(0);
  });

  it('is told with what to do before a fleet is too large for it', () => {
    expect(() => checkOpenFiles(900, 1024)).not.toThrow();
    expect(() => checkOpenFiles(10_000, undefined)).not.toThrow();
    expect(() => checkOpenFiles(10_000, 1024)).toThrow(
      '10000 connections need 10100 open files, but this process may have 1024 (RLIMIT_NOFILE): raise the limit first (ulimit -n 10100',
    );
  });

  it.runIf(process.platform === 'linux')('ends the command with 1', { timeout: 300_000 }, async () => {
    const command =
      'ulimit -n 300; exec "$0" --import tsx src/main.ts simulate trucks --count 5000 --duration 1';
    const ran = promisify(execFile)('sh', ['-c', command, process.execPath], { cwd: root });
    await expect(ran).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('5000 connections need 5100 open files, but this process may have 300'),
    });
  });
});

describe('a generated fleet', () => {
  const read = loadScenario(join(root, 'simulators/city/linghu.yaml'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));

  it.each([
    ['trucks', withFleet(read.scenario, 200, 1)],
    ['stations', withStations(read.scenario, { dust: 150, noise: 50 }, 1)],
  ])('of %s reports one after the other, not all at once', (_name, scenario) => {
    const { trucks, stations } = scenario.file;
    const interval_s = trucks.fleet.length > 0 ? trucks.interval_s : stations.interval_s;
    const perSecond = new Array<number>(interval_s).fill(0);
    for (const event of until(citySchedule(scenario, { start_ms: 0 }), 2 * interval_s * 1000)) {
      if (event.kind !== 'publish' || event.channel === 'status') continue;
      const second = Math.floor(event.at_ms / 1000) % interval_s;
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
    expect(Math.max(...perSecond)).toBeLessThan((2 * 2 * 200) / interval_s);
    expect(Math.min(...perSecond)).toBeGreaterThan(200 / interval_s);
  });
});
