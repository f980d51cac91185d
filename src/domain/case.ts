import Type, { type Static } from 'typebox';

/** Every state that a case can be in. */
export const CASE_STATES = [
  'candidate',
  'accepted',
  'rejected',
  'withdrawn',
  'dispatched',
  'handled',
  'verified',
  'reopened',
  'closed',
] as const;
export type CaseState = (typeof CASE_STATES)[number];

/** What people (or, for verify, reopen and withdraw, the gateway) do to a case. */
export const CASE_ACTIONS = {
  accept: { from: ['candidate'], to: 'accepted' },
  reject: { from: ['candidate'], to: 'rejected' },
  withdraw: { from: ['candidate'], to: 'withdrawn' },
  dispatch: { from: ['accepted', 'reopened'], to: 'dispatched' },
  handled: { from: ['dispatched'], to: 'handled' },
  verify: { from: ['handled'], to: 'verified' },
  reopen: { from: ['handled'], to: 'reopened' },
  close: { from: ['verified'], to: 'closed' },
} as const satisfies Record<string, { from: readonly CaseState[]; to: CaseState }>;
export type CaseAction = keyof typeof CASE_ACTIONS;

/** The state that `action` leads to from `state`, or undefined where it is not allowed. */
export function nextCaseState(state: CaseState, action: CaseAction): CaseState | undefined {
  const step = CASE_ACTIONS[action];
  return (step.from as readonly CaseState[]).includes(state) ? step.to : undefined;
}

/** One step of a case's history: who, when (ISO 8601), from which state, and why. */
export const CaseTransition = Type.Object({
  at: Type.String({ format: 'date-time' }),
  actor: Type.String(),
  from: Type.Union([Type.String(), Type.Null()]),
  to: Type.String(),
  note: Type.Optional(Type.String()),
});
export type CaseTransition = Static<typeof CaseTransition>;

/** A lease on a case. The fencing token is shown to its holder alone. */
export const CaseLease = Type.Object({
  consumer: Type.String(),
  expiresAt: Type.String({ format: 'date-time' }),
});
export type CaseLease = Static<typeof CaseLease>;

/** A case of the queue: one for each incident. */
export const Case = Type.Object({
  id: Type.String(),
  incidentId: Type.String(),
  type: Type.String(),
  severity: Type.Integer(),
  state: Type.Enum([...CASE_STATES]),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  lease: Type.Optional(CaseLease),
});
export type Case = Static<typeof Case>;

/** What the journal and the outputs carry when a case changes. */
export interface CaseEvent {
  readonly kind: 'case';
  readonly case: Case;
  readonly transition: CaseTransition;
}
