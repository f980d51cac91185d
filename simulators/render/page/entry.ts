/// <reference lib="dom" />
import { type ClipEvent, ClipFilm } from './clip-film.ts';
import { CLIP_SECONDS } from './clip-script.ts';
import { StreetStudio } from './street-studio.ts';
import { type Picture, Studio, type Style } from './studio.ts';

/** What the page offers to the program that drives the browser. */
export interface RenderPage {
  /** Training pictures of one seed; of the street detector's set where `style` says so. */
  pictures(seed: number, style: Style | 'street'): Picture[];
  /** Makes the clip's street; sizes in pixels. Returns its length in seconds and what truly happens in it. */
  openClip(
    seed: number,
    width: number,
    height: number,
  ): { readonly seconds: number; readonly events: readonly ClipEvent[] };
  /** JPEG of the clip at a moment (seconds), as base64. */
  clipFrame(seconds: number): string;
}

declare global {
  interface Window {
    renderPage?: RenderPage;
  }
}

function createRenderPage(): RenderPage {
  const studio = new Studio();
  let street: StreetStudio | undefined;
  let film: ClipFilm | undefined;
  return {
    pictures: (seed, style) => {
      if (style !== 'street') return studio.pictures(seed, style);
      street ??= new StreetStudio();
      return street.pictures(seed);
    },
    openClip: (seed, width, height) => {
      film = new ClipFilm(studio, seed, width, height);
      return { seconds: CLIP_SECONDS, events: film.events() };
    },
    clipFrame: (seconds) => {
      if (!film) throw new Error('open the clip first');
      return film.frame(seconds);
    },
  };
}

window.renderPage = createRenderPage();
