import Type from 'typebox';
import { isoTime } from '../../domain/time.ts';
import { type ApiApp, answers, needs } from '../api-app.ts';
import { type ApiParts, SERIES_FUNCTIONS, type SeriesFunctionName, type SeriesValue } from '../parts.ts';
import { ApiProblem, invalidKey } from '../problem.ts';
import { CLOSED, checkSpan, IdParameter, TimeParameter, timeOf_ms } from '../query.ts';
import { EXPORT_FORMATS, formatOf, sendExport } from './series-export.ts';

/** Most points of one answer. */
export const POINTS_MAX = 5000;
const DAY_MS = 24 * 3600 * 1000;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS };
/** Steps that people read easily, from a second to thirty days. */
const LADDER_S = [
  1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000,
];

const SeriesFn = Type.Enum([...SERIES_FUNCTIONS]);
const SeriesQuery = Type.Object(
  {
    device: IdParameter,
    metric: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
    from: Type.Optional({ ...TimeParameter, description: 'Start, included; by default a day before `to`' }),
    to: Type.Optional({ ...TimeParameter, description: 'End, excluded; by default now' }),
    step: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,8}[smhd]?$',
        description: 'Seconds, or a number with s, m, h or d: `300`, `5m`. More than 5,000 steps are refused',
      }),
    ),
    fn: Type.Optional(SeriesFn),
    format: Type.Optional(
      Type.Enum([...EXPORT_FORMATS], {
        description:
          'csv and line (InfluxDB line protocol, milliseconds) give all values as measured, with any number of them; so does `Accept: text/csv` or `application/vnd.influx.line`',
      }),
    ),
  },
  CLOSED,
);
const SeriesAnswer = Type.Object({
  device: Type.String(),
  metric: Type.String(),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  step_s: Type.Union([Type.Number(), Type.Null()], { description: 'null: values as measured' }),
  fn: Type.Union([SeriesFn, Type.Null()]),
  points: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time', description: 'With a step: its start' }),
      value: Type.Number(),
    }),
  ),
});

/** `/series`: values as measured where 5,000 suffice and no step or function is asked for, else by steps. */
export function seriesRoutes(app: ApiApp, parts: Pick<ApiParts, 'clock' | 'devices' | 'series'>): void {
  app.get(
    '/series',
    {
      config: needs('viewer'),
      schema: {
        tags: ['series'],
        summary: 'Time series of one metric of one device, downsampled here',
        description:
          'Without `step` and `fn`: the values as measured if there are at most 5,000, else the mean over the shortest usual step that gives at most 5,000. Steps without a value are left out.',
        querystring: SeriesQuery,
        response: answers(SeriesAnswer),
      },
    },
    ({ query: { device, metric, ...query }, headers }, reply) => {
      const known = parts.devices.get(device);
      if (known === undefined) throw new ApiProblem('not-found', `no device ${device}`);
      const to_ms = timeOf_ms('to', query.to) ?? parts.clock();
      const from_ms = timeOf_ms('from', query.from) ?? to_ms - DAY_MS;
      checkSpan(from_ms, to_ms);
      const format = formatOf(query.format, headers.accept);
      if (format !== 'json') {
        if (query.step !== undefined || query.fn !== undefined) {
          throw invalidKey('format', `${format} gives values as measured, without step and fn`);
        }
        const measurement = known.kind === 'truck' ? 'position' : known.kind;
        const exported = { deviceId: device, measurement, metric, from_ms, to_ms };
        sendExport(reply, parts.series, exported, format);
        return;
      }
      const step_ms = query.step === undefined ? undefined : stepOf_ms(query.step);
      const span = { deviceId: device, metric, from_ms, to_ms };
      const found = read(parts, span, step_ms, query.fn);
      return {
        device,
        metric,
        from: isoTime(from_ms),
        to: isoTime(to_ms),
        step_s: found.step_ms === undefined ? null : found.step_ms / 1000,
        fn: found.fn ?? null,
        points: found.points.map(({ at_ms, value }) => ({ at: isoTime(at_ms), value })),
      };
    },
  );
}

interface Span {
  readonly deviceId: string;
  readonly metric: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

interface Found {
  readonly step_ms?: number;
  readonly fn?: SeriesFunctionName;
  readonly points: readonly SeriesValue[];
}

function read(
  { series }: Pick<ApiParts, 'series'>,
  span: Span,
  step_ms: number | undefined,
  fn: SeriesFunctionName | undefined,
): Found {
  if (step_ms === undefined && fn === undefined) {
    const points = series.query({ ...span, fn: 'last', limit: POINTS_MAX + 1 });
    if (points.length <= POINTS_MAX) return { points };
  }
  const smallest_ms = smallestStep_ms(span.to_ms - span.from_ms);
  if (step_ms !== undefined && stepsIn(span, step_ms) > POINTS_MAX) {
    const detail = `${stepsIn(span, step_ms)} steps, at most ${POINTS_MAX}: try step=${smallest_ms / 1000} or a shorter time`;
    throw new ApiProblem('too-many-points', detail, { errors: [{ key: 'step', message: detail }] });
  }
  const [step, by] = [step_ms ?? smallest_ms, fn ?? 'mean'];
  return {
    step_ms: step,
    fn: by,
    points: series.query({ ...span, step_ms: step, fn: by, limit: POINTS_MAX }),
  };
}

/** Steps lie on multiples of their length since the epoch, so a span can touch one more than fit in it. */
function stepsIn({ from_ms, to_ms }: Span, step_ms: number): number {
  return Math.ceil(to_ms / step_ms) - Math.floor(from_ms / step_ms);
}

function smallestStep_ms(span_ms: number): number {
  const step_s = LADDER_S.find((candidate_s) => span_ms / (candidate_s * 1000) <= POINTS_MAX - 2);
  return (step_s ?? 2_592_000) * 1000;
}

function stepOf_ms(text: string): number {
  const unit = text.at(-1) ?? '';
  const step_ms = unit in UNITS_MS ? Number(text.slice(0, -1)) * (UNITS_MS[unit] ?? 0) : Number(text) * 1000;
  if (step_ms > 366 * DAY_MS) throw invalidKey('step', 'must be at most a year');
  return step_ms;
}
