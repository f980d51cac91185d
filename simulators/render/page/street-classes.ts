/** Classes of the street detector; a class's number is its place in this list. */
export const STREET_CLASSES = [
  'person',
  'two-wheeler',
  'tricycle',
  'car',
  'truck',
  'muck-truck',
  'stall',
  'canopy',
  'goods',
] as const;

/** Name of a class of the street detector. */
export type StreetClass = (typeof STREET_CLASSES)[number];
