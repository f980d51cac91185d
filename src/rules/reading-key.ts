import type { Observation } from '../domain/observation.ts';

/** Keys readings of a kind of station that give a metric by their device; what else there is concerns no station. */
export function readingKey({
  device_kind,
  metric,
}: {
  readonly device_kind: string;
  readonly metric: string;
}): (observation: Observation) => string | undefined {
  return (observation) =>
    observation.kind === 'reading' &&
    observation.deviceKind === device_kind &&
    observation.metrics[metric] !== undefined
      ? observation.deviceId
      : undefined;
}
