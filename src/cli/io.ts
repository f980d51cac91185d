/** What a command gets of its process, so that tests and other programs can run it too. */
export interface CliIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Writes a line over the one before; absent where nobody sees it: no terminal. */
  readonly status?: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person wants the command to stop. */
  readonly signal: AbortSignal;
}

/** 0 done, 1 failed or found problems, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** Wrong usage: the message goes to the person, with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
