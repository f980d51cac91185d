import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyContextConfig,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { TSchema } from 'typebox';
import type { Role } from '../domain/role.ts';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.ts';

/** The fastify instance that resources add their routes to. */
export type ApiApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Who may use a route: everybody, a role and those above it, or (telemetry) also a device for itself. */
export type Access = 'open' | Role | 'telemetry';

/** The part of a route's configuration that says who may use it; every route has one. */
export function needs(access: Access): FastifyContextConfig & { readonly access: Access } {
  return { access };
}

/** Reads back what `needs` wrote. */
export function accessOf(config: unknown): Access | undefined {
  return (config as { access?: Access } | undefined)?.access;
}

const REFUSAL = {
  description: 'Refused; the `type` says why',
  content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } },
};

/** Response schemas of a route that answers 200 with JSON, or a problem. */
export function answers<T extends TSchema>(ok: T) {
  return { 200: ok, '4xx': REFUSAL, '5xx': REFUSAL } as const;
}

/** Response schemas of a route that becomes a WebSocket. */
export function becomesSocket(description: string) {
  return { 101: { description, type: 'null' }, '4xx': REFUSAL, '5xx': REFUSAL } as const;
}

/** Response schemas of a route that answers with something else than JSON. */
export function answersMedia(mediaType: string, description: string) {
  const body = { type: 'string', format: 'binary' };
  return {
    200: { description, content: { [mediaType]: { schema: body } } },
    '4xx': REFUSAL,
    '5xx': REFUSAL,
  } as const;
}
