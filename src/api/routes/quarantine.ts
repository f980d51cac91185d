import Type from 'typebox';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { CLOSED, CursorParameter, numberCursor, pageLimit, pageOf } from '../query.ts';

const QuarantineQuery = Type.Object({ after: CursorParameter, limit: pageLimit(500, 50) }, CLOSED);

const QuarantineView = Type.Object({
  id: Type.Integer(),
  receivedAt: Type.String({ format: 'date-time' }),
  source: Type.String({ description: 'The door it came through: mqtt, http, hj212, jt808' }),
  deviceId: Type.Optional(Type.String()),
  channel: Type.String(),
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    where: Type.Optional(Type.String({ description: 'Key, byte or array index at fault' })),
  }),
  payloadBase64: Type.String({ description: 'Its beginning, as far as it was kept' }),
  payloadBytes: Type.Integer({ description: 'Its whole length' }),
});

/** `/quarantine`: what could not be decoded, and why. */
export function quarantineRoutes(app: ApiApp, parts: Pick<ApiParts, 'quarantine'>): void {
  app.get(
    '/quarantine',
    {
      config: needs('operator'),
      schema: {
        tags: ['quarantine'],
        summary: 'What could not be decoded, and why',
        querystring: QuarantineQuery,
        response: answers(pageOf(QuarantineView)),
      },
    },
    ({ query: { after, limit = 50 } }) => {
      const cursor = numberCursor('after', after);
      const found = parts.quarantine.list({
        limit: limit + 1,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ id, received_ms, source, deviceId, channel, error, payload, payload_bytes }) => ({
          id,
          receivedAt: isoTime(received_ms),
          source,
          ...(deviceId === undefined ? {} : { deviceId }),
          channel,
          error,
          payloadBase64: Buffer.from(payload).toString('base64'),
          payloadBytes: payload_bytes,
        })),
        next: found.length > limit && last !== undefined ? String(last.id) : null,
      };
    },
  );
}
