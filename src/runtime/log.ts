import type { Logger } from 'pino';

/** The logger that every part gets as a child of its own; pino's, with nothing of ours on top. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;
