import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, problemText } from '../runtime/yaml-file.ts';
import { isModelName, loadManifest } from './manifest.ts';
import type { ModelManifest } from './manifest-schema.ts';

/** One folder of `models/`: its manifest, or what is wrong with it. */
export interface ListedModel {
  readonly name: string;
  readonly dir: string;
  readonly manifest?: ModelManifest;
  readonly problems: readonly string[];
}

/** Every folder under `modelsDir` that holds a `model.yaml`, by name. */
export async function listModels(modelsDir: string): Promise<ListedModel[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch(() => []);
  const listed: ListedModel[] = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (!entry.isDirectory() || !isModelName(entry.name)) continue;
    const dir = join(modelsDir, entry.name);
    if (!(await readdir(dir)).includes('model.yaml')) continue;
    const result = await loadManifest(dir);
    listed.push(
      result.ok
        ? { name: entry.name, dir, manifest: result.loaded.manifest, problems: [] }
        : { name: entry.name, dir, problems: result.problems.map(problemText) },
    );
  }
  return listed;
}

/** Manifest problems of named models, for `xuncheng check`; the graph itself is left to `models check`. */
export async function modelProblems(modelsDir: string, names: Iterable<string>): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const name of new Set(names)) {
    const dir = join(modelsDir, name);
    if (!isModelName(name)) problems.push({ file: dir, message: `${name} is no name of a model` });
    else {
      const result = await loadManifest(dir);
      if (!result.ok) problems.push(...result.problems);
    }
  }
  return problems;
}
