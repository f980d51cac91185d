/// <reference lib="dom" />

import type { StageScene } from '../../city/stage/stage-scene.ts';
import { createFilm, type Film, type FilmFrame } from './film-stage.ts';
import { StreetStudio } from './street-studio.ts';
import { type Picture, Studio, type Style } from './studio.ts';

/** What the page offers to the program that drives the browser. */
export interface RenderPage {
  /** Training pictures of one seed; of the street detector's set where `style` says so. */
  pictures(seed: number, style: Style | 'street'): Picture[];
  /** Builds the film of a scenario's camera; returns its number of frames. */
  openFilm(scene: StageScene): number;
  /** A frame of the film, to be asked for in order; boxes are measured where `labels` is set. */
  filmFrame(index: number, labels: boolean): FilmFrame;
}

declare global {
  interface Window {
    renderPage?: RenderPage;
  }
}

function createRenderPage(): RenderPage {
  const studio = new Studio();
  let street: StreetStudio | undefined;
  let film: Film | undefined;
  return {
    pictures: (seed, style) => {
      if (style !== 'street') return studio.pictures(seed, style);
      street ??= new StreetStudio();
      return street.pictures(seed);
    },
    openFilm: (scene) => {
      film = createFilm(studio, scene);
      return film.frames;
    },
    filmFrame: (index, labels) => {
      if (!film) throw new Error('open the film first');
      return film.frame(index, labels);
    },
  };
}

window.renderPage = createRenderPage();
