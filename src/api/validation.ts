import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { condenseErrors } from '../runtime/schema-errors.ts';
import { ApiProblem } from './problem.ts';

const INTEGER = /^-?\d{1,15}$/;
const ERRORS_MAX = 20;

/**
 * Checks requests with TypeBox. Of a query string, whole numbers are converted where the schema wants one and
 * the text is one; nothing else is coerced, so that `limit=3.7` or a key given twice is refused, not bent.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const convert = httpPart === 'body' ? undefined : integerKeys(schema);
  return (given: unknown) => {
    const value = convert === undefined ? given : withIntegers(given, convert);
    if (validator.Check(value)) return { value };
    const errors = condenseErrors(validator.Errors(value).map(withChoices), value)
      .slice(0, ERRORS_MAX)
      .map(({ path, message }) => ({ key: keyOf(path), message }));
    const first = errors[0];
    const detail = first === undefined ? undefined : `${first.key || httpPart}: ${first.message}`;
    return { error: new ApiProblem('invalid-request', detail, { errors }) };
  };
};

/** `['items', 2, 'payload', 'at']` as people write it: `items[2].payload.at`. */
export function keyOf(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[number];

function withChoices(error: SchemaError): SchemaError {
  if (error.keyword !== 'enum') return error;
  return { ...error, message: `must be one of ${error.params.allowedValues.map(String).join(', ')}` };
}

function integerKeys(schema: TSchema): ReadonlySet<string> {
  const { properties } = schema as { properties?: Record<string, { type?: unknown }> };
  const keys = Object.entries(properties ?? {}).filter(([, property]) => property.type === 'integer');
  return new Set(keys.map(([key]) => key));
}

function withIntegers(given: unknown, keys: ReadonlySet<string>): unknown {
  if (given === null || typeof given !== 'object') return given;
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      keys.has(key) && typeof value === 'string' && INTEGER.test(value) ? Number(value) : value,
    ]),
  );
}
