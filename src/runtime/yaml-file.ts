import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import Value from 'typebox/value';
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { condenseErrors } from './schema-errors.ts';

/** Something wrong in a file, in words that say where to look. */
export interface Problem {
  readonly file: string;
  /** 1-based; absent where the whole file is at fault. */
  readonly line?: number;
  /** The key, as in `cameras[0].url`; absent where the text is no YAML at all. */
  readonly key?: string;
  readonly message: string;
}

/** Keys and indexes from the root of a document. */
export type Path = readonly (string | number)[];

/** A validated document that still knows its lines. */
export interface YamlFile<T> {
  readonly file: string;
  readonly value: T;
  /** A problem at a path of this document, for checks that a schema cannot express. */
  problem(path: Path, message: string): Problem;
}

export type YamlResult<T> =
  | { readonly ok: true; readonly yaml: YamlFile<T> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A configuration larger than this is a mistake (a video given as configuration, say). */
const FILE_BYTES_MAX = 8 * 1024 * 1024;

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read',
};

/** Reads, interpolates `${NAME}` from `env`, fills defaults and validates; every problem names file, key and line. */
export function readYamlFile<S extends TSchema>(
  file: string,
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): YamlResult<Static<S>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ok: false, problems: [{ file, message: READ_FAULTS[code ?? ''] ?? message }] };
  }
  return parseYaml(file, text, schema, env);
}

/** Like {@link readYamlFile}, for a text at hand. JSON and GeoJSON are YAML too. */
export function parseYaml<S extends TSchema>(
  file: string,
  text: string,
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): YamlResult<Static<S>> {
  if (text.length > FILE_BYTES_MAX) {
    return { ok: false, problems: [{ file, message: `larger than ${FILE_BYTES_MAX} bytes` }] };
  }
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (doc.errors.length > 0) {
    const problems = doc.errors.map((error) => ({
      file,
      line: lines.linePos(error.pos[0]).line,
      // Without its own "at line 2, column 1", which we say in front.
      message: error.message.split(/ at line \d|\n/)[0] ?? 'not YAML',
    }));
    return { ok: false, problems };
  }
  const lineOf = (path: Path): number | undefined => {
    const offset = offsetOf(doc.contents, path);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  const problem = (path: Path, message: string): Problem => {
    const line = lineOf(path);
    const key = keyText(path);
    return { file, message, ...(line === undefined ? {} : { line }), ...(key === '' ? {} : { key }) };
  };
  const unset: Problem[] = [];
  visit(doc, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      const filled = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
        const value = env[name];
        if (value === undefined) {
          const line = lines.linePos(node.range?.[0] ?? 0).line;
          unset.push({ file, line, message: `environment variable ${name} is not set` });
        }
        return value ?? '';
      });
      if (filled !== node.value) node.value = node.type === 'PLAIN' ? plainValue(filled) : filled;
    },
  });
  if (unset.length > 0) return { ok: false, problems: unset };
  const value = Value.Default(schema, doc.toJS({ maxAliasCount: 100 }));
  const validator = Compile(schema);
  if (validator.Check(value)) return { ok: true, yaml: { file, value: value as Static<S>, problem } };
  const problems = condenseErrors(validator.Errors(value), value).map(({ path, message }) =>
    problem(path, message),
  );
  return { ok: false, problems };
}

/** Problems as lines for people: `file:line: key: message`. */
export function problemText({ file, line, key, message }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${key === undefined ? '' : `${key}: `}${message}`;
}

/** An unquoted value from the environment is what YAML would read: `8080` a number; in quotes it stays text. */
function plainValue(text: string): string | number | boolean {
  if (/^-?\d{1,15}(\.\d+)?$/.test(text)) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
}

/** `cameras[0].url` */
function keyText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

/** Where the key of a path stands in the text; the nearest existing parent where it does not exist. */
function offsetOf(root: unknown, path: Path): number | undefined {
  let node = root as Node | null | undefined;
  let offset = node?.range?.[0];
  for (const part of path) {
    if (isAlias(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (node !== null && typeof node === 'object' && 'items' in node) {
      node = (node as { items: Node[] }).items[Number(part)];
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
