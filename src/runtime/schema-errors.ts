/** The parts of a TypeBox error that are looked at. */
interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** An error at a path, in words. */
export interface CondensedError {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * A validator speaks of every branch of a union; a person wants the one that was meant. Branches whose
 * discriminator (`kind` or `type`) does not match are dropped, constants of one place become one list, and an
 * unknown key is named.
 */
export function condenseErrors(errors: readonly SchemaError[], value: unknown): CondensedError[] {
  const meant = errors.filter((error) => !inOtherBranch(error, errors));
  const condensed: CondensedError[] = [];
  const choices = new Map<string, unknown[]>();
  for (const error of meant) {
    const path = pathOf(error.instancePath, value);
    const params = error.params as Record<string, unknown>;
    if (error.keyword === 'enum') {
      choices.set(error.instancePath, params.allowedValues as unknown[]);
    } else if (error.keyword === 'const') {
      choices.set(error.instancePath, [...(choices.get(error.instancePath) ?? []), params.allowedValue]);
    } else if (error.keyword === 'additionalProperties') {
      for (const key of params.additionalProperties as string[]) {
        condensed.push({ path: [...path, key], message: 'unknown key' });
      }
    } else if (error.keyword === 'required') {
      for (const key of params.requiredProperties as string[]) {
        condensed.push({ path: [...path, key], message: 'missing' });
      }
    } else if (error.keyword !== 'boolean' && error.keyword !== 'anyOf') {
      condensed.push({ path, message: error.message });
    }
  }
  for (const [pointer, allowed] of choices) {
    const message = `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.map(String).join(', ')}`;
    condensed.push({ path: pathOf(pointer, value), message });
  }
  if (condensed.length === 0) {
    for (const { instancePath, message } of errors)
      condensed.push({ path: pathOf(instancePath, value), message });
  }
  return unique(condensed);
}

/** True where the error comes from a branch of a union whose discriminator says that another was meant. */
function inOtherBranch(error: SchemaError, all: readonly SchemaError[]): boolean {
  return all.some((other) => {
    if (other.keyword !== 'const' || !/\/(kind|type)$/.test(other.instancePath)) return false;
    const branch = /^(.*\/anyOf\/\d+)\/properties\/(kind|type)$/.exec(other.schemaPath)?.[1];
    if (branch === undefined || !error.schemaPath.startsWith(branch)) return false;
    // Where no branch matches, the wrong discriminator itself is the error to show.
    return error !== other || someBranchMatches(other, all);
  });
}

function someBranchMatches(wrong: SchemaError, all: readonly SchemaError[]): boolean {
  const union = wrong.schemaPath.replace(/\/anyOf\/\d+\/properties\/(kind|type)$/, '/anyOf/');
  const branchOf = (error: SchemaError): string | undefined =>
    error.schemaPath.startsWith(union) ? error.schemaPath.slice(union.length).split('/')[0] : undefined;
  const wrongBranches = new Set(
    all.filter((e) => e.keyword === 'const' && e.instancePath === wrong.instancePath).map(branchOf),
  );
  return all.some((error) => {
    const branch = branchOf(error);
    return branch !== undefined && !wrongBranches.has(branch);
  });
}

function pathOf(pointer: string, root: unknown): (string | number)[] {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const isIndex = Array.isArray(value);
      value =
        value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[part] : undefined;
      return isIndex ? Number(part) : part;
    });
}

function unique(errors: readonly CondensedError[]): CondensedError[] {
  const seen = new Set<string>();
  return errors.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
