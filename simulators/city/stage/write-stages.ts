import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CityRun } from '../city-schedule.ts';
import { cameraTruth } from '../life/camera-truth.ts';
import { pictureZones } from '../life/picture-zones.ts';
import { streetLife } from '../life/street-life.ts';
import type { Scenario } from '../scenario.ts';
import { stagePlan } from './stage-plan.ts';
import { stageScenes } from './stage-scenes.ts';

/**
 * Writes the stage of each pole camera as `<camera>.json` into a folder, and for each second of `plans_s` a plan of it
 * as `<camera>-<second>.svg`; also `camera-truth.json`, and `camera-zones.json` with the zones of their pictures as a
 * gateway's configuration has them. Gives the files' paths.
 */
export async function writeStages(
  scenario: Scenario,
  run: CityRun,
  folder: string,
  plans_s: readonly number[] = [],
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  const write = async (name: string, text: string): Promise<void> => {
    files.push(join(folder, name));
    await writeFile(join(folder, name), text);
  };
  const life = streetLife(scenario, run);
  await write('camera-truth.json', `${JSON.stringify(cameraTruth(scenario, run, life), null, 2)}\n`);
  await write('camera-zones.json', `${JSON.stringify(pictureZones(scenario), null, 2)}\n`);
  for (const scene of stageScenes(scenario, run, life)) {
    await write(`${scene.camera.id}.json`, `${JSON.stringify(scene)}\n`);
    for (const t_s of plans_s) await write(`${scene.camera.id}-${t_s}.svg`, stagePlan(scene, t_s));
  }
  return files;
}
