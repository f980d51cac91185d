/** What one detector runs on; what is not said: one thread of the processor. */
export interface ModelExecution {
  readonly threads?: number;
  readonly execution_provider?: 'cpu' | 'cuda';
  /** Rather no detector than a slow one: without it the processor takes over what is not there. */
  readonly required?: boolean;
}

/** By a detector's name. */
export type ModelExecutions = Readonly<Record<string, ModelExecution>>;
