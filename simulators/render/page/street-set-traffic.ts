import { put, REACH, type Site } from './street-set-site.ts';
import {
  stockCar,
  stockMuckTruck,
  stockOpenVan,
  stockTricycle,
  stockTruck,
  stockTwoWheeler,
} from './street-set-stock.ts';

/** Trucks, which find no room any more once a street is full. */
export function addTrucks(site: Site): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  if (plan.carriageway < 6.5 || rng.chance(0.4)) return;
  for (let i = 0; i < rng.int(1, 3); i += 1) {
    const thing = rng.chance(0.6) ? stockMuckTruck(kit) : stockTruck(kit);
    const z = rng.pick([1.6, plan.carriageway * 0.35, plan.carriageway * 0.65, plan.carriageway - 1.6]);
    const at = ground.find(rng, [-24, 24], [z, z + 0.1], 3.4);
    if (at) put(site, thing, at.x, at.z, (at.z < plan.carriageway / 2 ? Math.PI : 0) + rng.gauss() * 0.05);
  }
}

/** Vehicles that stand at the kerbs, and rows of two-wheelers. */
export function addParked(site: Site, traffic: number): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const cars = Math.round(rng.range(0, 9) * Math.min(1, traffic + 0.3));
  for (let i = 0; i < cars; i += 1) {
    const near = rng.chance(0.5);
    const roll = rng.next();
    const thing =
      roll < 0.1
        ? stockOpenVan(kit)
        : roll < 0.55
          ? stockCar(kit, false)
          : roll < 0.74
            ? stockTricycle(kit, false)
            : roll < 0.86
              ? stockTruck(kit)
              : stockMuckTruck(kit);
    const long = thing.labelled[0]?.labelClass === 'truck' || thing.labelled[0]?.labelClass === 'muck-truck';
    const z = near ? rng.range(1.1, 1.4) : plan.carriageway - rng.range(1.1, 1.4);
    const at = ground.find(rng, [-REACH, REACH], [z, z + 0.05], long ? 4.2 : 2.3);
    if (at) put(site, thing, at.x, at.z, (rng.chance(0.85) === near ? 0 : Math.PI) + rng.gauss() * 0.03);
  }
  const rows = rng.int(0, 4);
  for (let r = 0; r < rows; r += 1) {
    const near = rng.chance(0.5);
    const z = near ? -1.0 : plan.carriageway + 1.0;
    if ((near ? plan.pavement : plan.farPavement) < 1.8) continue;
    const turn = rng.pick([1.57, -1.57]);
    let x = rng.range(-REACH, REACH - 5);
    for (let i = 0; i < rng.int(2, 9); i += 1, x += rng.range(0.6, 0.85))
      if (ground.free(x, z, 0.3)) {
        ground.take(x, z, 0.3);
        put(site, stockTwoWheeler(kit, false), x, z, turn + rng.gauss() * 0.12);
      }
  }
}

/** Vehicles on their way. */
export function addMoving(site: Site, traffic: number): void {
  const { kit, plan, ground } = site;
  const { rng } = kit;
  const count = Math.round(traffic * plan.carriageway * rng.range(0.2, 0.9));
  for (let i = 0; i < count; i += 1) {
    const z = rng.range(
      Math.min(2.6, plan.carriageway * 0.3),
      plan.carriageway - Math.min(2.6, plan.carriageway * 0.3),
    );
    const roll = rng.next();
    const thing =
      roll < 0.34
        ? stockCar(kit, site.night)
        : roll < 0.44
          ? stockTwoWheeler(kit, true)
          : roll < 0.66
            ? stockTricycle(kit, true)
            : roll < 0.82
              ? stockTruck(kit)
              : stockMuckTruck(kit);
    const first = thing.labelled[0]?.labelClass;
    const r = first === 'truck' || first === 'muck-truck' ? 4.6 : first === 'car' ? 2.4 : 1.3;
    const at = ground.find(rng, [-REACH, REACH], [z - 0.2, z + 0.2], plan.carriageway > 6 ? r * 0.85 : r);
    // Traffic keeps to the right.
    if (at) put(site, thing, at.x, at.z, (at.z < plan.carriageway / 2 ? Math.PI : 0) + rng.gauss() * 0.05);
  }
  for (let i = 0; i < rng.int(0, 7); i += 1) {
    const z = rng.chance(0.5) ? rng.range(0.5, 2) : plan.carriageway - rng.range(0.5, 2);
    const at = ground.find(rng, [-REACH, REACH], [z, z + 0.1], 0.9);
    if (at)
      put(
        site,
        stockTwoWheeler(kit, true),
        at.x,
        at.z,
        (at.z < plan.carriageway / 2 ? Math.PI : 0) + rng.gauss() * 0.1,
      );
  }
}
