/** Wall clock in epoch milliseconds; passed in, so that tests and replays can supply their own. */
export type Clock = () => number;
