import { existsSync, realpathSync } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import { RecordingLabels, RecordingManifest } from '../domain/recording.ts';
import { condenseErrors } from '../runtime/schema-errors.ts';
import { type Problem, parseYaml, problemText } from '../runtime/yaml-file.ts';

/** Files of a recording, relative to its folder. */
export const MANIFEST_FILE = 'manifest.json';
export const LABELS_FILE = 'labels.json';
export const OBSERVATIONS_FILE = 'observations.ndjson.gz';

/** A manifest or labels larger than this are none. */
const JSON_BYTES_MAX = 8 * 1024 * 1024;

/** Something in a recording is not as docs/RECORDING.md says; the message names the file and, where known, key and line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** Reads `manifest.json`. Rejects with {@link RecordingError} where it is missing or wrong. */
export function readManifest(dir: string): Promise<RecordingManifest> {
  return readJson(join(dir, MANIFEST_FILE), RecordingManifest);
}

/** Reads `labels.json`; undefined where the recording has none. */
export async function readLabels(dir: string): Promise<RecordingLabels | undefined> {
  const file = join(dir, LABELS_FILE);
  const there = await stat(file).then(
    () => true,
    () => false,
  );
  return there ? readJson(file, RecordingLabels) : undefined;
}

/** Replaces `manifest.json` as a whole. Throws where it does not fit its schema. */
export function writeManifest(dir: string, manifest: RecordingManifest): Promise<void> {
  return writeJson(join(dir, MANIFEST_FILE), RecordingManifest, manifest);
}

/** Writes `labels.json`, the truth of a recording. Throws where it does not fit its schema. */
export function writeLabels(dir: string, labels: RecordingLabels): Promise<void> {
  return writeJson(join(dir, LABELS_FILE), RecordingLabels, labels);
}

/** Where a file of a recording lies. Throws {@link RecordingError} for a path that leaves the folder. */
export function recordingPath(dir: string, file: string): string {
  const root = resolve(dir);
  const path = resolve(root, file);
  // A link inside of the folder may lead out of it too.
  const inside =
    path.startsWith(root + sep) &&
    (!existsSync(path) || realpathSync(path) === join(realpathSync(root), file));
  if (!inside) throw new RecordingError(`${dir}: ${file} lies outside of the recording`);
  return path;
}

/** Replaces a file at once: whoever reads it sees the old text or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

async function readJson<S extends TSchema>(file: string, schema: S): Promise<Static<S>> {
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new RecordingError(`${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`);
  });
  if (size > JSON_BYTES_MAX) throw new RecordingError(`${file}: larger than ${JSON_BYTES_MAX} bytes`);
  const text = await readFile(file, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RecordingError(located(file, text, schema) ?? `${file}: not JSON: ${(error as Error).message}`);
  }
  const value = Value.Default(schema, json);
  const validator = Compile(schema);
  if (validator.Check(value)) return value as Static<S>;
  const [first] = condenseErrors(validator.Errors(value), value);
  throw new RecordingError(located(file, text, schema) ?? `${file}: ${first?.message ?? 'wrong'}`);
}

/** The first problems with their lines. JSON is YAML, and the YAML reader knows where each key stands. */
function located(file: string, text: string, schema: TSchema): string | undefined {
  // A recording is not the operator's own file: nothing of the environment is filled into it.
  const result = parseYaml(file, text.replaceAll('${', '$_'), schema, {});
  if (result.ok) return undefined;
  return result.problems
    .slice(0, 3)
    .map((problem: Problem) => problemText(problem))
    .join('\n');
}

function writeJson<S extends TSchema>(path: string, schema: S, value: Static<S>): Promise<void> {
  const validator = Compile(schema);
  if (!validator.Check(value)) {
    const [first] = condenseErrors(validator.Errors(value), value);
    return Promise.reject(
      new RecordingError(`${path}: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`),
    );
  }
  return replaceFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
