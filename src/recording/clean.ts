import type { Observation } from '../domain/observation.ts';

/** Names under which devices send what is nobody else's business. */
const SECRET_NAME =
  /pass(word|wd)?$|passphrase|secret|token|credential|api_?key|auth|cookie|session|signature|private_?key/i;
/** An address with a scheme: it may carry a password, and says where a device is to be reached. */
const ADDRESS = /[a-z][a-z0-9+.-]{1,20}:\/\//i;

/**
 * The observation without what might be a secret: of the fields that the gateway has no name for (`extra`), those
 * with a secret's name and texts with an address in them, at any depth. All else is numbers and words of ours.
 */
export function cleanObservation(observation: Observation): Observation {
  const { extra } = observation;
  if (extra === undefined) return observation;
  return { ...observation, extra: cleanFields(extra) };
}

function cleanFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => !SECRET_NAME.test(name) && !isAddress(value))
      .map(([name, value]) => [name, cleanValue(value)]),
  );
}

function cleanValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isAddress(item)).map(cleanValue);
  if (value !== null && typeof value === 'object') return cleanFields(value as Record<string, unknown>);
  return value;
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}
