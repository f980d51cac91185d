import Type, { type Static } from 'typebox';
import type { IncidentCode } from './incident.ts';

const Entry = Type.Object(
  {
    major: Type.Union([Type.String({ pattern: '^[0-9]{2}$' }), Type.Null()], {
      description: '大类; null: unknown',
    }),
    minor: Type.Union([Type.String({ pattern: '^[0-9]{2}$' }), Type.Null()], {
      description: '小类; null: unknown',
    }),
    name: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);

/** Code tables by scheme: incident type → class of the city's own table. */
export const CatalogueFile = Type.Object(
  {
    schemes: Type.Record(
      Type.String(),
      Type.Object(
        {
          confirmed: Type.Boolean({ default: false, description: 'true once the city confirmed every code' }),
          note: Type.Optional(Type.String()),
          codes: Type.Record(Type.String(), Entry),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type CatalogueFile = Static<typeof CatalogueFile>;
/** The catalogue, by the name that code uses for it. */
export type Catalogue = Static<typeof CatalogueFile>;

/** The code of a type; a type that the scheme does not know keeps its own name and has null codes. */
export function codeOf(catalogue: Catalogue, scheme: string, type: string): IncidentCode {
  const codes = Object.hasOwn(catalogue.schemes, scheme) ? catalogue.schemes[scheme]?.codes : undefined;
  const entry = codes !== undefined && Object.hasOwn(codes, type) ? codes[type] : undefined;
  return {
    scheme,
    major: entry?.major ?? null,
    minor: entry?.minor ?? null,
    name: entry?.name ?? type,
  };
}

/** Mistakes that the schema cannot see, for the scheme in use. */
export function catalogueProblems(
  catalogue: Catalogue,
  scheme: string,
): { readonly path: (string | number)[]; readonly message: string }[] {
  if (!Object.hasOwn(catalogue.schemes, scheme)) {
    const known = Object.keys(catalogue.schemes).join(', ');
    return [{ path: ['schemes'], message: `scheme ${scheme} is not in the catalogue; there are ${known}` }];
  }
  return Object.entries(catalogue.schemes).flatMap(([id, { codes }]) =>
    Object.entries(codes)
      .filter(([, { major, minor }]) => (major === null) !== (minor === null))
      .map(([type]) => ({
        path: ['schemes', id, 'codes', type],
        message: 'give both major and minor, or null for both',
      })),
  );
}
