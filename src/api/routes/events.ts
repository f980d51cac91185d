import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { isEventRecord, toCloudEvent } from '../../domain/cloud-event.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import type { EventStreams } from '../event-streams.ts';
import type { ApiParts } from '../parts.ts';
import { CLOSED, numberCursor, pageLimit } from '../query.ts';

const EventQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          'Cursor: `next` of the page before, or the `id` of a streamed event. `latest` begins with what comes now; absent begins with the oldest',
      }),
    ),
    limit: pageLimit(500, 100),
  },
  CLOSED,
);

const CloudEventView = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String(),
    source: Type.String(),
    type: Type.String(),
    subject: Type.String(),
    time: Type.String({ format: 'date-time' }),
    datacontenttype: Type.String(),
    sequence: Type.String(),
    data: Type.Object(
      {},
      { additionalProperties: true, description: 'The incident, or the case with its step' },
    ),
  },
  { title: 'CloudEvent' },
);
const EventPage = Type.Object({
  items: Type.Array(CloudEventView),
  next: Type.String({ description: 'Cursor to go on from; given also when nothing is left' }),
});

/** `/events`: incident and case events in journal order, as a stream or in pages. */
export function eventRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'events'>,
  { auth, streams, source }: { auth: Authenticator; streams: EventStreams; source: string },
): void {
  app.get(
    '/events',
    {
      config: needs('viewer'),
      // A stream has no length and no end to answer HEAD with.
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        summary: 'Incident and case events in journal order',
        description:
          'With `Accept: text/event-stream` server-sent events (`id` is the cursor, `event` the CloudEvent type, `data` the CloudEvent; resumes with Last-Event-ID), else pages.',
        querystring: EventQuery,
        response: answers(EventPage),
      },
    },
    async (request, reply) => {
      const { limit = 100 } = request.query;
      const resumed = numberCursor('Last-Event-ID', lastEventId(request));
      const after = resumed ?? afterOf(request.query.after, parts);
      if (!wantsStream(request)) {
        const records = parts.events.readEvents(after, limit);
        return {
          items: records.flatMap((record) =>
            isEventRecord(record) ? [{ ...toCloudEvent(record, source) }] : [],
          ),
          next: String(records.at(-1)?.seq ?? after),
        };
      }
      const principal = auth.principal(request);
      streams.open({
        response: reply.raw,
        headers: reply.getHeaders() as Record<string, string>,
        owner: principal.kind === 'key' ? principal.name : principal.id,
        after,
        stillValid: () => auth.stillValid(request),
      });
      reply.hijack();
      return reply;
    },
  );
}

function afterOf(text: string | undefined, { events }: Pick<ApiParts, 'events'>): number {
  return text === 'latest' ? events.head() : (numberCursor('after', text) ?? 0);
}

function wantsStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/event-stream');
}

/** Only a stream resumes by the header; an empty one is what a browser sends before its first event. */
function lastEventId(request: FastifyRequest): string | undefined {
  const value = request.headers['last-event-id'];
  return wantsStream(request) && typeof value === 'string' && value !== '' ? value : undefined;
}
