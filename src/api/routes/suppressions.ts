import Type from 'typebox';
import { Suppression } from '../../domain/suppression.ts';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem } from '../problem.ts';
import { IdParameter } from '../query.ts';

const SuppressionView = Type.Object({
  ...Suppression.properties,
  origin: Type.Enum(['operator', 'learnt']),
  since: Type.String({ format: 'date-time' }),
  by: Type.Optional(Type.String()),
  count: Type.Integer({ description: 'Detections held back so far' }),
  lastAt: Type.Optional(Type.String({ format: 'date-time' })),
});

/** `/cameras/:id/suppressions`: what is held back of a camera, and taking that back. */
export function suppressionRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'accept' | 'clock' | 'scene'>,
  auth: Pick<Authenticator, 'principal'>,
): void {
  app.get(
    '/cameras/:id/suppressions',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cameras'],
        summary:
          "Places of a camera's picture that are held back: rejected by people, or learnt as part of the scene",
        params: Type.Object({ id: IdParameter }),
        response: answers(Type.Object({ items: Type.Array(SuppressionView) })),
      },
    },
    ({ params: { id } }) => ({
      items: parts.scene.suppressed(id).map(({ since_ms, last_ms, ...place }) => ({
        ...place,
        since: isoTime(since_ms),
        ...(last_ms === undefined ? {} : { lastAt: isoTime(last_ms) }),
      })),
    }),
  );

  app.delete(
    '/cameras/:id/suppressions/:suppression',
    {
      config: needs('operator'),
      schema: {
        tags: ['cameras'],
        summary: 'Takes a suppression back; what was learnt there is never learnt again',
        params: Type.Object({ id: IdParameter, suppression: Suppression.properties.id }),
        response: answers(SuppressionView),
      },
    },
    async (request) => {
      const { id, suppression } = request.params;
      const known = parts.scene.suppressed(id).find((place) => place.id === suppression);
      if (known === undefined) throw new ApiProblem('not-found', `no suppression ${suppression} of ${id}`);
      const principal = auth.principal(request);
      const by = principal.kind === 'key' ? principal.name : principal.id;
      const at_ms = parts.clock();
      const { since_ms, last_ms, ...view } = known;
      const place = { id: known.id, class: known.class, x: known.x, y: known.y };
      const removal = { kind: 'suppression', deviceId: id, action: 'remove', place, by } as const;
      await parts.accept([{ ...removal, at_ms, received_ms: at_ms }]);
      return {
        ...view,
        since: isoTime(since_ms),
        ...(last_ms === undefined ? {} : { lastAt: isoTime(last_ms) }),
      };
    },
  );
}
