import Type from 'typebox';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';

const ClassView = Type.Object({
  agreed: Type.Integer({ description: 'Boxes of both that overlap by half of their union' }),
  onlyActive: Type.Integer(),
  onlyShadow: Type.Integer(),
  agreement: Type.Number({ description: 'Agreed boxes of all that either found' }),
  scoreShift: Type.Number({
    description: "Mean of the shadow's score less the active one's, where they agree",
  }),
  overlap: Type.Number({ description: 'Mean intersection over union, where they agree' }),
});

const ShadowView = Type.Object({
  active: Type.String(),
  shadow: Type.String(),
  frames: Type.Integer({ description: 'Frames that both judged' }),
  skipped: Type.Integer({ description: 'Frames of its share for which there was no time' }),
  failed: Type.Integer(),
  cameras: Type.Array(Type.String()),
  classes: Type.Record(Type.String(), ClassView),
  incidents: Type.Record(Type.String(), Type.Object({ active: Type.Integer(), shadow: Type.Integer() }), {
    description: 'By type: incidents that the rules would have opened on the detections of either',
  }),
});

/** `/models/shadows`: detectors that are being tried, compared with those that are believed. */
export function modelRoutes(app: ApiApp, parts: Pick<ApiParts, 'shadows'>): void {
  app.get(
    '/models/shadows',
    {
      config: needs('viewer'),
      schema: {
        tags: ['models'],
        summary: 'Detectors in shadow, compared with the active ones on the same frames',
        response: answers(Type.Object({ items: Type.Array(ShadowView) })),
      },
    },
    () => ({ items: parts.shadows().map((report) => ({ ...report, cameras: [...report.cameras] })) }),
  );
}
