import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { tempDir } from '../support/temp-dir.ts';

function open(dir: string): { db: Database; journal: SqliteJournal } {
  const db = openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true);
  onTestFinished(() => {
    db.close();
  });
  return { db, journal: new SqliteJournal(db) };
}

function tick(at_ms: number): JournalEntry {
  const body = { kind: 'tick', deviceId: '_gateway', at_ms, received_ms: at_ms } as const;
  return { subjectId: '_gateway', at_ms, received_ms: at_ms, body };
}

it('keeps the order of appends and reads pages of them', async () => {
  const { journal } = open(tempDir());
  const seqs = await Promise.all([journal.append([tick(1), tick(2)]), journal.append([tick(3)])]);
  expect(seqs).toEqual([2, 3]);
  expect(journal.read(0, 2).map((record) => record.at_ms)).toEqual([1, 2]);
  expect(journal.read(2, 10).map((record) => [record.seq, record.at_ms])).toEqual([[3, 3]]);
  expect(journal.head()).toBe(3);
});

it('reads what is there, whatever was read before', async () => {
  const { journal } = open(tempDir());
  const times = (after: number): number[] => journal.read(after, 100).map((record) => record.at_ms);
  await journal.append([tick(1), tick(2)]);
  expect(times(0)).toEqual([1, 2]);
  await journal.append([tick(3), tick(4)]);
  expect(times(0)).toEqual([1, 2, 3, 4]);
  expect(times(3)).toEqual([4]);
  expect(journal.prune(2, 1000, 100)).toBe(2);
  expect(times(0)).toEqual([3, 4]);
  await journal.append([tick(5)]);
  expect(times(2)).toEqual([3, 4, 5]);
});

it('tells why it cannot write until it can again', async () => {
  const { db, journal } = open(tempDir());
  await journal.append([tick(1)]);
  expect(journal.fault).toBeUndefined();
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  const much = Array.from({ length: 1000 }, (_, index) => tick(index));
  await expect(journal.append(much)).rejects.toThrow('full');
  expect(journal.fault).toMatch('full');
  db.pragma('max_page_count = 100000');
  await journal.append(much);
  expect(journal.fault).toBeUndefined();
});

it('makes one commit of the appends of one turn', async () => {
  const { journal } = open(tempDir());
  let commits = 0;
  journal.onCommit(() => {
    commits += 1;
  });
  await Promise.all(Array.from({ length: 100 }, (_, index) => journal.append([tick(index)])));
  expect(commits).toBe(1);
  expect(journal.head()).toBe(100);
});

it('rolls state and entries back together', () => {
  const { db, journal } = open(tempDir());
  expect(() =>
    journal.transact(() => {
      db.prepare("INSERT INTO cursors (name, seq) VALUES ('x', 9)").run();
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(journal.cursor('x')).toBe(0);
  journal.transact(() => {
    journal.saveCursor('x', 4);
    return { entries: [tick(7)], result: undefined };
  });
  expect(journal.cursor('x')).toBe(4);
  expect(journal.head()).toBe(1);
});

it('puts the noted place of a reader on disk with the next entry, or with the end', async () => {
  const dir = tempDir();
  const { journal } = open(dir);
  await journal.append([tick(1)]);
  journal.noteCursor('x', 1);
  expect(journal.cursor('x')).toBe(1);
  expect(journal.cursors()).toEqual({ x: 1 });
  // As after a crash.
  expect(open(dir).journal.cursor('x')).toBe(0);
  await journal.append([tick(2)]);
  expect(open(dir).journal.cursor('x')).toBe(1);
  journal.noteCursor('x', 2);
  journal.close();
  expect(open(dir).journal.cursor('x')).toBe(2);
});

it('gives each reader what is stored, however far apart they are', async () => {
  const { journal, db } = open(tempDir());
  const stored = db.prepare<[number, number], { seq: number; body: string }>(
    'SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const places = [0, 0, 0];
  let random = 1;
  const next = (below: number): number => {
    random = (random * 48_271) % 0x7fffffff;
    return random % below;
  };
  for (let round = 0; round < 300; round += 1) {
    const entries = Array.from({ length: 1 + next(200) }, (_, n) => tick(round * 1000 + n));
    if (next(4) === 0) await journal.append(entries);
    const reader = next(3);
    const [after = 0, limit] = [places[reader], 1 + next(reader === 0 ? 10 : 200)];
    const records = journal.read(after, limit);
    const texts = records.map(({ seq, body }) => ({ seq, body: JSON.stringify(body) }));
    // A reader may get fewer than there are, but none only where there are none.
    expect(texts).toEqual(stored.all(after, Math.max(1, records.length)));
    expect(records.length).toBeLessThanOrEqual(limit);
    places[reader] = records.at(-1)?.seq ?? after;
  }
  // More than are kept, so that the slow reader had to go to the table again.
  expect(Math.max(...places)).toBeGreaterThan(5000);
  expect(Math.min(...places)).toBeLessThan(1000);
});

it('refuses a database of a newer version', () => {
  const dir = tempDir();
  const { db } = open(dir);
  db.pragma('user_version = 99');
  expect(() => openDatabase(join(dir, 'xuncheng.db'), MAIN_SCHEMA, true)).toThrow(
    /newer version \(schema 99/,
  );
});

it('has every acknowledged entry after SIGKILL under load', { timeout: 240_000 }, async () => {
  const dir = tempDir();
  const script = join(import.meta.dirname, '../support/journal-writer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    acknowledged = Number(lines.at(-1) ?? acknowledged);
    if (acknowledged > 2000) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const { journal } = open(dir);
  expect(acknowledged).toBeGreaterThan(2000);
  expect(journal.head()).toBeGreaterThanOrEqual(acknowledged);
});
