import { copyFile, mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { download, verifyFile } from '../runtime/download.ts';
import { problemText, readYamlFile } from '../runtime/yaml-file.ts';
import { isModelName } from './manifest.ts';
import { ModelManifest } from './manifest-schema.ts';

/** `public/<name>/pull.yaml`: where the graph of a public detector is; its hash is in the manifest beside. */
const PullFile = Type.Object(
  {
    url: Type.String({ pattern: '^https://' }),
    size_bytes: Type.Integer({ minimum: 1, maximum: 1024 * 1024 * 1024 }),
  },
  { additionalProperties: false },
);

/** A detector whose weights somebody else publishes: all of its folder but the graph. */
export interface PublicModel extends Static<typeof PullFile> {
  readonly dir: string;
  readonly manifest: ModelManifest;
}

/** How a public detector is fetched. */
export interface PullOptions {
  readonly modelsDir: string;
  /** Instead of the address where it is published. */
  readonly url?: string | undefined;
  /** A copy that is here already. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** The detectors that can be fetched, by name. */
export async function publicModels(publicDir: string): Promise<PublicModel[]> {
  const names = await readdir(publicDir).catch(() => []);
  return Promise.all(
    names
      .filter(isModelName)
      .sort()
      .map((name) => publicModel(publicDir, name)),
  );
}

/** Reads what is known of a public detector. Throws where its files are not as they should be. */
export async function publicModel(publicDir: string, name: string): Promise<PublicModel> {
  const dir = join(publicDir, name);
  const pull = readYamlFile(join(dir, 'pull.yaml'), PullFile, {});
  const manifest = readYamlFile(join(dir, 'model.yaml'), ModelManifest, {});
  if (!pull.ok) throw new Error(pull.problems.map(problemText).join('; '));
  if (!manifest.ok) throw new Error(manifest.problems.map(problemText).join('; '));
  return { ...pull.yaml.value, dir, manifest: manifest.yaml.value };
}

/**
 * Fetches a public detector and makes it a folder under `modelsDir` that is usable at once: all of it or nothing. Gives
 * the folder. Throws where there is one already, or with what the download says.
 */
export async function pullModel(model: PublicModel, options: PullOptions): Promise<string> {
  const { manifest, size_bytes } = model;
  const target = join(options.modelsDir, manifest.name);
  if (await exists(target)) throw new Error(`${target} is there already; remove it to fetch it again`);
  // No name of a model, so nothing sees the folder before it is whole; a broken download is gone on with in it.
  const folder = join(options.modelsDir, `.pull-${manifest.name}`);
  await mkdir(folder, { recursive: true });
  const file = join(folder, manifest.file);
  try {
    if (options.file === undefined) {
      const { url = model.url, env, signal, onProgress } = options;
      await download({ url, sha256: manifest.sha256, size_bytes, file, env, signal, onProgress });
    } else {
      await copyFile(options.file, file);
      await verifyFile(file, manifest.sha256);
    }
  } catch (error) {
    // Fails where something is in it that can be gone on with.
    await rmdir(folder).catch(() => undefined);
    throw error;
  }
  for (const name of ['model.yaml', manifest.golden.image, 'card.md']) {
    if (await exists(join(model.dir, name))) await copyFile(join(model.dir, name), join(folder, name));
  }
  await rename(folder, target);
  return target;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
