import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CaseQueue } from '../../src/cases/case-queue.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { EvidenceItem, Incident, IncidentEvent } from '../../src/domain/incident.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { IncidentRecorder } from '../../src/incidents/incident-recorder.ts';
import { IncidentStore } from '../../src/incidents/incident-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { MAIN_SCHEMA } from '../../src/store/schema.ts';
import { SqliteJournal } from '../../src/store/sqlite-journal.ts';
import { box, cameraZone, engineOf, fix, frame, range, START_MS } from '../rules/support.ts';
import { tempDir } from '../support/temp-dir.ts';

const RULES = [
  {
    id: 'dumping-seen',
    kind: 'left-behind',
    zone_kinds: ['street'],
    things: ['garbage'],
    actors: ['person', 'tricycle', 'muck-truck'],
  },
  { id: 'trucks', kind: 'truck-stop', radius_m: 30, dumping: { confirm_s: 5 } },
];
const FUSION = [
  {
    type: 'illegal-dumping',
    modalities: ['gps' as const, 'camera' as const],
    radius_m: 100,
    within_s: 600,
    not_by: ['tricycle'],
  },
];
const [LON, LAT] = [113.1, 28.2];
const THINGS = { id: 'garbage@1', sha256: 'a'.repeat(64) };
const STREET = { id: 'street@1', sha256: 'c'.repeat(64) };

/** A truck stands at 100 s, tips from 120 s to 160 s and drives off; every two seconds it says so. */
function track(received_s?: number): Observation[] {
  return range(60, 240, 2).map((at_s) => {
    const lon = LON + (at_s < 100 ? (at_s - 100) * 0.0001 : at_s < 180 ? 0 : (at_s - 180) * 0.0001);
    const more = {
      lift: at_s >= 120 && at_s < 160,
      load: at_s < 150 ? ('full' as const) : ('empty' as const),
    };
    const made = fix(at_s, lon, LAT, more);
    return received_s === undefined ? made : { ...made, received_ms: START_MS + received_s * 1000 };
  });
}

/** A camera sees the truck, then the heap that it hid, which somebody takes away at 900 s. */
function film(by = 'muck-truck', to_s = 1200): Observation[] {
  return range(0, to_s, 5).flatMap((at_s) => {
    const actors = at_s >= 100 && at_s < 180 ? [box(by, 0.5, 0.72, 0.4)] : [];
    const heaps = at_s >= 180 && at_s < 900 ? [box('garbage', 0.5, 0.7, 0.06)] : [];
    return [frame(at_s, heaps, { model: THINGS }), frame(at_s, actors, { model: STREET })];
  });
}

const byArrival = (...lists: Observation[][]): Observation[] =>
  lists.flat().sort((a, b) => a.received_ms - b.received_ms || a.at_ms - b.at_ms);

interface Run {
  readonly events: IncidentEvent[];
  readonly stored: Incident[];
  readonly cases: number;
  readonly store: IncidentStore;
}

/** All of it through engine, recorder and case queue; every so many records the process ends and starts anew. */
async function run(observations: readonly Observation[], restartEvery?: number): Promise<Run> {
  const db = openDatabase(join(tempDir(), 'xuncheng.db'), MAIN_SCHEMA, false);
  onTestFinished(() => {
    db.close();
  });
  const journal = new SqliteJournal(db);
  const store = new IncidentStore(db);
  const cases = new CaseQueue({ db, journal, clock: () => START_MS });
  await journal.append(
    observations.map((body) => ({
      subjectId: body.deviceId,
      at_ms: body.at_ms,
      received_ms: body.received_ms,
      body,
    })),
  );
  const records = journal.read(0, 100_000);
  const begin = (): IncidentRecorder => {
    const recorder = new IncidentRecorder({
      db,
      journal,
      incidents: store,
      engine: engineOf(RULES, { cameraZones: [cameraZone({ place: { lon: LON + 0.0003, lat: LAT } })] }),
      code: (type) => ({ scheme: 'test', major: null, minor: null, name: type }),
      fusion: FUSION,
      capture: async (id, finding) => captured(id, finding),
      onIncident: (event, at_ms) => cases.onIncident(event, at_ms),
      log: pino({ level: 'silent' }),
    });
    recorder.load();
    return recorder;
  };
  const step = restartEvery ?? 50;
  let recorder = begin();
  for (let end = step; end < records.length + step; end += step) {
    if (restartEvery !== undefined) recorder = begin();
    const from = recorder.cursor.load();
    await recorder.apply(records.slice(0, end).filter(({ seq }) => seq > from));
  }
  const events = journal
    .readEvents(0, 10_000)
    .map(({ body }) => body)
    .filter((body): body is IncidentEvent => body.kind === 'incident');
  const count = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM cases').get()?.count ?? 0;
  return { events, stored: [...store.list({ limit: 100 }).items], cases: count, store };
}

