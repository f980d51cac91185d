import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CASE_LIMITS } from '../../src/cases/case-limits.ts';
import { CaseQueue, caseId } from '../../src/cases/case-queue.ts';
import { isoTime } from '../../src/domain/time.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { DAY_MS, type IncidentWorld, incidentWorld, sampleIncident } from '../support/incident-world.ts';

const CONSUMER = { consumer: 'platform', max: 1, lease_s: 60 } as const;
const OPERATOR = { actor: 'li' } as const;

function claimOne(world: IncidentWorld) {
  const [claimed] = world.queue.claim(CONSUMER);
  if (claimed === undefined) throw new Error('nothing to claim');
  return claimed;
}

function caseEvents(world: IncidentWorld) {
  return world.journal
    .readEvents(0, 1000)
    .flatMap(({ body }) => (body.kind === 'case' ? [`${body.transition.from}→${body.case.state}`] : []));
}

it('opens one candidate for each incident, in the transaction of the incident', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  world.put('updated', sampleIncident('inc_a1', { version: 2, severity: 3 }));
  expect(world.queue.get('case_a1')).toEqual({
    case: {
      id: 'case_a1',
      incidentId: 'inc_a1',
      type: 'exposed-garbage',
      severity: 3,
      state: 'candidate',
      createdAt: isoTime(DAY_MS),
      updatedAt: isoTime(DAY_MS),
    },
    history: [{ at: isoTime(DAY_MS), actor: 'gateway', from: null, to: 'candidate' }],
  });
  expect(caseEvents(world)).toEqual(['null→candidate']);
  expect(caseId('inc_20261122_ff')).toBe('case_20261122_ff');
  expect(world.queue.get('case_zz')).toBeUndefined();
});

it('leaves neither case nor event behind when the transaction fails', () => {
  const world = incidentWorld();
  // The incident's row is missing: the foreign key refuses the case.
  const event = { kind: 'incident', action: 'opened', incident: sampleIncident('inc_a1') } as const;
  expect(() =>
    world.journal.transact(() => ({ entries: world.queue.onIncident(event, DAY_MS), result: undefined })),
  ).toThrow(/FOREIGN KEY/);
  expect(world.queue.get('case_a1')).toBeUndefined();
  expect(world.journal.head()).toBe(0);
});

it('goes through a whole life, each step with who, when, from where and why', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const { token, case: claimed, incident } = claimOne(world);
  expect(incident?.id).toBe('inc_a1');
  expect(claimed.lease).toEqual({ consumer: 'platform', expiresAt: isoTime(DAY_MS + 60_000) });
  for (const [action, note] of [
    ['accept', 'clear picture'],
    ['dispatch', undefined],
    ['handled', 'swept'],
  ] as const) {
    world.clock.now_ms += 1000;
    const result = world.queue.transition('case_a1', action, {
      actor: 'platform',
      token,
      ...(note === undefined ? {} : { note }),
    });
    expect(result).toMatchObject({ ok: true });
  }
  world.clock.now_ms += 600_000;
  const endedAt = isoTime(world.clock.now_ms);
  world.put('ended', sampleIncident('inc_a1', { version: 3, status: 'ended', endedAt }));
  expect(world.queue.transition('case_a1', 'close', OPERATOR)).toMatchObject({
    ok: true,
    case: { state: 'closed' },
  });
  expect(world.queue.get('case_a1')?.history).toEqual([
    { at: isoTime(DAY_MS), actor: 'gateway', from: null, to: 'candidate' },
    {
      at: isoTime(DAY_MS + 1000),
      actor: 'platform',
      from: 'candidate',
      to: 'accepted',
      note: 'clear picture',
    },
    { at: isoTime(DAY_MS + 2000), actor: 'platform', from: 'accepted', to: 'dispatched' },
    { at: isoTime(DAY_MS + 3000), actor: 'platform', from: 'dispatched', to: 'handled', note: 'swept' },
    {
      at: endedAt,
      actor: 'gateway',
      from: 'handled',
      to: 'verified',
      note: `seen to be over since ${endedAt}`,
    },
    { at: endedAt, actor: 'li', from: 'verified', to: 'closed' },
  ]);
  expect(caseEvents(world)).toEqual([
    'null→candidate',
    'candidate→accepted',
    'accepted→dispatched',
    'dispatched→handled',
    'handled→verified',
    'verified→closed',
  ]);
  expect(world.queue.isSettled('inc_a1')).toBe(true);
  expect(world.queue.isSettled('inc_unknown')).toBe(false);
});

