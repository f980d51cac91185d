import Type from 'typebox';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';

const Recovery = Type.Object({
  at: Type.String({ format: 'date-time' }),
  file: Type.String(),
  problems: Type.Array(Type.String()),
  kept: Type.Array(Type.String(), { description: 'Files of the data folder that were set aside' }),
  entriesLost: Type.Integer({ description: 'Journal entries that were acknowledged and are gone' }),
  lost: Type.Array(Type.Array(Type.Integer()), {
    description: 'Their numbers, first and last of each range; at most the first hundred ranges',
  }),
  entriesSaved: Type.Integer({ description: 'Journal entries that were got out of the damaged files' }),
  rebuilt: Type.Optional(Type.Object({ incidents: Type.Integer(), cases: Type.Integer() })),
  evidence: Type.Optional(
    Type.Object({ filesWithoutRecord: Type.Integer(), recordsWithoutFile: Type.Integer() }),
  ),
  tables: Type.Optional(
    Type.Record(Type.String(), Type.Object({ rows: Type.Integer(), complete: Type.Boolean() })),
  ),
});

/** `/recoveries`: when stored data was found damaged, and what was lost. */
export function recoveryRoutes(app: ApiApp, parts: Pick<ApiParts, 'recoveries'>): void {
  app.get(
    '/recoveries',
    {
      config: needs('viewer'),
      schema: {
        tags: ['health'],
        summary: 'When stored data was found damaged, what was set aside, and what was lost; newest first',
        response: answers(Type.Object({ items: Type.Array(Recovery) })),
      },
    },
    () => ({
      items: parts.recoveries().map(({ tables, ...one }) => ({
        ...one,
        ...(tables && { tables: { ...tables } }),
        problems: [...one.problems],
        kept: [...one.kept],
        lost: one.lost.map((range) => [...range]),
      })),
    }),
  );
}
