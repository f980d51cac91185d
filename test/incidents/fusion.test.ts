import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { FUSION_DEFAULT, FusionConfig } from '../../src/domain/fusion-config.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { fuse, incidentOf, isSameIncident, type Sense, senseOf } from '../../src/incidents/fusion.ts';
import { DAY_MS, sampleIncident } from '../support/incident-world.ts';

const config = Value.Default(FusionConfig, { ...FUSION_DEFAULT[0] }) as FusionConfig;
const PLACE = { lon: 112.9728, lat: 28.197 };
/** So many metres to the north. */
const north = (metres: number) => ({ lon: PLACE.lon, lat: PLACE.lat + metres / 111_195 });

const gps: Sense = {
  type: 'illegal-dumping',
  deviceId: 'truck-11',
  modality: 'gps',
  onset_ms: DAY_MS,
  place: PLACE,
};
const camera: Sense = {
  ...gps,
  deviceId: 'cam-jing',
  modality: 'camera',
  onset_ms: DAY_MS + 60_000,
  place: north(30),
  by: 'muck-truck',
};

describe('whether two senses tell of one incident', () => {
  it.each<[string, Partial<Sense>, boolean]>([
    ['near and soon', {}, true],
    ['just within the radius', { place: north(99) }, true],
    ['beyond it', { place: north(101) }, false],
    ['at the end of the time', { onset_ms: DAY_MS + 600_000 }, true],
    ['later', { onset_ms: DAY_MS + 600_001 }, false],
    ['as early as that', { onset_ms: DAY_MS - 600_000 }, true],
    ['of another type', { type: 'exposed-garbage' }, false],
    ['by a tricycle', { by: 'tricycle' }, false],
    ['by its driver', { by: 'person' }, true],
    ['from another truck', { modality: 'gps', deviceId: 'truck-2' }, false],
    ['from a station', { modality: 'dust', deviceId: 'dust-2' }, false],
  ])('%s: %#', (_name, change, is) => {
    const other = { ...camera, ...change };
    expect(isSameIncident(gps, other, config)).toBe(is);
    expect(isSameIncident(other, gps, config)).toBe(is);
  });

  it('picks the nearest in time, then in place, and none that has such a sense already', () => {
    const of = (id: string, change: Partial<Sense>, ...more: Sense[]) => ({
      id,
      senses: [{ ...gps, ...change }, ...more],
    });
    const far = of('inc_a', { onset_ms: DAY_MS - 300_000 });
    const near = of('inc_b', { onset_ms: DAY_MS + 50_000 });
    const nearer = of('inc_c', { onset_ms: DAY_MS + 50_000, place: north(20) });
    const full = of('inc_d', { onset_ms: camera.onset_ms }, { ...camera, deviceId: 'cam-2' });
    expect(incidentOf(camera, [far], config)).toBe('inc_a');
    expect(incidentOf(camera, [far, near, full], config)).toBe('inc_b');
    expect(incidentOf(camera, [near, nearer, far], config)).toBe('inc_c');
    expect(incidentOf(camera, [full], config)).toBeUndefined();
    expect(incidentOf(camera, [], config)).toBeUndefined();
  });
});

const iso = (at_s: number): string => new Date(DAY_MS + at_s * 1000).toISOString();
const truck = (more: Partial<Incident> = {}): Incident =>
  sampleIncident('inc_truck', {
    type: 'illegal-dumping',
    severity: 3,
    confidence: 0.7,
    status: 'ended',
    onsetAt: iso(0),
    lastSeenAt: iso(50),
    endedAt: iso(60),
    endReason: 'drove on',
    place: { ...PLACE, zoneId: 'field' },
    subject: { deviceId: 'truck-11', plate: '湘A·D3772' },
    sources: [{ deviceId: 'truck-11', modality: 'gps', from: iso(0), to: iso(50), weight: 1 }],
    measures: { lifted: true, load_lost: false },
    relatedTo: ['inc_stop'],
    ...more,
  });
const heap = (more: Partial<Incident> = {}): Incident =>
  sampleIncident('inc_heap', {
    type: 'illegal-dumping',
    severity: 4,
    confidence: 0.6,
    onsetAt: iso(30),
    lastSeenAt: iso(400),
    place: { ...north(30), zoneId: 'jing-lane', street: '井巷' },
    subject: { deviceId: 'cam-jing' },
    sources: [{ deviceId: 'cam-jing', modality: 'camera', from: iso(30), to: iso(400), weight: 1 }],
    measures: { thing: 'garbage', by: 'muck-truck', lifted: false },
    model: { id: 'garbage@1', sha256: 'a'.repeat(64) },
    ...more,
  });

describe('what several senses tell together', () => {
  it('is one incident: whom by the truck, what by the camera, open while one of them sees it', () => {
    const joint = fuse([heap(), truck()], config);
    expect(joint).toEqual(fuse([truck(), heap()], config));
    expect(joint).toEqual({
      type: 'illegal-dumping',
      status: 'open',
      severity: 4,
      confidence: 0.88,
      onsetAt: iso(0),
      lastSeenAt: iso(400),
      place: { ...PLACE, zoneId: 'jing-lane', street: '井巷' },
      subject: { deviceId: 'truck-11', plate: '湘A·D3772' },
      sources: [
        { deviceId: 'truck-11', modality: 'gps', from: iso(0), to: iso(50), weight: 0.54 },
        { deviceId: 'cam-jing', modality: 'camera', from: iso(30), to: iso(400), weight: 0.46 },
      ],
      missing: [],
      measures: { thing: 'garbage', by: 'muck-truck', lifted: true, load_lost: false },
      model: { id: 'garbage@1', sha256: 'a'.repeat(64) },
      relatedTo: ['inc_stop'],
    });
  });

  it('is over when all of them say so, at the last of these times', () => {
    const gone = heap({ status: 'ended', endedAt: iso(460), endReason: 'observed empty for 60 s' });
    expect(fuse([gone, truck()], config)).toMatchObject({
      status: 'ended',
      endedAt: iso(460),
      endReason: 'drove on; observed empty for 60 s',
    });
  });

  it('is what it was where there is but one', () => {
    const { id, version, evidence, code, rule, ...alone } = heap();
    expect(fuse([heap()], config)).toEqual(alone);
  });

  it('reads a sense from an incident', () => {
    expect(senseOf(heap())).toEqual({
      type: 'illegal-dumping',
      deviceId: 'cam-jing',
      modality: 'camera',
      onset_ms: DAY_MS + 30_000,
      place: heap().place,
      by: 'muck-truck',
    });
  });
});
