import Type from 'typebox';
import { DeviceCommand } from '../../domain/truck-command.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { ApiProblem } from '../problem.ts';

const Params = Type.Object({ id: Type.String() });
const Answered = Type.Object(
  {
    values: Type.Record(Type.String(), Type.Unknown(), {
      description:
        'What the device told: a station `at_ms`, `interval_s` or `interval_min`, a truck `parameters` or `media_ids`; empty where it was only told something',
    }),
  },
  { title: 'CommandAnswer' },
);

/** `/devices/:id/commands`: tells a device something, or asks it, and answers with what it said. */
export function deviceCommandRoutes(
  app: ApiApp,
  { devices, command }: Pick<ApiParts, 'devices' | 'command'>,
): void {
  app.post(
    '/devices/:id/commands',
    {
      config: needs('operator'),
      schema: {
        tags: ['devices'],
        summary:
          'Tells or asks a station that speaks HJ 212 (its time, its intervals) or a truck that speaks JT/T 808 (a text, tracking, position, parameters, pictures)',
        params: Params,
        body: DeviceCommand,
        response: answers(Answered),
      },
    },
    async ({ params: { id }, body }) => {
      if (devices.get(id) === undefined) throw new ApiProblem('not-found', `there is no device ${id}`);
      const outcome = await command(id, body);
      if (outcome.ok) return { values: { ...outcome.values } };
      if (outcome.code === 'unsupported') throw new ApiProblem('invalid-request', outcome.message);
      throw new ApiProblem(outcome.code === 'busy' ? 'busy' : `device-${outcome.code}`, outcome.message);
    },
  );
}
