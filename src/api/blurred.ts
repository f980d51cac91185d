import type { FastifyRequest } from 'fastify';
import { type Role, roleAllows } from '../domain/role.ts';
import type { Authenticator } from './authenticator.ts';
import type { PrivacyParts } from './parts.ts';
import { ApiProblem } from './problem.ts';

/** True for who is shown blurred pictures only. */
export function isBlurredFor(
  request: FastifyRequest,
  auth: Pick<Authenticator, 'principal'>,
  privacy: PrivacyParts | undefined,
): privacy is PrivacyParts {
  if (privacy === undefined) return false;
  const principal = auth.principal(request);
  const role: Role | undefined = principal.kind === 'key' ? principal.role : undefined;
  return role === undefined || !roleAllows(role, privacy.originals);
}

/** Rather no picture than one that shows what it must not. */
export async function blurredOrBusy<T>(blurring: Promise<T>): Promise<T> {
  try {
    return await blurring;
  } catch {
    throw new ApiProblem('busy', 'no detector can look for faces and plates now');
  }
}
