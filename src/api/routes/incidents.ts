import Type from 'typebox';
import { Incident } from '../../domain/incident.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem, invalidKey } from '../problem.ts';
import {
  CLOSED,
  CursorParameter,
  checkSpan,
  IdParameter,
  numberCursor,
  pageLimit,
  pageOf,
  TimeParameter,
  timeOf_ms,
} from '../query.ts';

const IncidentQuery = Type.Object(
  {
    type: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })),
    status: Type.Optional(Type.Enum(['open', 'ended'])),
    from: Type.Optional({ ...TimeParameter, description: 'Incidents that lasted until then or later' }),
    to: Type.Optional({ ...TimeParameter, description: 'Incidents that began before' }),
    bbox: Type.Optional(
      Type.String({ maxLength: 120, description: 'west,south,east,north in WGS-84 degrees' }),
    ),
    device: Type.Optional(IdParameter),
    after: CursorParameter,
    limit: pageLimit(500, 50),
  },
  CLOSED,
);

/** `/incidents` and `/incidents/:id`. */
export function incidentRoutes(app: ApiApp, parts: Pick<ApiParts, 'incidents'>): void {
  app.get(
    '/incidents',
    {
      config: needs('viewer'),
      schema: {
        tags: ['incidents'],
        summary: 'Incidents, newest first',
        querystring: IncidentQuery,
        response: answers(pageOf(Incident)),
      },
    },
    ({ query }) => {
      const { type, status, device, limit = 50 } = query;
      const from_ms = timeOf_ms('from', query.from);
      const to_ms = timeOf_ms('to', query.to);
      checkSpan(from_ms, to_ms);
      const bbox = query.bbox === undefined ? undefined : bboxOf(query.bbox);
      const after = numberCursor('after', query.after);
      const page = parts.incidents.list({
        limit,
        ...(type === undefined ? {} : { type }),
        ...(status === undefined ? {} : { status }),
        ...(device === undefined ? {} : { device }),
        ...(from_ms === undefined ? {} : { from_ms }),
        ...(to_ms === undefined ? {} : { to_ms }),
        ...(bbox === undefined ? {} : { bbox }),
        ...(after === undefined ? {} : { after }),
      });
      return { items: [...page.items], next: page.next === undefined ? null : String(page.next) };
    },
  );

  app.get(
    '/incidents/:id',
    {
      config: needs('viewer'),
      schema: {
        tags: ['incidents'],
        params: Type.Object({ id: IdParameter }),
        response: answers(Incident),
      },
    },
    ({ params: { id } }) => {
      const incident = parts.incidents.get(id);
      if (incident === undefined) throw new ApiProblem('not-found', `no incident ${id}`);
      return incident;
    },
  );
}

function bboxOf(text: string): readonly [number, number, number, number] {
  const [west, south, east, north, ...rest] = text
    .split(',')
    .map((part) => (/^-?\d{1,3}(\.\d{1,15})?$/.test(part.trim()) ? Number(part) : Number.NaN));
  // A box over the antimeridian has its west east of its east.
  const isBox =
    west !== undefined &&
    south !== undefined &&
    east !== undefined &&
    north !== undefined &&
    rest.length === 0 &&
    west >= -180 &&
    south >= -90 &&
    east <= 180 &&
    north <= 90 &&
    south <= north;
  if (!isBox) throw invalidKey('bbox', 'must be west,south,east,north in WGS-84 degrees');
  return [west, south, east, north];
}