it('refuses steps that the state does not allow, and changes nothing', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const before = world.journal.head();
  expect(world.queue.transition('case_a1', 'close', OPERATOR)).toEqual({
    ok: false,
    code: 'bad-state',
    message: "a case that is candidate cannot take the step 'close'",
  });
  expect(world.queue.transition('case_zz', 'accept', OPERATOR)).toMatchObject({
    ok: false,
    code: 'not-found',
  });
  expect(world.queue.transition('case_a1', 'release', OPERATOR)).toMatchObject({
    ok: false,
    code: 'bad-state',
  });
  expect(world.queue.transition('case_a1', 'reject', OPERATOR)).toMatchObject({ ok: true });
  expect(world.queue.transition('case_a1', 'accept', OPERATOR)).toMatchObject({
    ok: false,
    code: 'bad-state',
  });
  expect(world.journal.head()).toBe(before + 1);
  expect(world.queue.claim({ ...CONSUMER, max: 10 })).toEqual([]);
});

it('fences off a slow consumer whose case went to another', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const slow = claimOne(world);
  expect(world.queue.transition('case_a1', 'accept', OPERATOR)).toMatchObject({ ok: false, code: 'leased' });
  world.clock.now_ms += 60_000;
  const quick = claimOne(world);
  expect(Number.parseInt(quick.token, 10)).toBe(Number.parseInt(slow.token, 10) + 1);
  const late = { actor: 'slow', token: slow.token };
  expect(world.queue.transition('case_a1', 'accept', late)).toMatchObject({ ok: false, code: 'stale-token' });
  expect(world.queue.transition('case_a1', 'extend', late)).toMatchObject({ ok: false, code: 'stale-token' });
  for (const token of ['', '2', '2.', quick.token.slice(0, -1), `${quick.token} `, slow.token]) {
    const guess = { actor: 'x', token };
    expect(world.queue.transition('case_a1', 'reject', guess)).toMatchObject({ code: 'stale-token' });
  }
  expect(world.queue.transition('case_a1', 'accept', { actor: 'quick', token: quick.token })).toMatchObject({
    ok: true,
  });
});

it('ends a lease by time: its token is stale although nobody else claimed, and an operator may act', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const { token } = claimOne(world);
  world.clock.now_ms += 59_999;
  expect(world.queue.get('case_a1')?.case.lease?.consumer).toBe('platform');
  world.clock.now_ms += 1;
  expect(world.queue.get('case_a1')?.case.lease).toBeUndefined();
  expect(world.queue.transition('case_a1', 'accept', { actor: 'platform', token })).toMatchObject({
    ok: false,
    code: 'stale-token',
  });
  expect(world.queue.transition('case_a1', 'accept', OPERATOR)).toMatchObject({ ok: true });
});

it('prolongs and gives back a lease; a released case can be claimed at once', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  const { token } = claimOne(world);
  world.clock.now_ms += 50_000;
  const holder = { actor: 'platform', token };
  expect(world.queue.transition('case_a1', 'extend', { ...holder, lease_s: 100 })).toMatchObject({
    case: { state: 'candidate', lease: { expiresAt: isoTime(DAY_MS + 150_000) } },
  });
  world.clock.now_ms += 90_000;
  expect(world.queue.claim(CONSUMER)).toEqual([]);
  expect(world.queue.transition('case_a1', 'release', OPERATOR)).toMatchObject({ code: 'leased' });
  expect(world.queue.transition('case_a1', 'release', holder)).toMatchObject({ ok: true });
  expect(world.queue.transition('case_a1', 'accept', holder)).toMatchObject({ code: 'stale-token' });
  expect(Number.parseInt(claimOne(world).token, 10)).toBe(2);
  // A lease is not a state: the history has the opening alone.
  expect(world.queue.get('case_a1')?.history).toHaveLength(1);
});

it('hands out the most severe first, then the oldest, of the types asked for, within its bounds', () => {
  const world = incidentWorld();
  for (let index = 0; index < 150; index += 1) {
    world.clock.now_ms = DAY_MS + index;
    const type = index % 2 === 0 ? 'exposed-garbage' : 'dust-exceedance';
    world.put('opened', sampleIncident(`inc_${index}`, { severity: 1 + (index % 3), type }));
  }
  const dust = world.queue.claim({ consumer: 'c', max: 3, types: ['dust-exceedance', 'no-such-type'] });
  expect(dust.map((claimed) => claimed.case.id)).toEqual(['case_5', 'case_11', 'case_17']);
  expect(world.queue.claim({ consumer: 'c', max: 5, types: [] })).toEqual([]);
  const rest = world.queue.claim({ consumer: 'c', max: 100_000, lease_s: 1e9 });
  expect(rest).toHaveLength(CASE_LIMITS.claim_max);
  expect(rest[0]?.case).toMatchObject({
    id: 'case_2',
    severity: 3,
    lease: { expiresAt: isoTime(world.clock.now_ms + CASE_LIMITS.lease_s_max * 1000) },
  });
  const severities = rest.map((claimed) => claimed.case.severity);
  expect(severities).toEqual([...severities].sort((a, b) => b - a));
  expect(() => world.queue.claim({ consumer: 'c', max: Number.NaN })).toThrow(RangeError);
});

