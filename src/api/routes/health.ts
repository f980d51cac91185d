import Type from 'typebox';
import { type ApiApp, answersMedia, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';

const Readiness = Type.Object({
  status: Type.Enum(['ready', 'not-ready']),
  parts: Type.Array(
    Type.Object({ name: Type.String(), ready: Type.Boolean(), detail: Type.Optional(Type.String()) }),
  ),
});

/** `/healthz`, `/readyz` and `/metrics`, at the root. */
export function healthRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'health' | 'metrics'>,
  openMetrics: boolean,
): void {
  app.get(
    '/healthz',
    {
      config: needs('open'),
      schema: {
        tags: ['health'],
        summary: 'Liveness: answers while the process runs its loop',
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: needs('open'),
      schema: {
        tags: ['health'],
        summary: 'Readiness with the state of each part; 503 where one is not ready',
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const states = parts.health();
      const ready = states.every((part) => part.ready);
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? 'ready' : 'not-ready', parts: states.map((part) => ({ ...part })) });
    },
  );

  app.get(
    '/metrics',
    {
      config: needs(openMetrics ? 'open' : 'viewer'),
      schema: {
        tags: ['health'],
        summary: 'Prometheus metrics',
        response: answersMedia('text/plain', 'Prometheus text exposition format'),
      },
    },
    async (_request, reply) => {
      const text = await parts.metrics.metrics();
      return reply.type(parts.metrics.contentType).send(text);
    },
  );
}
