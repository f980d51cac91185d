import { describe, expect, it } from 'vitest';
import type { StageActor } from '../../../simulators/city/stage/stage-scene.ts';
import { carriagewayField, traceArea } from '../../../simulators/render/page/film-field.ts';
import { lightAt, lightDifference } from '../../../simulators/render/page/film-light.ts';
import { placeAt, restsOf, statesAt } from '../../../simulators/render/page/film-motion.ts';
import {
  frameCount,
  keyFrameOf,
  planLight,
  planSections,
} from '../../../simulators/render/page/film-schedule.ts';
import { crossingScene } from './film-scene.ts';

const truck: StageActor = {
  id: 'truck',
  kind: 'muck-truck',
  look: 1,
  from_s: 0,
  to_s: 100,
  path: [
    { t_s: 0, x_m: 0, y_m: 0, heading_deg: 350 },
    { t_s: 10, x_m: 20, y_m: 0, heading_deg: 10 },
    { t_s: 90, x_m: 20, y_m: 0, heading_deg: 10 },
  ],
  states: [
    { t_s: 40, name: 'body_deg', value: 0 },
    { t_s: 50, name: 'body_deg', value: 40 },
    { t_s: 45, name: 'load', value: 1 },
  ],
};

describe('the motion of an actor', () => {
  it('moves straight and turns by the shorter way', () => {
    expect(placeAt(truck.path, 5)).toEqual({ x_m: 10, y_m: 0, heading_deg: 360 });
    expect(placeAt(truck.path, -5)).toMatchObject({ x_m: 0 });
    expect(placeAt(truck.path, 500)).toMatchObject({ x_m: 20 });
  });

  it('interpolates each state by itself', () => {
    expect(statesAt(truck, 0)).toEqual({ body_deg: 0, load: 1 });
    expect(statesAt(truck, 45)).toEqual({ body_deg: 20, load: 1 });
    expect(statesAt(truck, 60)).toEqual({ body_deg: 40, load: 1 });
  });

  it('rests only while neither place nor state changes', () => {
    expect(restsOf(truck, 20)).toEqual([
      { from_s: 10, to_s: 40 },
      { from_s: 50, to_s: 100 },
    ]);
  });
});

describe('the plan of a film', () => {
  it('covers every frame once and keeps people out of the standing picture', () => {
    const scene = crossingScene();
    const sections = planSections(scene);
    expect(sections[0]?.from).toBe(0);
    expect(sections.at(-1)?.to).toBe(frameCount(scene));
    for (const [i, section] of sections.entries())
      expect(sections[i + 1]?.from ?? section.to).toBe(section.to);
    const kinds = new Set(
      sections.flatMap(({ standing }) => [...standing].map((k) => scene.actors[k]?.kind)),
    );
    expect(kinds).toContain('stall');
    expect(kinds).not.toContain('person');
  });

  it('fades between lights that differ little, also when night falls', () => {
    const lightOf = (frame: number) => lightAt('clear', 17 + frame / 500);
    const keys = planLight(1_000, lightOf);
    expect(keys.frames[0]).toBe(0);
    expect(keys.frames.at(-1)).toBe(999);
    for (const [i, frame] of keys.frames.entries()) {
      const next = keys.frames[i + 1];
      if (next !== undefined) expect(lightDifference(lightOf(frame), lightOf(next))).toBeLessThan(0.08);
    }
    expect(keyFrameOf(keys, 999)).toMatchObject({ share: 1 });
    expect(lightAt('clear', 12).sunPower).toBeGreaterThan(2);
    expect(lightAt('clear', 22)).toMatchObject({ sunPower: 0, lamps: 1 });
  });
});

describe('the ground', () => {
  it('has pavement everywhere but on the carriageways, with kerbs around', () => {
    const { roads } = crossingScene();
    const field = carriagewayField(roads);
    expect(field(0, 0)).toBeLessThan(0);
    expect(field(30, 12)).toBeCloseTo(2, 5);
    const { corners, edges } = traceArea(field, { x1: -20, y1: -20, x2: 20, y2: 20 }, 0.5);
    for (const [x, y] of corners) expect(field(x, y)).toBeGreaterThan(-0.1);
    for (const [a, b] of edges) {
      const left = [(a[0] + b[0]) / 2 - (b[1] - a[1]), (a[1] + b[1]) / 2 + (b[0] - a[0])] as const;
      if (Math.hypot(b[0] - a[0], b[1] - a[1]) > 0.05) expect(field(left[0], left[1])).toBeGreaterThan(0);
    }
    expect(edges.length).toBeGreaterThan(50);
  });
});
