/** What a simulator has done so far. */
export interface LoadCounts {
  readonly devices: number;
  readonly connected: number;
  /** Messages that went out; those sent again count again. */
  readonly sent: number;
  readonly acknowledged: number;
  /** Messages given up: a device's queue was full. */
  readonly lost: number;
  /** Messages not acknowledged yet. */
  readonly waiting: number;
}

/** Lines about a load, for people: what happened in a second since the line before. */
export interface LoadReport {
  /** One line more. */
  line(counts: LoadCounts): string;
  /** Over the whole time. */
  total(counts: LoadCounts): string;
}

const NOTHING = { sent: 0, acknowledged: 0, lost: 0 };

/** `clock` gives monotonic milliseconds, `resident_bytes` the process's memory. */
export function createLoadReport(clock: () => number, resident_bytes: () => number): LoadReport {
  const begun_ms = clock();
  let before: { readonly at_ms: number; readonly counts: typeof NOTHING } = {
    at_ms: begun_ms,
    counts: NOTHING,
  };
  return {
    line: (counts) => {
      const at_ms = clock();
      const elapsed_s = Math.max(0.001, (at_ms - before.at_ms) / 1000);
      const rate = (name: keyof typeof NOTHING): string =>
        perSecond(counts[name] - before.counts[name], elapsed_s);
      const text =
        `${seconds(at_ms - begun_ms)}: ${counts.connected} of ${counts.devices} connected, ${rate('sent')} sent/s, ` +
        `${rate('acknowledged')} acknowledged/s, ${rate('lost')} lost/s, ${counts.waiting} waiting, ` +
        `${Math.round(resident_bytes() / 2 ** 20)} MB`;
      before = { at_ms, counts };
      return text;
    },
    total: (counts) => {
      const elapsed_s = Math.max(0.001, (clock() - begun_ms) / 1000);
      const part = (name: keyof typeof NOTHING): string =>
        `${counts[name]} ${name} (${perSecond(counts[name], elapsed_s)}/s)`;
      return (
        `in ${seconds(elapsed_s * 1000)}: ${part('sent')}, ${part('acknowledged')}, ${part('lost')}, ` +
        `${counts.waiting} without an answer`
      );
    },
  };
}

function perSecond(count: number, elapsed_s: number): string {
  const rate = count / elapsed_s;
  return rate.toFixed(rate < 10 && rate > 0 ? 1 : 0);
}

function seconds(elapsed_ms: number): string {
  return `${(elapsed_ms / 1000).toFixed(0)} s`;
}
