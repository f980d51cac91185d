import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { isoTime } from '../../domain/time.ts';
import type { SeriesParts } from '../parts.ts';

/** Forms in which a series can be had besides JSON. */
export const EXPORT_FORMATS = ['json', 'csv', 'line'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Values read and sent at once; the next are read when the client has taken them. */
const PAGE = 2000;
const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8; header=present', line: 'text/plain; charset=utf-8' };

/** What is exported. */
export interface ExportedSeries {
  readonly deviceId: string;
  /** The InfluxDB measurement, which the InfluxDB sink gives the same name. */
  readonly measurement: string;
  readonly metric: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** The form that a request asks for: by `format`, else by `Accept`. */
export function formatOf(format: ExportFormat | undefined, accept: string | undefined): ExportFormat {
  if (format !== undefined) return format;
  if (accept?.includes('text/csv')) return 'csv';
  return accept?.includes('application/vnd.influx.line') ? 'line' : 'json';
}

/**
 * Sends values as measured, however many, as CSV (RFC 4180) or InfluxDB line protocol with milliseconds. At no
 * time are more than a page of them in memory.
 */
export function sendExport(
  reply: FastifyReply,
  series: Pick<SeriesParts, 'pages'>,
  exported: ExportedSeries,
  format: 'csv' | 'line',
): void {
  const ending = format === 'csv' ? 'csv' : 'lp';
  const name = `${exported.deviceId}-${exported.metric}.${ending}`;
  reply
    .type(MEDIA_TYPES[format])
    .header('Content-Disposition', `attachment; filename="${name}"`)
    .send(
      Readable.from(format === 'csv' ? csv(series, exported) : lines(series, exported), {
        objectMode: false,
      }),
    );
}

async function* csv(series: Pick<SeriesParts, 'pages'>, exported: ExportedSeries): AsyncGenerator<string> {
  yield 'at,device,metric,value,flag\r\n';
  const { deviceId, metric } = exported;
  for (const rows of series.pages(exported, PAGE)) {
    yield rows
      .map(({ at_ms, value, flag }) => `${isoTime(at_ms)},${deviceId},${metric},${value},${flag ?? 'N'}\r\n`)
      .join('');
    await turn();
  }
}

async function* lines(series: Pick<SeriesParts, 'pages'>, exported: ExportedSeries): AsyncGenerator<string> {
  const { deviceId, measurement, metric } = exported;
  const isReading = measurement !== 'position';
  const head = `${measurement},device=${deviceId}`;
  for (const rows of series.pages(exported, PAGE)) {
    yield rows
      .map(({ at_ms, value, flag }) => {
        const tag = isReading ? `,flag=${flag ?? 'N'}` : '';
        return `${head}${tag} ${metric}=${value} ${at_ms}\n`;
      })
      .join('');
    await turn();
  }
}

/** Lets everything else have its turn between two pages. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
