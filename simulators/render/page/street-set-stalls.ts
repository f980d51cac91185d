import * as THREE from 'three';
import type { Pose } from './figures.ts';
import { ball, group } from './shapes.ts';
import { STALL_FORMS, type StallForm } from './stalls.ts';
import { levelAt, person, put, REACH, type Site, type StreetBusyness } from './street-set-site.ts';
import { stockCanopy, stockStall } from './street-set-stock.ts';

/** Strips of the street in which stalls stand, each with the way that their front looks. */
function stallStrips(site: Site): readonly { readonly z: number; readonly turn: number }[] {
  const { plan } = site;
  const far = plan.carriageway + plan.farPavement;
  const strips = [
    { z: 0.9, turn: Math.PI },
    { z: plan.carriageway - 0.9, turn: 0 },
    { z: 1.0, turn: 0 },
  ];
  if (plan.pavement > 2.2) strips.push({ z: -0.9, turn: Math.PI }, { z: -0.8, turn: 0 });
  if (plan.pavement > 1.5) strips.push({ z: -plan.pavement + 0.9, turn: 0 });
  if (plan.farPavement > 2.2) strips.push({ z: plan.carriageway + 0.9, turn: 0 });
  if (plan.farPavement > 1.5) strips.push({ z: far - 0.9, turn: Math.PI });
  return strips;
}

/** Point beside a thing in its own directions: `ahead` to its front, `aside` to its left. */
function beside(x: number, z: number, turn: number, aside: number, ahead: number): readonly [number, number] {
  return [
    x + Math.cos(turn) * aside + Math.sin(turn) * ahead,
    z - Math.sin(turn) * aside + Math.cos(turn) * ahead,
  ];
}

function vendorAndBuyers(
  site: Site,
  form: StallForm,
  x: number,
  z: number,
  turn: number,
  reach: number,
  crowd: number,
): void {
  const { rng } = site.kit;
  // People look to +x of themselves, stalls to +z.
  const toFront = turn - Math.PI / 2;
  if (rng.chance(0.85)) {
    const low = form === 'cloth' || form === 'crates';
    const pose: Pose = low
      ? rng.pick(['squatting', 'sitting', 'standing'])
      : rng.pick(['serving', 'serving', 'standing', 'sitting']);
    const [vx, vz] = beside(x, z, turn, rng.range(-0.5, 0.5) * reach, -rng.range(0.75, 1.1));
    person(site, vx, vz, toFront + rng.gauss() * 0.4, pose, 'vendor');
  }
  const buyers = rng.chance(0.3) ? 0 : Math.min(7, Math.round(rng.range(0, 2.4) * crowd));
  for (let i = 0; i < buyers; i += 1) {
    const [bx, bz] = beside(x, z, turn, rng.range(-1, 1) * reach, rng.range(0.8, 1.7));
    person(
      site,
      bx,
      bz,
      toFront + Math.PI + rng.gauss() * 0.5,
      rng.pick(['standing', 'standing', 'serving', 'stooping', form === 'cloth' ? 'squatting' : 'standing']),
    );
  }
}

/** Bare bulb over a stall, as they shine at night. */
function hangBulb(site: Site, x: number, z: number): void {
  const { lib, rng } = site.kit;
  const y = levelAt(site.plan, z) + rng.range(1.7, 2.0);
  const color = rng.pick([0xffffff, 0xf4f8ff, 0xffe8b8]);
  site.root.add(group(ball(lib, [0.07, 0.09, 0.07], lib.plain(color, { glow: 3 }), [x, y, z])));
  site.lamps.push({ at: new THREE.Vector3(x, y - 0.1, z + 0.3), power: rng.range(0.08, 0.2), color });
}

/** Stalls with their sellers and buyers, mostly in rows, and roofs without stalls. */
export function addStalls(site: Site, busy: StreetBusyness): void {
  const { rng } = site.kit;
  const strips = stallStrips(site);
  let left = busy.stalls;
  let tries = 0;
  while (left > 0 && tries < 60) {
    tries += 1;
    const strip = rng.pick(strips);
    const form = rng.pick(STALL_FORMS);
    const row = Math.min(left, rng.chance(0.5) ? 1 : rng.int(2, 6));
    let x = busy.middle + rng.gauss() * 11;
    for (let i = 0; i < row; i += 1) {
      const own = rng.chance(0.45) ? form : rng.pick(STALL_FORMS);
      const stall = stockStall(site.kit, own);
      if (!site.ground.free(x, strip.z, stall.reach * 0.8)) break;
      site.ground.take(x, strip.z, stall.reach * 0.8);
      const turn = strip.turn + rng.gauss() * (rng.chance(0.2) ? 0.5 : 0.08);
      const z = strip.z + rng.gauss() * 0.15;
      put(site, stall, x, z, turn);
      if (site.night && rng.chance(0.75)) hangBulb(site, x, z);
      vendorAndBuyers(site, own, x, z, turn, stall.reach, busy.crowd);
      left -= 1;
      x += stall.reach * 2 + rng.range(0.1, 1.2);
    }
  }
  if (busy.bare) return;
  for (let i = 0; i < rng.int(0, 3); i += 1) {
    const strip = rng.pick(strips);
    const at = site.ground.find(rng, [-REACH, REACH], [strip.z - 0.3, strip.z + 0.3], 1.6);
    if (at) put(site, stockCanopy(site.kit), at.x, at.z, strip.turn + rng.gauss() * 0.1);
  }
}
