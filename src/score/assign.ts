/** That `a` and `b` fit each other, and how well: a whole number from 0. */
export interface Edge {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
}

/** Above so many edges in one cluster of things that fit each other, the best edge first is taken instead. */
const EXACT_EDGES_MAX = 5_000;

/**
 * Pairs each `a` with at most one `b` and the reverse: as many pairs as there can be, and of all such pairings
 * one with the greatest weight in sum. Gives the `b` of each paired `a`. Equal input gives equal pairs; of equal
 * weights the first edges win. In a cluster of more than 5,000 edges the pairs are taken greedily by weight.
 */
export function assign(edges: readonly Edge[]): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const cluster of clustersOf(edges)) {
    const made = cluster.length > EXACT_EDGES_MAX ? greedy(cluster) : exact(cluster);
    for (const [a, b] of made) pairs.set(a, b);
  }
  return pairs;
}

/** The edges, grouped so that no two groups share an end. */
function clustersOf(edges: readonly Edge[]): Edge[][] {
  const parents = new Map<string, string>();
  const rootOf = (node: string): string => {
    let root = node;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up;
    parents.set(node, root);
    return root;
  };
  for (const { a, b } of edges) parents.set(rootOf(`a${a}`), rootOf(`b${b}`));
  const clusters = new Map<string, Edge[]>();
  for (const edge of edges) {
    const root = rootOf(`a${edge.a}`);
    const cluster = clusters.get(root);
    if (cluster === undefined) clusters.set(root, [edge]);
    else cluster.push(edge);
  }
  return [...clusters.values()];
}

function greedy(edges: readonly Edge[]): Map<number, number> {
  const pairs = new Map<number, number>();
  const taken = new Set<number>();
  for (const { a, b } of [...edges].sort((one, other) => other.weight - one.weight)) {
    if (pairs.has(a) || taken.has(b)) continue;
    pairs.set(a, b);
    taken.add(b);
  }
  return pairs;
}

interface Step {
  readonly gain: number;
  /** The edge over which `b` was reached. */
  readonly edge: Edge;
}

/** Successive augmenting paths of the greatest gain: after k of them the k pairs are the best k pairs. */
function exact(edges: readonly Edge[]): Map<number, number> {
  const pairs = new Map<number, number>();
  const holders = new Map<number, Edge>();
  for (;;) {
    const reached = reach(edges, pairs, holders);
    let best: [b: number, gain: number] | undefined;
    for (const [b, { gain }] of reached) {
      if (!holders.has(b) && (best === undefined || gain > best[1])) best = [b, gain];
    }
    if (best === undefined) return pairs;
    for (let b: number | undefined = best[0]; b !== undefined; ) {
      const edge: Edge | undefined = reached.get(b)?.edge;
      if (edge === undefined) break;
      b = pairs.get(edge.a);
      pairs.set(edge.a, edge.b);
      holders.set(edge.b, edge);
    }
  }
}

/** The greatest gain with which each `b` is reached from an unpaired `a` (Bellman and Ford). */
function reach(
  edges: readonly Edge[],
  pairs: ReadonlyMap<number, number>,
  holders: ReadonlyMap<number, Edge>,
): Map<number, Step> {
  const reached = new Map<number, Step>();
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const edge of edges) {
      const paired = pairs.get(edge.a);
      if (paired === edge.b) continue;
      // A paired `a` is reached only by taking its pair away from it.
      const before = paired === undefined ? 0 : gainWithout(reached.get(paired), holders.get(paired));
      if (before === undefined) continue;
      const gain = before + edge.weight;
      const known = reached.get(edge.b);
      if (known !== undefined && known.gain >= gain) continue;
      reached.set(edge.b, { gain, edge });
      isChanged = true;
    }
  }
  return reached;
}

function gainWithout(step: Step | undefined, held: Edge | undefined): number | undefined {
  return step === undefined || held === undefined ? undefined : step.gain - held.weight;
}
