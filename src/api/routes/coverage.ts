import Type, { type Static } from 'typebox';
import { COVERAGE_CAUSES, type CoverageGap, coverageOf, districtOf } from '../../domain/coverage.ts';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { invalidKey } from '../problem.ts';
import {
  CLOSED,
  CursorParameter,
  checkSpan,
  IdParameter,
  pageLimit,
  TimeParameter,
  timeOf_ms,
} from '../query.ts';

const DAY_MS = 86_400_000;
const SPAN_DAYS_MAX = 400;
/** Gaps told of a camera; the newest, and how many there are. */
const GAPS_MAX = 200;

const CoverageQuery = Type.Object(
  {
    from: Type.Optional({ ...TimeParameter, description: 'Default: a day before `to`' }),
    to: Type.Optional({ ...TimeParameter, description: 'Default: now' }),
    device: Type.Optional(IdParameter),
    district: Type.Optional(
      Type.String({ pattern: '^\\d{6}$', description: 'The first six digits of grid codes' }),
    ),
    after: CursorParameter,
    limit: pageLimit(1000, 100),
  },
  CLOSED,
);

const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
  description: 'Of the time that counts; null where none does',
});
const Seconds = Type.Number({ minimum: 0 });
const Time = Type.String({ format: 'date-time' });

const Gap = Type.Object({
  from: Time,
  to: Type.Optional(Time),
  cause: Type.Enum([...COVERAGE_CAUSES]),
  reason: Type.Optional(Type.String()),
});

const CoverageView = Type.Object({
  id: Type.String(),
  name: Type.Optional(Type.String()),
  street: Type.Optional(Type.String()),
  gridCode: Type.Optional(Type.String()),
  district: Type.Optional(Type.String()),
  since: Type.Optional({ ...Time, description: 'From when on it counts in this span; absent: not at all' }),
  share: Share,
  spanSeconds: Seconds,
  coveredSeconds: Seconds,
  missingSeconds: Type.Record(Type.String(), Seconds, { description: 'By cause' }),
  gapCount: Type.Integer({ minimum: 0 }),
  gaps: Type.Array(Gap, { description: `The newest ${GAPS_MAX}, in order; without \`to\` it lasts` }),
});
type CoverageView = Static<typeof CoverageView>;

const Coverage = Type.Object({
  from: Time,
  to: Time,
  share: Share,
  districts: Type.Array(
    Type.Object({
      district: Type.Union([Type.String(), Type.Null()], {
        description: 'null: cameras without a grid code',
      }),
      cameras: Type.Integer(),
      share: Share,
      spanSeconds: Seconds,
      coveredSeconds: Seconds,
    }),
  ),
  items: Type.Array(CoverageView),
  next: Type.Union([Type.String(), Type.Null()]),
});

type CoverageParts = Pick<ApiParts, 'clock' | 'coverage' | 'devices'>;

/** `/coverage`: what was really watched. */
export function coverageRoutes(app: ApiApp, parts: CoverageParts): void {
  app.get(
    '/coverage',
    {
      config: needs('viewer'),
      schema: {
        tags: ['cameras'],
        summary: 'When cameras watched and when not, and why; shares by camera and by district',
        querystring: CoverageQuery,
        response: answers(Coverage),
      },
    },
    ({ query }) => {
      const { from_ms, to_ms } = spanOf(query, parts.clock());
      const since = parts.coverage.since();
      const { reach_ms } = parts.coverage;
      const all = parts.coverage
        .cameras()
        .filter((id) => query.device === undefined || id === query.device)
        .map((id) => viewOf(parts, id, Math.max(from_ms, reach_ms, since.get(id) ?? to_ms), to_ms))
        .filter(({ district }) => query.district === undefined || district === query.district)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const { after = '', limit = 100 } = query;
      const rest = all.filter(({ id }) => id > after);
      const items = rest.slice(0, limit);
      const next = rest.length > limit ? (items.at(-1)?.id ?? null) : null;
      const sums = { from: isoTime(from_ms), to: isoTime(to_ms), share: sumOf(all).share };
      return { ...sums, districts: districtsOf(all), items, next };
    },
  );
}

function spanOf(query: Static<typeof CoverageQuery>, now_ms: number): { from_ms: number; to_ms: number } {
  // What is still to come is neither watched nor missed.
  const to_ms = Math.min(timeOf_ms('to', query.to) ?? now_ms, now_ms);
  const from_ms = timeOf_ms('from', query.from) ?? to_ms - DAY_MS;
  checkSpan(from_ms, to_ms);
  if (to_ms - from_ms > SPAN_DAYS_MAX * DAY_MS)
    throw invalidKey('from', `at most ${SPAN_DAYS_MAX} days before to`);
  return { from_ms, to_ms };
}

function viewOf(parts: CoverageParts, id: string, from_ms: number, to_ms: number): CoverageView {
  const { name, street, gridCode } = parts.devices.get(id) ?? {};
  const counts = from_ms < to_ms;
  const found = coverageOf(counts ? parts.coverage.gaps(id, from_ms, to_ms) : [], from_ms, to_ms);
  const district = districtOf(gridCode);
  const missing = Object.entries(found.missing_ms).map(([cause, missing_ms]) => [cause, missing_ms / 1000]);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(street === undefined ? {} : { street }),
    ...(gridCode === undefined ? {} : { gridCode }),
    ...(district === undefined ? {} : { district }),
    ...(counts ? { since: isoTime(from_ms) } : {}),
    ...sumOf([{ spanSeconds: found.span_ms / 1000, coveredSeconds: found.covered_ms / 1000 }]),
    missingSeconds: Object.fromEntries(missing) as Record<string, number>,
    gapCount: found.gaps.length,
    gaps: found.gaps.slice(-GAPS_MAX).map(gapView),
  };
}

function gapView({ from_ms, to_ms, cause, reason }: CoverageGap): Static<typeof Gap> {
  return {
    from: isoTime(from_ms),
    ...(to_ms === undefined ? {} : { to: isoTime(to_ms) }),
    cause,
    ...(reason === undefined ? {} : { reason }),
  };
}

function sumOf(parts: readonly Pick<CoverageView, 'spanSeconds' | 'coveredSeconds'>[]) {
  const spanSeconds = parts.reduce((sum, part) => sum + part.spanSeconds, 0);
  const coveredSeconds = parts.reduce((sum, part) => sum + part.coveredSeconds, 0);
  return { share: spanSeconds > 0 ? coveredSeconds / spanSeconds : null, spanSeconds, coveredSeconds };
}

function districtsOf(views: readonly CoverageView[]) {
  const names = [...new Set(views.map(({ district }) => district ?? null))];
  return names
    .map((district) => {
      const inside = views.filter((view) => (view.district ?? null) === district);
      return { district, cameras: inside.length, ...sumOf(inside) };
    })
    .sort((a, b) => ((a.district ?? '~') < (b.district ?? '~') ? -1 : 1));
}
