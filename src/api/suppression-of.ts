import type { SuppressionObservation } from '../domain/observation.ts';
import { suppressionId } from '../domain/suppression.ts';
import type { ApiParts } from './parts.ts';
import { ApiProblem } from './problem.ts';

/** `<x>-<y>` in thousandths of the picture: how rules name a place in it. */
const PLACE = /^(\d{1,4})-(\d{1,4})$/;

/** The suppression of the place that a case is about. Throws a problem where the case is not about one in a picture. */
export function suppressionOf(
  { cases, incidents, clock }: Pick<ApiParts, 'cases' | 'clock' | 'incidents'>,
  caseId: string,
  by: string,
): SuppressionObservation {
  const found = cases.get(caseId);
  if (found === undefined) throw new ApiProblem('not-found', `no case ${caseId}`);
  const incident = incidents.get(found.case.incidentId);
  const deviceId = incident?.sources.find(({ modality }) => modality === 'camera')?.deviceId;
  const place = PLACE.exec(String(incident?.measures.place ?? ''));
  // Of a combination the first class stands for the place.
  const [cls] = String(incident?.measures.classes ?? incident?.measures.thing ?? '').split('+');
  if (deviceId === undefined || place === null || !cls) {
    throw new ApiProblem('bad-state', "the case is not about a place in a camera's picture");
  }
  const [x, y] = [Number(place[1]) / 1000, Number(place[2]) / 1000];
  const at_ms = clock();
  const id = suppressionId(cls, x, y);
  return {
    kind: 'suppression',
    deviceId,
    at_ms,
    received_ms: at_ms,
    action: 'add',
    place: { id, class: cls, x, y },
    by,
  };
}
