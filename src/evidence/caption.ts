import { escapeText, FONTS, fontSize_px, shorten, textWidth_px } from './svg-text.ts';

/** What the bar below an annotated picture says. */
export interface Caption {
  readonly incidentType: string;
  readonly incidentId: string;
  readonly cameraId: string;
  readonly at_ms: number;
  /** IANA name of the city's time zone. */
  readonly timeZone: string;
  readonly zoneId?: string | undefined;
  /** Shown in red: something about the picture that its reader must know. */
  readonly warning?: string | undefined;
}

const LINE_EM = 1.5;

/** Height of the bar below a frame of that width. */
export function captionHeight_px(width: number): number {
  return Math.round(fontSize_px(width) * (2 * LINE_EM + 0.6));
}

/** The bar as SVG elements, below a frame of `width` × `height` pixels. */
export function captionBar(width: number, height: number, caption: Caption): string {
  const font_px = fontSize_px(width);
  const margin_px = Math.round(font_px * 0.8);
  const lines: readonly (readonly [Word, Word])[] = [
    [
      { text: inWords(caption.incidentType), fill: '#ffffff', weight: 'bold' },
      { text: localTime(caption.at_ms, caption.timeZone), fill: '#ffd166', weight: 'bold' },
    ],
    [
      caption.warning === undefined
        ? { text: placeOf(caption), fill: '#b9c7d6', weight: 'normal' }
        : { text: caption.warning, fill: '#ff6b5e', weight: 'bold' },
      { text: caption.incidentId, fill: '#9fb0c1', weight: 'normal' },
    ],
  ];
  const rows = lines.map(([left, right], index) => {
    const y = height + Math.round(font_px * (1.35 + index * LINE_EM));
    return twoWords(left, right, { y, font_px, margin_px, width });
  });
  return [
    `<rect x="0" y="${height}" width="${width}" height="${captionHeight_px(width)}" fill="#0f151c"/>`,
    `<rect x="0" y="${height}" width="${width}" height="${Math.max(1, Math.round(font_px / 8))}" fill="#19d3ff"/>`,
    ...rows,
  ].join('\n');
}

/** Local time of the city with its distance from UTC, such as `2026-11-22 18:35:37 UTC+08:00`. */
export function localTime(at_ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(at_ms);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? '';
  // Some versions of ICU write plain GMT for UTC itself.
  const offset = of('timeZoneName').replace('GMT', 'UTC').replace(/^UTC$/, 'UTC+00:00');
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')} ${offset}`;
}

interface Word {
  readonly text: string;
  readonly fill: string;
  readonly weight: 'bold' | 'normal';
}

interface Row {
  readonly y: number;
  readonly font_px: number;
  readonly margin_px: number;
  readonly width: number;
}

/** One word at each end; the right one has the right of way, for it is the time or the id. */
function twoWords(left: Word, right: Word, { y, font_px, margin_px, width }: Row): string {
  const room_px = width - 2 * margin_px;
  const rightText = shorten(right.text, room_px * 0.72, font_px);
  const leftText = shorten(left.text, room_px - textWidth_px(rightText, font_px) - margin_px, font_px);
  const style = (word: Word): string =>
    `y="${y}" font-family="${FONTS}" font-size="${font_px}" font-weight="${word.weight}" fill="${word.fill}"`;
  return `<text x="${margin_px}" ${style(left)}>${escapeText(leftText)}</text>
<text x="${width - margin_px}" text-anchor="end" ${style(right)}>${escapeText(rightText)}</text>`;
}

function inWords(incidentType: string): string {
  const words = incidentType.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function placeOf({ cameraId, zoneId }: Caption): string {
  return zoneId === undefined ? `camera ${cameraId}` : `camera ${cameraId} · zone ${zoneId}`;
}
