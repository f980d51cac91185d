import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Problem, readYamlFile, type YamlFile } from '../runtime/yaml-file.ts';
import { headFaults } from './head-rules.ts';
import { MODEL_NAME_PATTERN, ModelManifest } from './manifest-schema.ts';

/** A detector's folder whose manifest holds and whose file is the one that the manifest means. */
export interface LoadedManifest {
  readonly dir: string;
  readonly manifest: ModelManifest;
  readonly modelPath: string;
  readonly goldenPath: string;
}

export type ManifestResult =
  | { readonly ok: true; readonly loaded: LoadedManifest }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The detectors of this project are at most tens of megabytes; more is the wrong file. */
const MODEL_BYTES_MAX = 1024 * 1024 * 1024;
const MODEL_NAME = new RegExp(MODEL_NAME_PATTERN);

/** True for a name that can be a folder under `models/`. */
export function isModelName(name: string): boolean {
  return MODEL_NAME.test(name);
}

/** Reads `<dir>/model.yaml` and checks the files that it names; each problem has file, key and line. */
export async function loadManifest(dir: string): Promise<ManifestResult> {
  const read = readYamlFile(join(dir, 'model.yaml'), ModelManifest, {});
  if (!read.ok) return read;
  const { yaml } = read;
  const manifest = yaml.value;
  const modelPath = join(dir, manifest.file);
  const goldenPath = join(dir, manifest.golden.image);
  const problems = [
    ...crossCheck(yaml, basename(dir)),
    ...(await fileProblems(yaml, 'file', modelPath, manifest.sha256)),
    ...(await fileProblems(yaml, ['golden', 'image'], goldenPath)),
  ];
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, loaded: { dir, manifest, modelPath, goldenPath } };
}

/** From which score on a class of the gateway counts by itself. */
export function thresholdOf({ class_thresholds, head }: ModelManifest, name: string): number {
  return class_thresholds?.[name] ?? head.score_threshold;
}

/** What a schema cannot express: names that must agree with each other. */
function crossCheck(yaml: YamlFile<ModelManifest>, folder: string): Problem[] {
  const { name, input, head, labels, classes, golden } = yaml.value;
  const problems: Problem[] = [];
  if (name !== folder) problems.push(yaml.problem(['name'], `the folder is called ${folder}`));
  const known = new Set(labels);
  labels.forEach((label, index) => {
    if (labels.indexOf(label) !== index) problems.push(yaml.problem(['labels', index], `${label} twice`));
  });
  for (const label of Object.keys(classes)) {
    if (!known.has(label)) problems.push(yaml.problem(['classes', label], 'not among the labels'));
  }
  const targets = new Set(Object.values(classes));
  for (const key of ['class_thresholds', 'weak_thresholds'] as const) {
    for (const [name, score] of Object.entries(yaml.value[key] ?? {})) {
      if (!targets.has(name)) problems.push(yaml.problem([key, name], 'no label is mapped to this class'));
      else if (key === 'weak_thresholds' && score >= thresholdOf(yaml.value, name)) {
        const words = `must be less than the class's threshold, ${thresholdOf(yaml.value, name)}`;
        problems.push(yaml.problem([key, name], words));
      }
    }
  }
  golden.boxes.forEach((box, index) => {
    if (!targets.has(box.class)) {
      problems.push(yaml.problem(['golden', 'boxes', index, 'class'], 'no label is mapped to this class'));
    }
  });
  input.std.forEach((value, index) => {
    if (value === 0) problems.push(yaml.problem(['input', 'std', index], 'must not be 0'));
  });
  for (const { key, message } of headFaults(head, input)) {
    problems.push(yaml.problem(['head', ...key], message));
  }
  return problems;
}

async function fileProblems(
  yaml: YamlFile<ModelManifest>,
  key: string | readonly string[],
  path: string,
  sha256?: string,
): Promise<Problem[]> {
  const keys = typeof key === 'string' ? [key] : key;
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || !info.isFile()) return [yaml.problem(keys, `${path}: no such file`)];
  if (info.size > MODEL_BYTES_MAX) return [yaml.problem(keys, `larger than ${MODEL_BYTES_MAX} bytes`)];
  if (sha256 === undefined) return [];
  const actual = await fileSha256(path);
  return actual === sha256
    ? []
    : [yaml.problem(['sha256'], `${path} is another file: its sha256 is ${actual}`)];
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