function captured(id: string, { exhibits }: Finding): EvidenceItem[] {
  return exhibits.map(({ kind, at_ms, deviceId }) => ({
    id: `ev-${deviceId}-${at_ms}`,
    kind,
    at: new Date(at_ms).toISOString(),
    href: `/api/v1/incidents/${id}/evidence/ev-${deviceId}-${at_ms}`,
    sha256: 'd'.repeat(64),
    mediaType: 'application/json',
  }));
}

const isDumping = ({ type }: Incident): boolean => type === 'illegal-dumping';
/** What must not depend on who was heard first. */
const told = ({ id, version, evidence, rule, ...rest }: Incident) => rest;

describe('a dumping that a truck and a camera tell', () => {
  it('is one incident with both, open until the camera sees it gone', async () => {
    const { events, stored, cases, store } = await run(byArrival(track(), film()));
    const [incident, ...others] = stored.filter(isDumping);
    expect(others).toEqual([]);
    expect(cases).toBe(stored.length);
    expect(incident).toMatchObject({
      status: 'ended',
      subject: { deviceId: 'truck-1' },
      measures: { lifted: true, load_lost: true, by: 'muck-truck', thing: 'garbage' },
      sources: [
        { deviceId: 'truck-1', modality: 'gps' },
        { deviceId: 'cam-1', modality: 'camera' },
      ],
      endReason: 'drove on; observed empty for 120 s',
    });
    const of = events.filter((event) => event.incident.id === incident?.id);
    expect(of.map(({ incident: { version } }) => version)).toEqual(of.map((_, index) => index + 1));
    // The truck drives off before the heap is known to be left: the incident is open again.
    const story = of.map(
      ({ action, incident: { status, sources } }) => `${action} ${status} ${sources.length}`,
    );
    expect(story[0]).toBe('opened open 1');
    expect(story).toContain('ended ended 1');
    expect(story).toContain('updated open 2');
    expect(story.at(-1)).toBe('ended ended 2');
    // Pictures and track both, each under the incident that has them.
    const kinds = new Set(incident?.evidence.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['track', 'snapshot']));
    expect(incident?.evidence.every(({ href }) => href.includes(incident.id))).toBe(true);
    expect(store.list({ device: 'cam-1', limit: 10 }).items.map(({ id }) => id)).toEqual([incident?.id]);
    expect(store.list({ device: 'truck-1', limit: 10 }).items.map(({ id }) => id)).toContain(incident?.id);
  });

  it('is the same one when the truck was offline and tells it twelve minutes late', async () => {
    const soon = (await run(byArrival(track(), film()))).stored.filter(isDumping);
    const late = (await run(byArrival(track(720), film()))).stored.filter(isDumping);
    expect(late).toHaveLength(1);
    expect(late.map(({ rule }) => rule.id)).toEqual(['dumping-seen']);
    expect(soon.map(({ rule }) => rule.id)).toEqual(['trucks']);
    expect(late.map(told)).toEqual(soon.map(told));
  });

  it('is the same after a crash at every turn', async () => {
    const observations = byArrival(track(), film());
    const plain = await run(observations);
    const crashed = await run(observations, 151);
    expect(crashed.events).toEqual(plain.events);
    expect(crashed.stored).toEqual(plain.stored);
  });

  it('are two where a tricycle brought it', async () => {
    const { stored } = await run(byArrival(track(), film('tricycle')));
    expect(stored.filter(isDumping).map(({ sources }) => sources.map(({ modality }) => modality))).toEqual([
      ['camera'],
      ['gps'],
    ]);
  });
});
