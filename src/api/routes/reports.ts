import Type from 'typebox';
import { CaseFigures, FiguresOf } from '../../domain/case-report.ts';
import { coverageOf } from '../../domain/coverage.ts';
import {
  addDays,
  type CalendarDay,
  dayText,
  localDayOf,
  parseDay,
  startOf_ms,
  weekDayOf,
} from '../../domain/local-day.ts';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import type { ApiParts } from '../parts.ts';
import { invalidKey } from '../problem.ts';
import { CLOSED } from '../query.ts';

const PERIODS = ['daily', 'weekly', 'monthly'] as const;
type Period = (typeof PERIODS)[number];

const ReportQuery = Type.Object(
  {
    date: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
        description: 'A local day of the period. Default: of the last period that is over',
      }),
    ),
  },
  CLOSED,
);

const Day = Type.String({ format: 'date' });
const Time = Type.String({ format: 'date-time' });
const Groups = Type.Array(FiguresOf, { description: 'Those with the most incidents first' });
const Omitted = Type.Integer({ minimum: 0 });

const Report = Type.Object({
  period: Type.Enum([...PERIODS]),
  firstDay: Day,
  lastDay: Day,
  from: Time,
  to: { ...Time, description: 'Not included' },
  timeZone: Type.String(),
  isOver: Type.Boolean({ description: 'False while the period lasts' }),
  isWhole: Type.Boolean({ description: 'False where there are more incidents than are counted' }),
  coverageShare: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: 'Share of the time in which the cameras really watched; null where none of it is known',
  }),
  total: CaseFigures,
  byType: Groups,
  byDistrict: Groups,
  byStreet: Groups,
  byGrid: Groups,
  byDevice: Groups,
  omitted: Type.Object(
    { type: Omitted, district: Omitted, street: Omitted, grid: Omitted, device: Omitted },
    { description: 'Groups left out of each list' },
  ),
});

type ReportParts = Pick<ApiParts, 'clock' | 'coverage' | 'reports' | 'timeZone'>;

/** `/reports/daily`, `/reports/weekly`, `/reports/monthly`: the figures of a period of the city's calendar. */
export function reportRoutes(app: ApiApp, parts: ReportParts): void {
  for (const period of PERIODS) {
    app.get(
      `/reports/${period}`,
      {
        config: needs('viewer'),
        schema: {
          tags: ['reports'],
          summary:
            'What was found in a day, a week (from Monday) or a month, how right it was, and what became of it',
          querystring: ReportQuery,
          response: answers(Report),
        },
      },
      ({ query }) => reportOf(parts, period, query.date),
    );
  }
}

function reportOf(parts: ReportParts, period: Period, date: string | undefined) {
  const { timeZone } = parts;
  const now_ms = parts.clock();
  const [first, after] = spanOf(period, dayOfQuery(period, date, localDayOf(now_ms, timeZone)));
  const [from_ms, to_ms] = [startOf_ms(first, timeZone), startOf_ms(after, timeZone)];
  if (from_ms > now_ms) throw invalidKey('date', 'is still to come');
  const { total, groups, omitted, isWhole } = parts.reports.report(from_ms, to_ms);
  return {
    period,
    firstDay: dayText(first),
    lastDay: dayText(addDays(after, -1)),
    from: isoTime(from_ms),
    to: isoTime(to_ms),
    timeZone,
    isOver: to_ms <= now_ms,
    isWhole,
    coverageShare: coverageShareOf(parts, from_ms, Math.min(to_ms, now_ms)),
    total,
    byType: [...groups.type],
    byDistrict: [...groups.district],
    byStreet: [...groups.street],
    byGrid: [...groups.grid],
    byDevice: [...groups.device],
    omitted: { ...omitted },
  };
}

function dayOfQuery(period: Period, date: string | undefined, today: CalendarDay): CalendarDay {
  if (date === undefined) return addDays(spanOf(period, today)[0], -1);
  const day = parseDay(date);
  if (day === undefined) throw invalidKey('date', 'is no day of the calendar');
  return day;
}

/** First day of the period that a day belongs to, and the one after its last. */
function spanOf(period: Period, day: CalendarDay): [first: CalendarDay, after: CalendarDay] {
  if (period === 'daily') return [day, addDays(day, 1)];
  if (period === 'weekly') {
    const monday = addDays(day, 1 - weekDayOf(day));
    return [monday, addDays(monday, 7)];
  }
  const first = { ...day, day: 1 };
  // The 32nd of any month lies in the next.
  return [first, { ...addDays(first, 31), day: 1 }];
}

function coverageShareOf({ coverage }: ReportParts, from_ms: number, to_ms: number): number | null {
  const since = coverage.since();
  let [covered_ms, span_ms] = [0, 0];
  for (const id of coverage.cameras()) {
    const counts_ms = Math.max(from_ms, coverage.reach_ms, since.get(id) ?? to_ms);
    if (counts_ms >= to_ms) continue;
    const found = coverageOf(coverage.gaps(id, counts_ms, to_ms), counts_ms, to_ms);
    covered_ms += found.covered_ms;
    span_ms += found.span_ms;
  }
  return span_ms === 0 ? null : Math.round((1e4 * covered_ms) / span_ms) / 1e4;
}
