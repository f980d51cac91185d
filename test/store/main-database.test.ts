import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestRepair } from '../../src/store/main-database.ts';
import { readReports } from '../../src/store/recovery-report.ts';
import {
  closeFolder,
  cutOff,
  damagedCopy,
  dust,
  flipBit,
  killedFolder,
  openFolder,
  seeded,
} from '../support/journal-folder.ts';

/** XUNCHENG_DAMAGES raises how many places of each file are damaged, for longer runs. */
const DAMAGES = Number(process.env.XUNCHENG_DAMAGES ?? 12);
const IN_FILE = 600;
const IN_LOG = 200;
const ALL = IN_FILE + IN_LOG;

/** Opens a damaged folder and holds it to what must be true of every damage. */
async function recovered(dir: string, all = ALL) {
  const folder = openFolder(dir);
  const { journal, recovery } = folder;
  const records = journal.read(0, ALL + 10);
  const seqs = new Set(records.map(({ seq }) => seq));
  // What is there is as it was written.
  for (const { seq, body } of records) expect(body).toEqual(dust(seq).body);
  const missing = Array.from({ length: all }, (_, index) => index + 1).filter((seq) => !seqs.has(seq));
  const told = new Set(
    (recovery?.lost ?? []).flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
  );
  // What is not there is told, and nothing else is.
  expect([...told]).toEqual(missing);
  expect(recovery?.entriesLost ?? 0).toBe(missing.length);
  // It goes on where it had come to, and no number is given twice.
  expect(await journal.append([dust(all + 1)])).toBe(all + 1);
  closeFolder(folder);
  // The next start has nothing to tell.
  const again = openFolder(dir);
  expect(again.recovery).toBeUndefined();
  expect(again.journal.head()).toBe(all + 1);
  closeFolder(again);
  return { missing, recovery };
}

describe('a damaged main database', () => {
  it('opens as it is after a kill without a word', async () => {
    const { missing, recovery } = await recovered(await killedFolder(IN_FILE, IN_LOG));
    expect(missing).toEqual([]);
    expect(recovery).toBeUndefined();
  });

  it('loses at most the entries of the page in which a bit was turned around', {
    timeout: 240_000,
  }, async () => {
    const killed = await killedFolder(IN_FILE, IN_LOG);
    const random = seeded(1);
    const bits = statSync(join(killed, 'xuncheng.db')).size * 8;
    for (let n = 0; n < DAMAGES; n += 1) {
      // The first ones in the header and the tables' names, where the least damage breaks the most.
      const bit = Math.floor(random() * (n < 8 ? 4096 * 8 : bits));
      const dir = damagedCopy(killed, 'xuncheng.db', (path) => flipBit(path, bit));
      const { missing, recovery } = await recovered(dir);
      expect(missing.length, `bit ${bit}: ${JSON.stringify(recovery)}`).toBeLessThanOrEqual(30);
      if (missing.length > 0) expect(existsSync(join(dir, recovery?.kept[0] ?? ''))).toBe(true);
    }
  });

  it('keeps what lies before the place where the file was cut off', { timeout: 240_000 }, async () => {
    const killed = await killedFolder(IN_FILE, 0);
    rmSync(join(killed, 'xuncheng.db-wal'), { force: true });
    const random = seeded(2);
    const size = statSync(join(killed, 'xuncheng.db')).size;
    let before = 0;
    const lengths = Array.from({ length: Math.ceil(DAMAGES / 2) }, () => Math.floor(random() * size));
    for (const length of [0, 99, ...lengths.sort((a, b) => a - b)]) {
      const dir = damagedCopy(killed, 'xuncheng.db', (path) => cutOff(path, length));
      const { missing, recovery } = await recovered(dir, IN_FILE);
      expect(recovery?.problems.length).toBeGreaterThan(0);
      // The longer the rest, the more of it is there.
      expect(IN_FILE - missing.length).toBeGreaterThanOrEqual(before);
      before = IN_FILE - missing.length;
    }
    expect(before).toBeGreaterThan(IN_FILE / 2);
  });

  it('loses nothing before a damage in the log, and tells all behind it', { timeout: 240_000 }, async () => {
    const killed = await killedFolder(IN_FILE, IN_LOG);
    const random = seeded(3);
    const size = statSync(join(killed, 'xuncheng.db-wal')).size;
    for (let n = 0; n < DAMAGES; n += 1) {
      const isCut = n % 2 === 0;
      const at = n < 4 ? n * 9 : Math.floor(random() * size);
      const dir = damagedCopy(killed, 'xuncheng.db-wal', (path) =>
        isCut ? cutOff(path, at) : flipBit(path, at * 8 + (n % 8)),
      );
      const { missing, recovery } = await recovered(dir);
      expect(Math.min(ALL, ...missing), `${isCut ? 'cut' : 'flip'} at ${at}`).toBeGreaterThanOrEqual(IN_FILE);
      // A cut takes what lies behind it; of a flip next to nothing goes, since the pages behind it are whole.
      if (!isCut) expect(missing.length, JSON.stringify(recovery)).toBeLessThanOrEqual(20);
    }
  });

  it('notices a database that is gone, and goes on behind what it had', async () => {
    for (const file of ['xuncheng.db', 'xuncheng.db-wal']) {
      const killed = await killedFolder(IN_FILE, IN_LOG);
      rmSync(join(killed, file));
      const { missing, recovery } = await recovered(killed);
      expect(missing.length).toBeGreaterThan(100);
      expect(recovery?.problems[0]).toMatch(/missing|had come to 800/);
      expect(readReports(killed)).toEqual([recovery]);
    }
  });

  it('repairs an entry whose content alone is damaged, once asked to', async () => {
    const killed = await killedFolder(IN_FILE, 0);
    const folder = openFolder(killed);
    folder.db.prepare("UPDATE journal SET body = replace(body, 'pm10', 'pm11') WHERE seq = 300").run();
    expect(folder.journal.scrub(0, 200)).toBe(200);
    expect(() => folder.journal.scrub(200, 200)).toThrow('journal entry 300 is damaged');
    expect(() => folder.journal.read(299, 1)).toThrow('journal entry 300');
    expect(folder.journal.damage).toMatch('300');
    requestRepair(killed, folder.journal.damage ?? '');
    closeFolder(folder);
    const { missing, recovery } = await recovered(killed, IN_FILE);
    expect(missing).toEqual([300]);
    expect(recovery?.problems).toEqual(['journal entry 300 is damaged: its checksum does not match']);
    expect(recovery?.tables?.devices).toEqual({ rows: 1, complete: true });
  });

  it('begins a repair again that a crash cut short', async () => {
    const killed = await killedFolder(IN_FILE, 0);
    renameSync(join(killed, 'xuncheng.db'), join(killed, 'xuncheng.db.damaged-20261124T010203Z'));
    writeFileSync(join(killed, 'xuncheng.db.unfinished'), 'half of it');
    const { missing, recovery } = await recovered(killed, IN_FILE);
    expect(missing).toEqual([]);
    expect(recovery?.tables?.devices).toEqual({ rows: 1, complete: true });
  });

  it('does without the mark where that is damaged', async () => {
    for (const slot of [0, 4096]) {
      const killed = await killedFolder(IN_FILE, IN_LOG);
      flipBit(join(killed, 'journal.mark'), (slot + 20) * 8);
      expect((await recovered(killed)).recovery).toBeUndefined();
    }
  });
});
