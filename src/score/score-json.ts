import { Compile } from 'typebox/compile';
import { condenseErrors } from '../runtime/schema-errors.ts';
import { Score } from './score-result.ts';

/** A score as text, the same bytes for the same score. */
export function scoreJson(score: Score): string {
  return `${JSON.stringify(score, null, 2)}\n`;
}

/** Reads what {@link scoreJson} wrote. Throws, with the file's name and the key, where it is something else. */
export function parseScore(text: string, file: string): Score {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: not JSON: ${(error as Error).message}`);
  }
  const validator = Compile(Score);
  if (validator.Check(json)) return json;
  const [first] = condenseErrors(validator.Errors(json), json);
  throw new Error(`${file}: no score: ${first?.path.join('.') ?? ''}: ${first?.message ?? 'wrong'}`);
}
