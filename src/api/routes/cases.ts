import Type, { type Static } from 'typebox';
import { CASE_STATES, Case, type CaseAction, CaseTransition } from '../../domain/case.ts';
import { Incident } from '../../domain/incident.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { Authenticator } from '../authenticator.ts';
import type { ApiParts, CaseOutcome } from '../parts.ts';
import { ApiProblem, invalidKey } from '../problem.ts';
import { CLOSED, CursorParameter, IdParameter, pageLimit, pageOf } from '../query.ts';
import { suppressionOf } from '../suppression-of.ts';

/** What people do to a case over HTTP; verify, reopen and withdraw are the gateway's own. */
const ACTIONS = [
  'accept',
  'reject',
  'dispatch',
  'handled',
  // Where the gateway could not see for itself whether it is gone, a person says so.
  'verify',
  'reopen',
  'close',
  'withdraw',
  'release',
  'extend',
] as const satisfies readonly (CaseAction | 'release' | 'extend')[];

const LEASE_SECONDS = Type.Integer({ minimum: 5, maximum: 3600, default: 300 });

const ClaimBody = Type.Object(
  {
    consumer: Type.String({ minLength: 1, maxLength: 128 }),
    max: Type.Integer({ minimum: 1, maximum: 100 }),
    leaseSeconds: Type.Optional(LEASE_SECONDS),
    types: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 64 }),
    ),
  },
  CLOSED,
);
const ClaimAnswer = Type.Object({
  items: Type.Array(
    Type.Object({
      case: Case,
      token: Type.String({ description: 'Fencing token: to be sent with every step while the lease runs' }),
      incident: Type.Optional(Incident),
    }),
  ),
});

const ActionBody = Type.Object(
  {
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    note: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  CLOSED,
);
const ExtendBody = Type.Object(
  { ...ActionBody.properties, leaseSeconds: Type.Optional(LEASE_SECONDS) },
  CLOSED,
);
const RejectBody = Type.Object(
  {
    ...ActionBody.properties,
    suppressPlace: Type.Optional(
      Type.Boolean({ description: 'Hold back what the detector sees there, once and for all' }),
    ),
  },
  CLOSED,
);
type ActionBody = Static<typeof ExtendBody> & Static<typeof RejectBody>;

const CaseDetail = Type.Object({ ...Case.properties, history: Type.Array(CaseTransition) });
const CaseQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...CASE_STATES])),
    after: CursorParameter,
    limit: pageLimit(500, 50),
  },
  CLOSED,
);
const CaseParams = Type.Object({ id: IdParameter });

/** `/cases`, `/cases/:id`, `/cases/claim` and the steps of a case. */
export function caseRoutes(
  app: ApiApp,
  parts: Pick<ApiParts, 'accept' | 'cases' | 'clock' | 'incidents'>,
  auth: Pick<Authenticator, 'principal'>,
): void {
  caseReading(app, parts);

  app.post(
    '/cases/claim',
    {
      config: needs('operator'),
      schema: {
        tags: ['cases'],
        summary: 'Leases candidates to one consumer, most severe first',
        body: ClaimBody,
        response: answers(ClaimAnswer),
      },
    },
    ({ body: { consumer, max, leaseSeconds = 300, types } }) => {
      const claim = { consumer, max, lease_s: leaseSeconds, ...(types === undefined ? {} : { types }) };
      return {
        items: parts.cases.claim(claim).map(({ case: leased, token, incident }) => ({
          case: leased,
          token,
          ...(incident === undefined ? {} : { incident }),
        })),
      };
    },
  );

  for (const action of ACTIONS) {
    app.post(
      `/cases/:id/${action}`,
      {
        config: needs('operator'),
        // A step needs no body: `curl -X POST` alone is a step without a note.
        preValidation: async (request) => {
          request.body ??= {};
        },
        schema: {
          tags: ['cases'],
          summary: `Step or lease change: ${action}`,
          params: CaseParams,
          body: action === 'extend' ? ExtendBody : action === 'reject' ? RejectBody : ActionBody,
          response: answers(Case),
        },
      },
      async (request) => {
        const { token, note, leaseSeconds, suppressPlace } = request.body as ActionBody;
        const principal = auth.principal(request);
        const actor = principal.kind === 'key' ? principal.name : principal.id;
        const suppression =
          suppressPlace === true ? suppressionOf(parts, request.params.id, actor) : undefined;
        const outcome = parts.cases.transition(request.params.id, action, {
          actor,
          ...(token === undefined ? {} : { token }),
          ...(note === undefined ? {} : { note }),
          ...(leaseSeconds === undefined ? {} : { lease_s: leaseSeconds }),
        });
        if (outcome.ok && suppression !== undefined) await parts.accept([suppression]);
        return caseOf(outcome);
      },
    );
  }
}

function caseReading(app: ApiApp, parts: Pick<ApiParts, 'cases'>): void {
  app.get(
    '/cases',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cases'],
        summary: 'Cases in the order of their creation',
        querystring: CaseQuery,
        response: answers(pageOf(Case)),
      },
    },
    ({ query: { state, after, limit = 50 } }) => {
      if (after !== undefined && !/^\d{1,15}_./.test(after)) {
        throw invalidKey('after', 'is not a cursor of this list');
      }
      const filter = { limit, ...(state === undefined ? {} : { state }) };
      const page = parts.cases.list(after === undefined ? filter : { ...filter, after });
      return { items: [...page.items], next: page.next ?? null };
    },
  );

  app.get(
    '/cases/:id',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cases'],
        summary: 'A case with its whole history, oldest step first',
        params: CaseParams,
        response: answers(CaseDetail),
      },
    },
    ({ params: { id } }) => {
      const found = parts.cases.get(id);
      if (found === undefined) throw new ApiProblem('not-found', `no case ${id}`);
      return { ...found.case, history: [...found.history] };
    },
  );
}

function caseOf(outcome: CaseOutcome) {
  if (outcome.ok) return outcome.case;
  throw new ApiProblem(outcome.code, outcome.message);
}
