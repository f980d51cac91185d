/** Why a camera does not watch, although it is there to. */
export const COVERAGE_CAUSES = [
  'offline',
  'worker-down',
  'set-aside',
  'overloaded',
  'not-judged',
  'gateway-down',
  'dark',
  'obscured',
  'defocused',
  'frozen',
  'moved',
] as const;
export type CoverageCause = (typeof COVERAGE_CAUSES)[number];

/** True for one of the causes. */
export function isCoverageCause(value: unknown): value is CoverageCause {
  return (COVERAGE_CAUSES as readonly unknown[]).includes(value);
}

/** A stretch of event time in which a camera did not watch. */
export interface CoverageGap {
  readonly cameraId: string;
  readonly from_ms: number;
  /** Absent while it lasts. */
  readonly to_ms?: number;
  readonly cause: CoverageCause;
  /** In words, where somebody said so; never a secret. */
  readonly reason?: string;
}

/** What is told of a camera's coverage; telling it again changes nothing. */
export type CoverageChange =
  /** From here on it counts; whatever was open before is over. */
  | { readonly kind: 'since'; readonly cameraId: string; readonly at_ms: number }
  /** A gap by its camera and beginning; one that ends where it began was none. */
  | { readonly kind: 'gap'; readonly gap: CoverageGap };

/** How much of a span a camera watched. */
export interface CameraCoverage {
  /** Of the span, as far as the camera was there and the records reach. */
  readonly span_ms: number;
  readonly covered_ms: number;
  readonly missing_ms: Readonly<Partial<Record<CoverageCause, number>>>;
  /** Cut to the span, in order; an open gap has no end. */
  readonly gaps: readonly CoverageGap[];
}

/**
 * Sums up a camera's gaps. `from_ms` must not be before the camera was there. Where gaps overlap, their time counts once,
 * for the cause that began first.
 */
export function coverageOf(gaps: readonly CoverageGap[], from_ms: number, to_ms: number): CameraCoverage {
  const missing_ms: Partial<Record<CoverageCause, number>> = {};
  const inSpan: CoverageGap[] = [];
  let counted_ms = from_ms;
  let gone_ms = 0;
  for (const gap of [...gaps].sort((a, b) => a.from_ms - b.from_ms)) {
    const end_ms = Math.min(gap.to_ms ?? to_ms, to_ms);
    if (end_ms <= from_ms || gap.from_ms >= to_ms) continue;
    inSpan.push({
      ...gap,
      from_ms: Math.max(gap.from_ms, from_ms),
      ...(gap.to_ms !== undefined && { to_ms: end_ms }),
    });
    const length_ms = Math.max(0, end_ms - Math.max(gap.from_ms, counted_ms));
    counted_ms = Math.max(counted_ms, end_ms);
    gone_ms += length_ms;
    if (length_ms > 0) missing_ms[gap.cause] = (missing_ms[gap.cause] ?? 0) + length_ms;
  }
  const span_ms = Math.max(0, to_ms - from_ms);
  return { span_ms, covered_ms: span_ms - gone_ms, missing_ms, gaps: inSpan };
}

/** The county-level division in a grid code (GB/T 30428.1: its first six digits). */
export function districtOf(gridCode: string | undefined): string | undefined {
  return gridCode?.slice(0, 6);
}
