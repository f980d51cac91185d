import type { Region } from '../../domain/camera.ts';
import { html, type Markup, raw } from './markup.ts';

/** A picture of the report: a photo with the place of interest, or a drawing of a track or a series. */
export type ReportPicture =
  | {
      readonly kind: 'photo';
      readonly jpeg: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly box?: Region;
    }
  | { readonly kind: 'drawing'; readonly drawing: Markup };

/** The pictures that a report holds, by what they show, and what of them was left out. */
export interface ReportPictures {
  readonly pictures: ReadonlyMap<string, ReportPicture>;
  readonly notes: readonly string[];
}

/** The name of the picture of a missed label. */
export function missKey(label: { readonly type: string; readonly id: string }): string {
  return JSON.stringify(['label', label.type, label.id]);
}

/** The name of the picture of an incident; `run` tells the two of a comparison apart. */
export function foundKey(found: { readonly id: string }, run: 'a' | 'b' = 'b'): string {
  return JSON.stringify(['incident', run, found.id]);
}

/** The picture, or in its place why there is none. */
export function pictureFrame(picture: ReportPicture | undefined, alt: string, none: string): Markup {
  if (picture === undefined) return html`<div class="frame none">${none}</div>`;
  if (picture.kind === 'drawing') return html`<div class="frame drawing">${picture.drawing}</div>`;
  const { jpeg, width, height, box } = picture;
  const data = raw(Buffer.from(jpeg).toString('base64'));
  return html`<div class="frame photo"><img src="data:image/jpeg;base64,${data}" width="${width}" height="${height}" alt="${alt}" loading="lazy">${box === undefined ? undefined : outline(box)}</div>`;
}

/** A frame around the box, dark under bright, so that it is seen on any ground. */
function outline([x1, y1, x2, y2]: Region): Markup {
  const rect = html`x="${x1}" y="${y1}" width="${Math.max(0, x2 - x1)}" height="${Math.max(0, y2 - y1)}" fill="none" vector-effect="non-scaling-stroke"`;
  return html`<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><rect ${rect} stroke="#000" stroke-opacity=".6" stroke-width="5"/><rect ${rect} stroke="#ff5aa0" stroke-width="2.5"/></svg>`;
}
