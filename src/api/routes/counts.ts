import Type from 'typebox';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';

const Counts = Type.Object({
  openIncidents: Type.Record(Type.String(), Type.Integer(), { description: 'Open ones of each type' }),
  cases: Type.Record(Type.String(), Type.Integer(), { description: 'Number of cases in each state' }),
});

/** `/counts`: the figures of a header, without listing anything. */
export function countRoutes(app: ApiApp, parts: Pick<ApiParts, 'incidents' | 'cases'>): void {
  app.get(
    '/counts',
    {
      config: needs('viewer'),
      schema: {
        tags: ['incidents'],
        summary: 'How many incidents are open, and how many cases are in each state',
        response: answers(Counts),
      },
    },
    () => {
      const cases: Record<string, number> = {};
      for (const { state, count } of parts.cases.counts()) cases[state] = (cases[state] ?? 0) + count;
      return { openIncidents: { ...parts.incidents.openCounts() }, cases };
    },
  );
}
