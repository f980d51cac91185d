import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assign, type Edge } from '../../src/score/assign.ts';

/** All pairings, tried one after the other: the most pairs, then the greatest weight. */
function bestOf(edges: readonly Edge[]): readonly [pairs: number, weight: number] {
  const [edge, ...rest] = edges;
  if (edge === undefined) return [0, 0];
  const without = bestOf(rest);
  const [pairs, weight] = bestOf(rest.filter(({ a, b }) => a !== edge.a && b !== edge.b));
  const taken = [pairs + 1, weight + edge.weight] as const;
  return taken[0] > without[0] || (taken[0] === without[0] && taken[1] > without[1]) ? taken : without;
}

const edgesOf = fc.uniqueArray(fc.record({ a: fc.nat(4), b: fc.nat(4), weight: fc.nat(20) }), {
  selector: ({ a, b }) => a * 10 + b,
  maxLength: 11,
});

it('finds the most pairs and of those the best, as trying all does', () => {
  fc.assert(
    fc.property(edgesOf, (edges) => {
      const pairs = assign(edges);
      const made = edges.filter(({ a, b }) => pairs.get(a) === b);
      expect(made.length).toBe(pairs.size);
      expect(new Set(made.map(({ b }) => b)).size).toBe(made.length);
      expect([made.length, made.reduce((sum, { weight }) => sum + weight, 0)]).toEqual([...bestOf(edges)]);
    }),
    { numRuns: 300 },
  );
});

it('gives up the better pair where two pairs can be made', () => {
  const edges = [
    { a: 0, b: 0, weight: 100 },
    { a: 0, b: 1, weight: 1 },
    { a: 1, b: 0, weight: 1 },
  ];
  expect([...assign(edges)].sort()).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

it('takes the best edges first in a cluster that is too large to be exact', () => {
  const size = 150;
  const edges = Array.from({ length: size * size }, (_, index): Edge => {
    const a = Math.floor(index / size);
    const b = index % size;
    return { a, b, weight: a === b ? 1000 : 1 };
  });
  const pairs = assign(edges);
  expect(pairs.size).toBe(size);
  expect([...pairs].every(([a, b]) => a === b)).toBe(true);
});
