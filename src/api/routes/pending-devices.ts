import Type from 'typebox';
import { DEVICE_ID_PATTERN, DEVICE_KINDS } from '../../domain/device.ts';
import { PARTICULATE_UNITS } from '../../domain/hj212-station.ts';
import { isoTime } from '../../domain/time.ts';
import { DEVICE_PROTOCOLS, HJ212_NAME_PATTERN } from '../../domain/unknown-device.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem, invalidKey } from '../problem.ts';
import { CLOSED, CursorParameter, numberCursor, pageLimit, pageOf } from '../query.ts';

const KIND = Type.Enum([...DEVICE_KINDS]);
const PendingView = Type.Object(
  {
    id: Type.Integer(),
    protocol: Type.Enum([...DEVICE_PROTOCOLS]),
    identity: Type.String({ description: 'MQTT user name, JT/T 808 phone number, or HJ 212 MN' }),
    remote: Type.String({ description: 'Address that it came from last' }),
    firstSeenAt: Type.String({ format: 'date-time' }),
    lastSeenAt: Type.String({ format: 'date-time' }),
    count: Type.Integer({ description: 'How often it tried' }),
    details: Type.Record(Type.String(), Type.String(), { description: 'What it told of itself; unproven' }),
  },
  { title: 'PendingDevice' },
);
const ListQuery = Type.Object({ after: CursorParameter, limit: pageLimit(500, 100) }, CLOSED);
const Params = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const AdmitBody = Type.Object(
  {
    id: Type.String({
      pattern: DEVICE_ID_PATTERN,
      description:
        'Of the new device, or of one that is there and gets this identity; over MQTT the user name',
    }),
    kind: KIND,
    profile: Type.Optional(
      Type.String({ maxLength: 64, description: 'JT/T 808: where its maker puts lift, cover and load' }),
    ),
    pw: Type.Optional(
      Type.String({ pattern: HJ212_NAME_PATTERN, description: 'HJ 212: the PW that its frames must show' }),
    ),
    particulateUnit: Type.Optional(Type.Enum([...PARTICULATE_UNITS], { description: 'HJ 212' })),
    place: Type.Optional(
      Type.Object(
        {
          lon: Type.Number({ minimum: -180, maximum: 180 }),
          lat: Type.Number({ minimum: -90, maximum: 90 }),
          street: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
          gridCode: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        },
        { ...CLOSED, description: 'Where it stands, in WGS-84 degrees; trucks have no place' },
      ),
    ),
  },
  CLOSED,
);
const Admitted = Type.Object({
  id: Type.String(),
  kind: KIND,
  secret: Type.Optional(Type.String({ description: 'Shown this once; only where one was made' })),
});

const { 200: _ok, ...REFUSALS } = answers(Type.Null());

/** `/devices/pending`: devices that nobody knows, to be admitted or dismissed. */
export function pendingDeviceRoutes(app: ApiApp, { pending }: Pick<ApiParts, 'pending'>): void {
  app.get(
    '/devices/pending',
    {
      config: needs('operator'),
      schema: {
        tags: ['devices'],
        summary: 'Devices that tried to come in and are in no registry',
        querystring: ListQuery,
        response: answers(pageOf(PendingView)),
      },
    },
    ({ query: { after, limit = 100 } }) => {
      const cursor = numberCursor('after', after);
      const found = pending.list({ limit: limit + 1, ...(cursor !== undefined && { after: cursor }) });
      const page = found.slice(0, limit);
      return {
        items: page.map(({ firstSeen_ms, lastSeen_ms, details, ...one }) => ({
          ...one,
          firstSeenAt: isoTime(firstSeen_ms),
          lastSeenAt: isoTime(lastSeen_ms),
          details: { ...details },
        })),
        next: found.length > limit ? String(page.at(-1)?.id) : null,
      };
    },
  );

  app.post(
    '/devices/pending/:id/admit',
    {
      config: needs('operator'),
      schema: {
        tags: ['devices'],
        summary: 'Makes it a device, or gives its identity to one that is there',
        params: Params,
        body: AdmitBody,
        response: answers(Admitted),
      },
    },
    ({ params: { id }, body }) => {
      const outcome = pending.admit(id, body);
      if (outcome.ok) {
        const { ok: _, ...device } = outcome;
        return device;
      }
      if (outcome.code === 'invalid-request') throw invalidKey(outcome.key, outcome.message);
      throw new ApiProblem(outcome.code, outcome.message);
    },
  );

  app.delete(
    '/devices/pending/:id',
    {
      config: needs('operator'),
      schema: {
        tags: ['devices'],
        summary: 'Takes it off the list; it comes on again if it tries again',
        params: Params,
        response: { 204: Type.Null(), ...REFUSALS },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!pending.dismiss(id)) throw new ApiProblem('not-found', `nobody waits as ${id}`);
      return reply.code(204).send(null);
    },
  );
}
