import type { Rng } from './random.ts';
import {
  asphalt,
  cardboard,
  concrete,
  marble,
  plaster,
  ridges,
  soil,
  type TileLook,
  tiles,
} from './surface-painters.ts';

/** How a surface is painted and how large one painting lies in the scene. */
export interface SurfaceRecipe {
  readonly paint: (rng: Rng) => HTMLCanvasElement;
  /** Side of one painting in metres. */
  readonly metres: number;
  /** 0 mirror, 1 chalk. */
  readonly roughness: number;
  /** Strength of the relief derived from the painting's brightness. */
  readonly relief: number;
}

const GREY_TILES = [
  [150, 148, 142],
  [138, 136, 132],
  [160, 156, 150],
] as const;
const RED_TILES = [
  [150, 88, 72],
  [160, 98, 80],
  [136, 80, 68],
] as const;
const MIX_TILES = [
  [150, 92, 76],
  [148, 146, 140],
  [165, 150, 110],
] as const;

function tile(
  colors: TileLook['colors'],
  across: number,
  down: number,
  joint: string,
  shiftRows = false,
  dirt = 1,
) {
  return tiles({ colors, across, down, joint, shiftRows, dirt });
}

/** Names of every painted surface. */
export const SURFACES = {
  asphaltDark: { paint: asphalt(70), metres: 4, roughness: 0.92, relief: 2 },
  asphaltLight: { paint: asphalt(108), metres: 4, roughness: 0.94, relief: 2 },
  concrete: { paint: concrete(150), metres: 3.5, roughness: 0.9, relief: 1 },
  concreteDark: { paint: concrete(112), metres: 3, roughness: 0.9, relief: 1 },
  paveGrey: { paint: tile(GREY_TILES, 6, 6, '#6b6962'), metres: 2.4, roughness: 0.85, relief: 3 },
  paveRed: { paint: tile(RED_TILES, 8, 16, '#5d4840', true), metres: 2, roughness: 0.88, relief: 3 },
  paveMix: { paint: tile(MIX_TILES, 10, 10, '#605c55'), metres: 2.4, roughness: 0.88, relief: 3 },
  paveSlab: {
    paint: tile(
      [
        [172, 168, 160],
        [160, 157, 150],
      ],
      3,
      6,
      '#77746d',
      true,
    ),
    metres: 2.8,
    roughness: 0.75,
    relief: 2,
  },
  tactile: {
    paint: tile(
      [
        [196, 162, 66],
        [184, 150, 60],
      ],
      8,
      8,
      '#8d7634',
    ),
    metres: 1.2,
    roughness: 0.85,
    relief: 3,
  },
  brickRed: {
    paint: tile(
      [
        [142, 74, 58],
        [126, 66, 52],
        [155, 88, 70],
      ],
      8,
      16,
      '#8c857b',
      true,
    ),
    metres: 2,
    roughness: 0.95,
    relief: 3,
  },
  brickGrey: {
    paint: tile(
      [
        [118, 116, 112],
        [104, 103, 100],
        [128, 126, 121],
      ],
      8,
      16,
      '#8e8c87',
      true,
    ),
    metres: 2,
    roughness: 0.95,
    relief: 3,
  },
  facadeWhite: {
    paint: tile(
      [
        [212, 208, 200],
        [204, 200, 192],
      ],
      20,
      24,
      '#b0aca4',
    ),
    metres: 3,
    roughness: 0.5,
    relief: 1,
  },
  facadePink: {
    paint: tile(
      [
        [190, 152, 134],
        [198, 162, 144],
      ],
      12,
      24,
      '#a88f82',
    ),
    metres: 3,
    roughness: 0.55,
    relief: 1,
  },
  stoneWall: {
    paint: tile(
      [
        [150, 142, 128],
        [132, 126, 116],
        [165, 156, 140],
      ],
      5,
      9,
      '#79746b',
      true,
    ),
    metres: 3,
    roughness: 0.9,
    relief: 4,
  },
  plasterGrey: { paint: plaster(158, 156, 150), metres: 4, roughness: 0.95, relief: 0.6 },
  plasterYellow: { paint: plaster(196, 172, 122), metres: 4, roughness: 0.95, relief: 0.6 },
  plasterWhite: { paint: plaster(206, 203, 196), metres: 4, roughness: 0.95, relief: 0.6 },
  plasterTeal: { paint: plaster(128, 150, 148), metres: 4, roughness: 0.95, relief: 0.6 },
  plasterOrange: { paint: plaster(190, 128, 70), metres: 4, roughness: 0.7, relief: 0.4 },
  hoardingBlue: { paint: ridges(62, 104, 158, 12, true), metres: 2, roughness: 0.5, relief: 4 },
  hoardingWhite: { paint: ridges(206, 208, 206, 12, true), metres: 2, roughness: 0.5, relief: 4 },
  shutter: { paint: ridges(150, 153, 156, 22, false), metres: 2, roughness: 0.4, relief: 4 },
  shutterBlue: { paint: ridges(96, 118, 140, 22, false), metres: 2, roughness: 0.4, relief: 4 },
  soil: { paint: soil(112, 92, 68, 20), metres: 2.5, roughness: 1, relief: 4 },
  grass: { paint: soil(82, 104, 48, 34), metres: 2, roughness: 1, relief: 5 },
  rubble: { paint: soil(150, 142, 130, 36), metres: 1.2, roughness: 1, relief: 5 },
  cardboard: { paint: cardboard, metres: 0.6, roughness: 0.9, relief: 0.5 },
  wood: { paint: ridges(140, 98, 60, 6, true), metres: 1, roughness: 0.7, relief: 1 },
  marble: { paint: marble, metres: 1.6, roughness: 0.25, relief: 0.2 },
  epoxyGreen: { paint: soil(92, 128, 108, 3), metres: 5, roughness: 0.35, relief: 0 },
  epoxyOchre: { paint: soil(182, 148, 62, 3), metres: 5, roughness: 0.3, relief: 0 },
  epoxyGrey: { paint: soil(140, 142, 142, 3), metres: 5, roughness: 0.35, relief: 0 },
  carpet: {
    paint: tile(
      [
        [84, 90, 100],
        [76, 82, 92],
      ],
      4,
      4,
      '#4a4f57',
    ),
    metres: 2,
    roughness: 1,
    relief: 1,
  },
  officeTile: {
    paint: tile(
      [
        [200, 198, 192],
        [196, 194, 188],
      ],
      4,
      4,
      '#9a988f',
      false,
      0.4,
    ),
    metres: 2.4,
    roughness: 0.35,
    relief: 0.5,
  },
} satisfies Record<string, SurfaceRecipe>;

/** Name of a painted surface. */
export type SurfaceName = keyof typeof SURFACES;
