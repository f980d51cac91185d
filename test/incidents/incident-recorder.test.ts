import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import type { EvidenceItem, Incident, IncidentEvent } from '../../src/domain/incident.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { EVIDENCE_MAX } from '../../src/incidents/incident-build.ts';
import { incidentId } from '../../src/incidents/incident-id.ts';
import {
  IncidentRecorder,
  type RecorderParts,
  RULES_CURSOR,
  UNKEPT_EXHIBITS,
} from '../../src/incidents/incident-recorder.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import { JournalReader } from '../../src/store/journal-reader.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { SCENARIO, SCENARIO_RULES, SCENARIO_WORLD } from '../rules/scenario.ts';
import { box, engineOf, frame, range, START_MS, tick } from '../rules/support.ts';

const log = pino({ level: 'silent' });
let dir: string;
let files = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'xuncheng-incidents-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The gateway's parts around the rules, as they are after a start. */
interface Life {
  readonly db: Database;
  readonly journal: SqliteJournal;
  readonly incidents: IncidentStore;
  readonly recorder: IncidentRecorder;
}

function start(
  file: string,
  parts: Partial<RecorderParts> = {},
  rules = SCENARIO_RULES as readonly Record<string, unknown>[],
): Life {
  const db = openDatabase(file, MAIN_SCHEMA, false);
  const journal = new SqliteJournal(db);
  const incidents = new IncidentStore(db);
  const recorder = new IncidentRecorder({
    db,
    journal,
    incidents,
    engine: engineOf(rules, SCENARIO_WORLD, { lateness_ms: 2000 }),
    code: (type) => ({ scheme: 'test', major: null, minor: null, name: type }),
    capture: async (id, finding) => captured(id, finding),
    onIncident: () => [],
    log,
    ...parts,
  });
  recorder.load();
  return { db, journal, incidents, recorder };
}

function captured(id: string, finding: Finding): EvidenceItem[] {
  return finding.exhibits.map((exhibit) => ({
    id: `ev-${exhibit.at_ms}`,
    kind: exhibit.kind,
    at: new Date(exhibit.at_ms).toISOString(),
    href: `/api/v1/incidents/${id}/evidence/ev-${exhibit.at_ms}`,
    sha256: 'd'.repeat(64),
    mediaType: 'application/json',
  }));
}

function toEntry(body: Observation): JournalEntry {
  return { subjectId: body.deviceId, at_ms: body.at_ms, received_ms: body.received_ms, body };
}

async function newFile(input: readonly Observation[]): Promise<string> {
  files += 1;
  const file = join(dir, `${files}.db`);
  const db = openDatabase(file, MAIN_SCHEMA, false);
  await new SqliteJournal(db).append(input.map(toEntry));
  db.close();
  return file;
}

/** Applies what the journal holds after the cursor, in batches, as the reader does; at most `limit` records. */
async function run({ journal, recorder }: Life, limit = Number.POSITIVE_INFINITY, batch = 7): Promise<void> {
  let seq = recorder.cursor.load();
  let left = limit;
  while (left > 0) {
    const records = journal.read(seq, Math.min(batch, left));
    const last = records.at(-1);
    if (last === undefined) return;
    await recorder.apply(records);
    recorder.cursor.save(last.seq);
    seq = last.seq;
    left -= records.length;
  }
}

/** Everything that was told, in order, and what is stored. */
function outcome({ journal, incidents }: Life): { events: IncidentEvent[]; stored: Incident[] } {
  const events = journal.readEvents(0, 10_000).map(({ body }) => body as IncidentEvent);
  return { events, stored: [...incidents.list({ limit: 1000 }).items] };
}

const heap = box('garbage', 0.5, 0.6);
const heapFrames = (until: number) =>
  range(0, until).flatMap((s): Observation[] => [frame(s, s < 20 ? [heap] : []), tick(s + 0.9)]);

