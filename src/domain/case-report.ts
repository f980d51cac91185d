import Type, { type Static } from 'typebox';

const Count = Type.Integer({ minimum: 0 });
const Seconds = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);

/** What became of a set of incidents, by which those who answer for them are assessed. */
export const CaseFigures = Type.Object({
  incidents: { ...Count, description: 'That began in the period' },
  waiting: { ...Count, description: 'Cases that nobody has judged yet' },
  accepted: { ...Count, description: 'Cases that were found to be right, whatever came of them' },
  rejected: { ...Count, description: 'Cases that were found to be false alarms' },
  withdrawn: { ...Count, description: 'Cases that were over before anybody judged them' },
  handled: { ...Count, description: 'Cases that were ever reported as handled' },
  verified: { ...Count, description: 'Cases whose place was then seen to be clear' },
  reopened: { ...Count, description: 'Cases that were reported as handled and were not' },
  closed: Count,
  precision: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: 'Right ones of those judged; null where none was',
  }),
  verifiedShare: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: 'Verified ones of those accepted; null where none was',
  }),
  acceptSeconds: { ...Seconds, description: 'Median from the candidate to its acceptance' },
  handleSeconds: {
    ...Seconds,
    description: 'Median from the acceptance to the first report that it is handled',
  },
  verifySeconds: { ...Seconds, description: 'Median from the acceptance to the verification' },
});
export type CaseFigures = Static<typeof CaseFigures>;

/** Figures of those that have something in common; `key` is null where it is not known. */
export const FiguresOf = Type.Object({
  key: Type.Union([Type.String(), Type.Null()]),
  ...CaseFigures.properties,
});
export type FiguresOf = Static<typeof FiguresOf>;

/** What a report is divided by. */
export const REPORT_GROUPS = ['type', 'district', 'street', 'grid', 'device'] as const;
export type ReportGroup = (typeof REPORT_GROUPS)[number];

/** The figures of a period. */
export interface CaseReport {
  readonly total: CaseFigures;
  readonly groups: Readonly<Record<ReportGroup, readonly FiguresOf[]>>;
  /** Groups with the fewest incidents that are left out, by what they are divided by. */
  readonly omitted: Readonly<Record<ReportGroup, number>>;
  /** False where the period has more incidents than are looked at: the newest are missing. */
  readonly isWhole: boolean;
}
