import Type, { type Static } from 'typebox';

/** A place in a camera's picture where something is not what a detector takes it for. */
export const Suppression = Type.Object({
  id: Type.String({ pattern: '^[a-z0-9-]{1,80}$' }),
  class: Type.String({ maxLength: 256 }),
  /** Where it stands: middle of its lower edge, as shares of the picture. */
  x: Type.Number({ minimum: -1, maximum: 2 }),
  y: Type.Number({ minimum: -1, maximum: 2 }),
});
export type Suppression = Static<typeof Suppression>;

/** A suppressed place, why, and what it has held back. */
export interface SuppressedPlace extends Suppression {
  /** Rejected by somebody, or learnt as part of the scene. */
  readonly origin: 'operator' | 'learnt';
  readonly since_ms: number;
  readonly by?: string;
  /** Detections held back so far, and when the last one was. */
  readonly count: number;
  readonly last_ms?: number;
}

/** The id of a suppressed place: the same class at the same place is suppressed once. */
export function suppressionId(cls: string, x: number, y: number): string {
  const word = cls
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return `${word}-${Math.max(0, Math.round(x * 1000))}-${Math.max(0, Math.round(y * 1000))}`;
}