describe('incidentId', () => {
  it('is the same for the same, and short', () => {
    const id = incidentId('exposed-garbage', 'cam-1/z1/500-600', START_MS);
    expect(id).toMatch(/^inc_[a-z2-7]{16}$/);
    expect(incidentId('exposed-garbage', 'cam-1/z1/500-600', START_MS)).toBe(id);
    const others = [
      incidentId('exposed-garbage', 'cam-1/z1/500-600', START_MS + 1),
      incidentId('exposed-garbage', 'cam-1/z1/501-600', START_MS),
      incidentId('stall', 'cam-1/z1/500-600', START_MS),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });
});

describe('the incident recorder', () => {
  it('makes an incident of findings, version by version', async () => {
    const life = start(await newFile(heapFrames(40)));
    await run(life);
    const { events, stored } = outcome(life);
    expect(events.map(({ action, incident }) => [action, incident.version, incident.status])).toEqual([
      ['opened', 1, 'open'],
      ['updated', 2, 'open'],
      ['updated', 3, 'open'],
      ['ended', 4, 'ended'],
    ]);
    expect(stored).toEqual([events.at(-1)?.incident]);
    expect(stored[0]).toMatchObject({
      id: incidentId('garbage', 'cam-1/z1/500-600', START_MS),
      type: 'exposed-garbage',
      code: { scheme: 'test' },
      onsetAt: '2026-11-22T02:00:00.000Z',
      lastSeenAt: '2026-11-22T02:00:19.000Z',
      endedAt: '2026-11-22T02:00:23.000Z',
      evidence: [{ kind: 'snapshot' }, { kind: 'snapshot' }, { kind: 'snapshot' }],
    });
    life.db.close();
  });

  it('writes the case with the incident or not at all', async () => {
    const file = await newFile(heapFrames(40));
    let isBroken = true;
    const onIncident = (event: IncidentEvent, at_ms: number): JournalEntry[] => {
      expect(at_ms).toBe(START_MS + 5000);
      if (isBroken) throw new Error('disk full');
      return [{ subjectId: 'case', at_ms, received_ms: at_ms, body: event }];
    };
    const life = start(file, { onIncident });
    const records = life.journal.read(0, 15);
    await expect(life.recorder.apply(records)).rejects.toThrow('disk full');
    expect(outcome(life)).toEqual({ events: [], stored: [] });
    expect(life.journal.cursor(RULES_CURSOR)).toBe(0);
    isBroken = false;
    await life.recorder.apply(records);
    expect(outcome(life).events).toHaveLength(2);
    expect(outcome(life).stored).toHaveLength(1);
    life.db.close();
  });

  it('keeps the incident where its evidence cannot be kept', async () => {
    const capture = async (): Promise<EvidenceItem[]> => {
      throw new Error('disk full');
    };
    const life = start(await newFile(heapFrames(12)), { capture });
    await run(life);
    expect(outcome(life).stored).toMatchObject([{ status: 'open', evidence: [] }]);
    life.db.close();
  });

  it('says what of its evidence could not be kept, until it has come as a later version', async () => {
    let isFull = true;
    const unkept: [string, Finding][] = [];
    const life = start(await newFile(heapFrames(12)), {
      capture: async (id, finding) => {
        if (isFull)
          throw new Error('cannot write', { cause: Object.assign(new Error(), { code: 'ENOSPC' }) });
        return captured(id, finding);
      },
      onUnkept: (id, finding) => unkept.push([id, finding]),
    });
    await run(life);
    const [before] = outcome(life).stored;
    const [id = '', finding] = unkept[0] ?? [];
    expect(before).toMatchObject({ id, evidence: [] });
    expect(before?.missing).toMatchObject([{ reason: 'evidence: not kept yet, tried again: ENOSPC' }]);

    isFull = false;
    let alongside = 0;
    const evidence = finding === undefined ? [] : captured(id, finding);
    const change = { evidence, found: UNKEPT_EXHIBITS };
    const count = (): void => {
      alongside += 1;
    };
    expect(life.recorder.amend(id, change, START_MS + 60_000, count)).toBe(true);
    expect(life.incidents.get(id)).toEqual({
      ...before,
      version: (before?.version ?? 0) + 1,
      evidence,
      missing: [],
    });
    expect(outcome(life).events.at(-1)).toMatchObject({ action: 'updated', incident: { id, evidence } });
    expect(life.recorder.amend('inc_unknown', change, START_MS, count)).toBe(false);
    expect(alongside).toBe(2);
  });

  it('keeps the first and the latest evidence of a long incident', async () => {
    const input = range(0, 300).flatMap((s): Observation[] => [frame(s, [heap]), tick(s + 0.9)]);
    const life = start(await newFile(input));
    await run(life);
    const [incident] = outcome(life).stored;
    const times = incident?.evidence.map(({ at }) => (Date.parse(at) - START_MS) / 1000) ?? [];
    expect(times).toHaveLength(EVIDENCE_MAX);
    expect(times[0]).toBeLessThan(6);
    expect(times.at(-1)).toBeGreaterThan(290);
    expect(new Set(times).size).toBe(EVIDENCE_MAX);
    life.db.close();
  });

  it('gives the same through crashes at any point, and through clean stops, as a run without', async () => {
    await fc.assert(
      fc.asyncProperty(
        SCENARIO,
        fc.array(fc.record({ records: fc.integer({ min: 1, max: 120 }), clean: fc.boolean() }), {
          maxLength: 5,
        }),
        async (input, lives) => {
          const whole = start(await newFile(input));
          await run(whole);
          const expected = JSON.stringify(outcome(whole));
          whole.db.close();

          const file = await newFile(input);
          for (const { records, clean } of lives) {
            const life = start(file);
            await run(life, records);
            if (clean) life.recorder.saveSnapshot();
            // A crash: what is not in the file is gone.
            life.db.close();
          }
          const last = start(file);
          await run(last);
          expect(JSON.stringify(outcome(last))).toBe(expected);
          last.db.close();
        },
      ),
      { numRuns: 10 },
    );
  }, 90_000);

  it('gives the same where it dies between the evidence and the incident', async () => {
    const file = await newFile(heapFrames(40));
    const captures: string[] = [];
    let deaths = 0;
    for (;;) {
      const life = start(file, {
        capture: async (id, finding) => {
          captures.push(`${id} ${finding.at_ms}`);
          return captured(id, finding);
        },
        onIncident: () => {
          if (deaths < 3) {
            deaths += 1;
            throw new Error('killed');
          }
          return [];
        },
      });
      const isDead = await run(life).then(
        () => false,
        () => true,
      );
      if (!isDead) {
        expect(outcome(life).events.map(({ action }) => action)).toEqual([
          'opened',
          'updated',
          'updated',
          'ended',
        ]);
        life.db.close();
        break;
      }
      life.db.close();
    }
    // The same finding each time, so that the evidence store can know it again.
    expect(new Set(captures.slice(0, 4)).size).toBe(1);
  });

  it('saves a snapshot now and then, so that a restart need not read everything', async () => {
    const file = await newFile(heapFrames(60));
    const life = start(file);
    await run(life);
    const row = life.db.prepare('SELECT seq FROM rule_snapshots').get() as { seq: number } | undefined;
    expect(row?.seq).toBeGreaterThan(80);
    life.db.close();
    const next = start(file);
    expect(next.recorder.cursor.load()).toBeGreaterThanOrEqual(row?.seq ?? 0);
    next.db.close();
  });

  it('builds the rules up again from the journal where the snapshot is damaged', async () => {
    const file = await newFile(heapFrames(40));
    const life = start(file);
    await run(life, 30);
    life.recorder.saveSnapshot();
    life.db.prepare('UPDATE rule_snapshots SET state = \'{"format":1,"cl\'').run();
    life.db.close();
    const next = start(file);
    await run(next);
    expect(outcome(next).events.map(({ action }) => action)).toEqual([
      'opened',
      'updated',
      'updated',
      'ended',
    ]);
    next.db.close();
  });

  it('ends what a rule left behind that was changed or taken away', async () => {
    const file = await newFile(heapFrames(12));
    const life = start(file);
    await run(life);
    life.db.close();
    for (const [rules, reason] of [
      [[{ ...SCENARIO_RULES[0], min_score: 0.6 }], 'the rule was changed'],
      [[], 'the rule was taken away'],
    ] as const) {
      files += 1;
      copyFileSync(file, join(dir, `${files}.db`));
      const next = start(join(dir, `${files}.db`), {}, rules);
      const [incident] = outcome(next).stored;
      expect(incident).toMatchObject({ status: 'ended', endReason: reason, missing: [{ reason }] });
      expect(outcome(next).events.at(-1)).toMatchObject({ action: 'ended', incident: { id: incident?.id } });
      next.db.close();
    }
  });

  it('follows the journal behind a reader while it grows', async () => {
    files += 1;
    const life = start(join(dir, `${files}.db`));
    const { journal, recorder } = life;
    const reader = new JournalReader({
      name: RULES_CURSOR,
      journal,
      log,
      batch_max: 5,
      apply: (records) => recorder.apply(records),
      cursor: recorder.cursor,
    });
    reader.start();
    for (const observation of heapFrames(40)) await journal.append([toEntry(observation)]);
    await expect.poll(() => outcome(life).events.length, { timeout: 5000 }).toBe(4);
    await reader.stop();
    recorder.saveSnapshot();
    life.db.close();
  });
});
