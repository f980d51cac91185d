import pino from 'pino';
import { expect, it } from 'vitest';
import { InfluxSink } from '../../src/store/influx-sink.ts';
import { JournalReader } from '../../src/store/journal-reader.ts';
import { closeFolder, dust, openFolder } from '../support/journal-folder.ts';
import { tempDir } from '../support/temp-dir.ts';
import { hasVictoriaMetrics, victoriaMetrics } from '../support/victoria-metrics.ts';
import { waitUntil } from '../support/wait-until.ts';

const log = pino({ level: 'silent' });
const TOTAL = 3000;

it.skipIf(!hasVictoriaMetrics)(
  'has every number once in a server that was away, through restarts of the gateway (needs victoria-metrics)',
  { timeout: 300_000 },
  async () => {
    const server = await victoriaMetrics(tempDir());
    const dir = tempDir();
    let folder = openFolder(dir);
    const start = () => {
      const sink = new InfluxSink({ url: server.url, token: 't', org: 'o', bucket: 'b' });
      const { journal } = folder;
      const apply = (records: Parameters<InfluxSink['apply']>[0]) => sink.apply(records);
      const reader = new JournalReader({ name: 'influxdb', journal, log, batch_max: 200, apply });
      reader.start();
      const stop = async () => {
        await reader.stop();
        await sink.stop();
      };
      return { reader, stop };
    };
    const append = async (from: number, to: number) => {
      for (let number = from; number <= to; number += 100) {
        await folder.journal.append(Array.from({ length: 100 }, (_, index) => dust(number + index)));
      }
    };
    await server.start();
    let life = start();
    await append(1, 1000);
    await waitUntil('the first readings are there', () => life.reader.seq === 1000);
    // Away, while readings go on and the gateway is started anew.
    await server.stop();
    await append(1001, 2000);
    await life.stop();
    expect(life.reader.seq).toBe(1000);
    closeFolder(folder);
    folder = openFolder(dir);
    life = start();
    await append(2001, TOTAL);
    await server.start();
    // And anew in the middle of catching up, as if killed: the place of the last batch is not saved.
    await waitUntil('some of the backlog is there', () => life.reader.seq > 1000);
    await life.stop();
    folder.journal.saveCursor('influxdb', life.reader.seq - 200);
    life = start();
    await waitUntil('all of it is there', () => life.reader.seq === TOTAL);
    await life.stop();

    const samples = await server.samples('dust_pm10_ug_m3');
    const expected = new Map<string, [number, number][]>();
    for (let number = 1; number <= TOTAL; number += 1) {
      const { body } = dust(number);
      if (body.kind !== 'reading') continue;
      const list = expected.get(body.deviceId) ?? [];
      expected.set(body.deviceId, list);
      list.push([body.at_ms, body.metrics.pm10_ug_m3 ?? Number.NaN]);
    }
    expect([...samples].sort()).toEqual([...expected].sort());
    closeFolder(folder);
  },
);