it('gives every case to exactly one of many claimers at once, on two connections', async () => {
  const world = incidentWorld();
  const cases = 120;
  for (let index = 0; index < cases; index += 1) world.put('opened', sampleIncident(`inc_${index}`));
  const secondDb = openDatabase(`${world.dir}/xuncheng.db`, MAIN_SCHEMA, true);
  const second = new CaseQueue({
    db: secondDb,
    journal: new SqliteJournal(secondDb),
    clock: () => world.clock.now_ms,
  });
  const claimers = Array.from({ length: 40 }, async (_, index) => {
    const queue = index % 2 === 0 ? world.queue : second;
    const mine: string[] = [];
    for (;;) {
      await delay(Math.floor(Math.random() * 3));
      const claimed = queue.claim({ consumer: `c${index}`, max: 1 + (index % 4) });
      if (claimed.length === 0) return mine;
      for (const { case: taken, token } of claimed) {
        await delay(0);
        const accepted = queue.transition(taken.id, 'accept', { actor: `c${index}`, token });
        if (accepted.ok) mine.push(taken.id);
      }
    }
  });
  const taken = (await Promise.all(claimers)).flat();
  secondDb.close();
  expect(taken).toHaveLength(cases);
  expect(new Set(taken).size).toBe(cases);
});

it('pages through cases by state, stable while new ones come', () => {
  const world = incidentWorld();
  for (let index = 0; index < 7; index += 1) {
    world.clock.now_ms += index % 2;
    world.put('opened', sampleIncident(`inc_${index}`));
  }
  world.queue.transition('case_3', 'reject', OPERATOR);
  const first = world.queue.list({ limit: 4 });
  world.clock.now_ms += 1;
  world.put('opened', sampleIncident('inc_7'));
  const second = world.queue.list({ limit: 4, ...(first.next ? { after: first.next } : {}) });
  const ids = [...first.items, ...second.items].map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: 8 }, (_, index) => `case_${index}`));
  expect(second.next).toBeUndefined();
  expect(world.queue.list({ state: 'rejected', limit: 4 }).items.map(({ id }) => id)).toEqual(['case_3']);
  expect(() => world.queue.list({ limit: 4, after: "' OR 1" })).toThrow(/cursor/);
});

it('counts by type and state, and gives the verdicts back per rule and device', () => {
  const world = incidentWorld();
  for (const id of ['a', 'b', 'c', 'd', 'e']) world.put('opened', sampleIncident(`inc_${id}`));
  const gps = {
    modality: 'gps',
    from: isoTime(DAY_MS),
    to: isoTime(DAY_MS),
    weight: 1,
    deviceId: 'T1',
  } as const;
  world.put('opened', sampleIncident('inc_t', { type: 'truck-suspicious-stop', sources: [gps] }));
  world.queue.transition('case_a', 'accept', OPERATOR);
  world.queue.transition('case_b', 'accept', OPERATOR);
  world.queue.transition('case_b', 'dispatch', OPERATOR);
  world.queue.transition('case_c', 'reject', { ...OPERATOR, note: 'a parked cart' });
  world.queue.transition('case_d', 'withdraw', OPERATOR);
  expect(world.queue.counts()).toContainEqual({ type: 'exposed-garbage', state: 'dispatched', count: 1 });
  const garbage = { ruleId: 'exposed-garbage', type: 'exposed-garbage', deviceId: 'cam-1' };
  expect(world.queue.feedback()).toEqual([
    { ...garbage, accepted: 2, rejected: 1, pending: 1, precision: 2 / 3 },
    {
      ruleId: 'exposed-garbage',
      type: 'truck-suspicious-stop',
      deviceId: 'T1',
      accepted: 0,
      rejected: 0,
      pending: 1,
      precision: null,
    },
  ]);
  expect(world.queue.feedback({ from_ms: DAY_MS + 1 })).toEqual([]);
});

it('cuts notes and names that are too long', () => {
  const world = incidentWorld();
  world.put('opened', sampleIncident('inc_a1'));
  world.queue.transition('case_a1', 'reject', { actor: 'x'.repeat(500), note: 'y'.repeat(5000) });
  const last = world.queue.get('case_a1')?.history.at(-1);
  expect(last?.actor).toHaveLength(CASE_LIMITS.name_chars_max);
  expect(last?.note).toHaveLength(CASE_LIMITS.note_chars_max);
});
