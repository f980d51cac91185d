import { describe, expect, it } from 'vitest';
import { poseAt } from '../../../../simulators/city/life/sight.ts';
import { locateOn } from '../../../../simulators/city/life/street.ts';
import { streetLife } from '../../../../simulators/city/life/street-life.ts';
import { stagePlan } from '../../../../simulators/city/stage/stage-plan.ts';
import type { StageActor } from '../../../../simulators/city/stage/stage-scene.ts';
import { stageScenes } from '../../../../simulators/city/stage/stage-scenes.ts';
import { soundCity, start_ms } from './two-cameras.ts';

const scenario = soundCity();
const life = streetLife(scenario, { start_ms });
const scenes = stageScenes(scenario, { start_ms }, life);
const actors = scenes.flatMap((scene) => scene.actors);

function* moments(actor: StageActor): Generator<{ t_s: number; at: [number, number]; heading_deg: number }> {
  for (let t_s = Math.ceil(actor.from_s); t_s <= actor.to_s; t_s += 1) {
    const { x_m, y_m, heading_deg } = poseAt(actor.path, t_s);
    yield { t_s, at: [x_m, y_m], heading_deg };
  }
}

describe('the stages of a scenario', () => {
  it('are the same for the same seed, and others for another', () => {
    const text = (seed?: number): string =>
      JSON.stringify(stageScenes(soundCity(), seed === undefined ? { start_ms } : { start_ms, seed }));
    const own = JSON.stringify(scenes);
    expect(text()).toBe(own);
    expect(text(8)).not.toBe(own);
  });

  it('show both cameras the same stall', () => {
    const [a, b] = scenes.map((scene) => scene.actors.find(({ id }) => id === 'both-see'));
    expect(a).toBeDefined();
    expect(a?.look).toBe(b?.look);
    expect(a?.path.find(({ t_s }) => t_s >= 60)).toEqual(b?.path.find(({ t_s }) => t_s >= 60));
  });

  it('are lively, and everything in them has its time and way', () => {
    for (const kind of ['person', 'car', 'two-wheeler'] as const)
      expect(actors.filter((actor) => actor.kind === kind).length).toBeGreaterThan(8);
    for (const { from_s, to_s, path } of actors) {
      expect(from_s).toBeGreaterThanOrEqual(0);
      expect(to_s).toBeLessThanOrEqual(600);
      expect(to_s).toBeGreaterThan(from_s);
      const times = path.map(({ t_s }) => t_s);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it('let nobody walk through what stands on the pavement', () => {
    const walkers = life.cast.actors.filter(({ id }) => id.startsWith('walker-'));
    expect(walkers.length).toBeGreaterThan(20);
    for (const walker of walkers)
      for (const { t_s, at } of moments(walker))
        for (const { at: spot, radius_m, from_s, to_s } of life.cast.obstacles) {
          if (t_s < from_s || t_s > to_s) continue;
          expect(Math.hypot(at[0] - spot[0], at[1] - spot[1]), `${walker.id} at ${t_s}`).toBeGreaterThan(
            radius_m * 0.6,
          );
        }
  });

  it('let vehicles keep right', () => {
    let right = 0;
    let all = 0;
    const vehicles = life.cast.actors.filter(({ kind }) => kind === 'car' || kind === 'two-wheeler');
    for (const vehicle of vehicles)
      for (const { at, heading_deg } of moments(vehicle))
        for (const street of life.streets) {
          const { along_m, right_m } = locateOn(street, at);
          const forward = street.id === 'main' ? 90 : 0;
          const off = Math.abs(((heading_deg - forward + 540) % 360) - 180);
          if (Math.abs(right_m) > street.carriageway_m / 2 || along_m < 1) continue;
          if (off > 12 && off < 168) continue;
          all += 1;
          if (right_m * (off < 90 ? 1 : -1) > 0) right += 1;
        }
    expect(all).toBeGreaterThan(300);
    expect(right / all).toBeGreaterThan(0.98);
  });

  it('let cars stop for each other', () => {
    const cars = life.cast.actors.filter(({ kind }) => kind === 'car');
    let pairs = 0;
    let touching = 0;
    for (let t_s = 0; t_s < 600; t_s += 2) {
      const here = cars
        .filter(({ from_s, to_s }) => from_s <= t_s && t_s <= to_s)
        .map(({ path }) => poseAt(path, t_s));
      for (const [index, a] of here.entries())
        for (const b of here.slice(index + 1)) {
          pairs += 1;
          if (Math.hypot(a.x_m - b.x_m, a.y_m - b.y_m) < 1.7) touching += 1;
        }
    }
    expect(pairs).toBeGreaterThan(100);
    expect(touching / pairs).toBeLessThan(0.01);
  });

  it('can be looked at from above', () => {
    const [scene] = scenes;
    const svg = scene === undefined ? '' : stagePlan(scene, 120);
    expect(svg).toContain('both-see (');
    expect(svg.endsWith('</svg>')).toBe(true);
  });
});
