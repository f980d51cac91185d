import type { Score, ScoredIncident } from './score-result.ts';

/** What the labels say of an incident. */
export type Verdict = 'hit' | 'duplicate' | 'false alarm' | 'not scored';

/** An incident with what the labels say of it. */
export interface JudgedIncident {
  readonly found: ScoredIncident;
  readonly verdict: Verdict;
  /** The label that it is about. */
  readonly labelId?: string;
}

/** Every incident of a run, the earliest report first. */
export function judgedIncidents(score: Score): JudgedIncident[] {
  const judged: JudgedIncident[] = [
    ...score.hits.map(({ found, label }) => ({ found, verdict: 'hit' as const, labelId: label.id })),
    ...score.duplicates.map(({ found, labelId }) => ({ found, verdict: 'duplicate' as const, labelId })),
    ...score.falseAlarms.map(({ found }) => ({ found, verdict: 'false alarm' as const })),
    ...score.others.map((found) => ({ found, verdict: 'not scored' as const })),
  ];
  return judged.sort((a, b) => a.found.opened_ms - b.found.opened_ms || (a.found.id < b.found.id ? -1 : 1));
}
