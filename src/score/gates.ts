import type { Score, TypeScore } from './score-result.ts';

/** What every scored type must keep; absent: not looked at. */
export interface Gates {
  readonly minRecall?: number;
  readonly minPrecision?: number;
  /** Further incidents of labels that were found. */
  readonly maxDuplicates?: number;
  /** Seconds from the end of the dwell to the report, for the slowest hit. */
  readonly maxExcessDelay_s?: number;
  readonly maxFalseAlarmsPerDay?: number;
}

/** The options of a command line, in the words of `util.parseArgs`. */
export const GATE_OPTIONS = {
  'min-recall': { type: 'string' },
  'min-precision': { type: 'string' },
  'max-duplicates': { type: 'string' },
  'max-excess-delay': { type: 'string' },
  'max-false-alarms': { type: 'string' },
} as const;

type GateOption = keyof typeof GATE_OPTIONS;

const GATES: Record<GateOption, { readonly key: keyof Gates; readonly max: number }> = {
  'min-recall': { key: 'minRecall', max: 1 },
  'min-precision': { key: 'minPrecision', max: 1 },
  'max-duplicates': { key: 'maxDuplicates', max: Number.MAX_SAFE_INTEGER },
  'max-excess-delay': { key: 'maxExcessDelay_s', max: Number.MAX_SAFE_INTEGER },
  'max-false-alarms': { key: 'maxFalseAlarmsPerDay', max: Number.MAX_SAFE_INTEGER },
};

/** Reads the gates that were given, or says what is wrong with them. */
export function readGates(
  values: Readonly<Partial<Record<GateOption, string | undefined>>>,
): { readonly ok: true; readonly gates: Gates } | { readonly ok: false; readonly problem: string } {
  const gates: { -readonly [key in keyof Gates]: number } = {};
  for (const [option, { key, max }] of Object.entries(GATES)) {
    const text = values[option as GateOption];
    if (text === undefined) continue;
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0 && value <= max)) {
      return { ok: false, problem: `--${option} must be a number from 0${max === 1 ? ' to 1' : ''}` };
    }
    gates[key] = value;
  }
  return { ok: true, gates };
}

/** A type that does not keep a gate. */
export interface GateFailure {
  readonly type: string;
  readonly text: string;
}

/**
 * What fails, type by type. A type without labels has no recall to fail by, one without incidents no precision;
 * but where nothing at all can be measured, that fails too.
 */
export function gateFailures(score: Score, gates: Gates): GateFailure[] {
  if (Object.keys(gates).length === 0) return [];
  if (score.types.length === 0) return [{ type: 'all', text: 'no type is scored' }];
  if (gates.minRecall !== undefined && score.total.labels === 0) {
    return [{ type: 'all', text: 'no label to measure recall by' }];
  }
  return score.types.flatMap((figures) =>
    failuresOf(figures, gates).map((text) => ({ type: figures.type, text })),
  );
}

function failuresOf(figures: TypeScore, gates: Gates): string[] {
  const { recall, precision, duplicates, excessDelay_s, falseAlarmsPerDeviceDay } = figures;
  return [
    below('recall', recall, gates.minRecall),
    below('precision', precision, gates.minPrecision),
    above('duplicates', duplicates, gates.maxDuplicates),
    above('excess delay in s', excessDelay_s?.max ?? null, gates.maxExcessDelay_s),
    above('false alarms a day', falseAlarmsPerDeviceDay, gates.maxFalseAlarmsPerDay),
  ].filter((text) => text !== undefined);
}

function below(what: string, value: number | null, limit: number | undefined): string | undefined {
  if (value === null || limit === undefined || value >= limit) return undefined;
  return `${what} ${plain(value)} is below ${limit}`;
}

function above(what: string, value: number | null, limit: number | undefined): string | undefined {
  if (value === null || limit === undefined || value <= limit) return undefined;
  return `${what} ${plain(value)} is above ${limit}`;
}

/** Cut, not rounded up: 0.9496 below 0.95 must not read 0.95. */
function plain(value: number): string {
  return String(Math.floor(value * 1000) / 1000);
}
