import Type, { type Static } from 'typebox';
import { ID_PATTERN } from './rule-parts.ts';

const Modality = Type.Enum(['camera', 'gps', 'dust', 'noise']);

/** Of one type of incident: when what several senses say is one incident. */
export const FusionConfig = Type.Object(
  {
    type: Type.String({ pattern: ID_PATTERN, description: 'type of the incidents that may be one' }),
    modalities: Type.Array(Modality, {
      default: ['gps', 'camera'],
      minItems: 2,
      maxItems: 4,
      description: 'at most one of each is joined; the first that is there says whom and where it is about',
    }),
    radius_m: Type.Number({
      minimum: 0,
      maximum: 5000,
      default: 100,
      description: 'their places are at most so far apart; of a camera it is that of its zone',
    }),
    within_s: Type.Number({
      minimum: 0,
      maximum: 86_400,
      default: 600,
      description: 'their onsets are at most so far apart, in event time',
    }),
    not_by: Type.Array(Type.String({ minLength: 1 }), {
      default: ['two-wheeler', 'tricycle'],
      maxItems: 100,
      description: 'what a camera saw brought by one of these is another incident',
    }),
  },
  { additionalProperties: false },
);
export type FusionConfig = Static<typeof FusionConfig>;

/** What the gateway does where the configuration says nothing: a truck's dumping and what a camera saw of it are one. */
export const FUSION_DEFAULT: readonly { readonly type: string }[] = [{ type: 'illegal-dumping' }];
