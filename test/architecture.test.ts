import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What each folder of `src` may import from the others; itself always. `types` are for type-only imports. */
const ALLOWED: Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }> = {
  domain: { values: [] },
  runtime: { values: [] },
  codecs: { values: ['domain'] },
  rules: { values: ['domain'] },
  vision: { values: ['domain', 'runtime'] },
  ingest: { values: ['domain', 'runtime', 'codecs'], types: ['store'] },
  ring: { values: ['domain', 'runtime'] },
  live: { values: ['domain', 'runtime'] },
  onvif: { values: ['domain', 'runtime'] },
  store: { values: ['domain', 'runtime'] },
  api: { values: ['domain', 'runtime'], types: ['store'] },
  cases: { values: ['domain', 'runtime'], types: ['store'] },
  evidence: { values: ['domain', 'runtime'], types: ['store'] },
  incidents: { values: ['domain', 'runtime'], types: ['store', 'rules'] },
  config: { values: ['domain', 'runtime'] },
  recording: { values: ['domain', 'runtime'] },
  score: { values: ['domain', 'runtime'] },
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function sourceFiles(dir: string): string[] {
  return readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(dir, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gms);
  return [...found].map((match) => ({
    file,
    typeOnly: match[1] !== undefined,
    target: normalize(join(dirname(file), match[2] ?? '')),
  }));
}

const folderOf = (file: string): string => relative('src', file).split('/')[0] ?? '';

function breachesOf({ file, target, typeOnly }: Import): string | undefined {
  const from = folderOf(file);
  const to = folderOf(target);
  const rule = ALLOWED[from];
  if (rule === undefined || from === to) return undefined;
  const allowed = typeOnly ? [...rule.values, ...(rule.types ?? [])] : rule.values;
  return allowed.includes(to) ? undefined : `${file} imports ${target}`;
}

it('lets each folder import only what the architecture allows', () => {
  const imports = sourceFiles('src').flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(50);
  expect(imports.map(breachesOf).filter((breach) => breach !== undefined)).toEqual([]);
});

it('keeps src free of simulators and tests, and simulators to domain, codecs, runtime and recording', () => {
  const fromSrc = sourceFiles('src')
    .flatMap(importsOf)
    .filter(({ file, target }) => !target.startsWith('src/') && file !== 'src/cli/simulate.ts');
  expect(fromSrc).toEqual([]);
  const fromSimulators = sourceFiles('simulators')
    .flatMap(importsOf)
    .filter(
      ({ target }) => target.startsWith('src/') && !/^src\/(domain|codecs|runtime|recording)\//.test(target),
    )
    .filter(({ file }) => !file.startsWith('simulators/demo/'));
  expect(fromSimulators).toEqual([]);
});

it('reads the environment and ends the process in main alone', () => {
  const offenders = sourceFiles('src').filter(
    (file) =>
      !/^src\/(main|vision-worker|onvif\/onvif-worker|replay\/judge-worker)\.ts$/.test(file) &&
      /\bprocess\.(env|exit|argv|on)\b/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(offenders).toEqual([]);
});
