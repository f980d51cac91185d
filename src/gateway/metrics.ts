import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Named numbers read at the moment of a scrape; `labels` keeps device ids and plates out by never carrying them. */
export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly label?: string;
  readonly read: () => readonly (readonly [labelValue: string, value: number])[];
}

/** A registry with the process's own figures and the given sources. */
export function createMetrics(sources: readonly MetricSource[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, kind, label, read } of sources) {
    const labelNames = label === undefined ? [] : [label];
    if (kind === 'gauge') {
      new Gauge({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          this.reset();
          for (const [value, number] of read())
            this.set(label === undefined ? {} : { [label]: value }, number);
        },
      });
    } else {
      new Counter({
        name,
        help,
        labelNames,
        registers: [registry],
        collect() {
          // The source counts from the start of the process; a counter is only ever set by what was added.
          this.reset();
          for (const [value, number] of read())
            this.inc(label === undefined ? {} : { [label]: value }, number);
        },
      });
    }
  }
  return registry;
}
