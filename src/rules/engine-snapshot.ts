import type { BacklogSnapshot } from './backlog.ts';
import type { OrderingSnapshot } from './ordering.ts';
import type { StageSnapshot } from './stage-line.ts';

/** A state of a rule as JSON; `quiet` is what it was after the newest reading, where the clock changed it since. */
export type CellSnapshot = readonly [
  key: string,
  heardAt_ms: number,
  heardClock_ms: number,
  state: unknown,
  quiet?: string,
];

/** Everything that later findings depend on, as JSON. */
export interface EngineSnapshot {
  readonly format: 1;
  readonly clock_ms: number;
  readonly offset_ms: number;
  readonly ordering: OrderingSnapshot;
  readonly backlog?: BacklogSnapshot;
  readonly stages?: StageSnapshot;
  readonly rules: readonly {
    readonly id: string;
    readonly version: string;
    readonly cells: readonly CellSnapshot[];
  }[];
}

/** A state as the engine holds it. */
export interface LiveCell {
  readonly key: string;
  readonly slot: { readonly index: number };
  readonly state: unknown;
  readonly quiet: string | undefined;
  readonly heardAt_ms: number;
  readonly heardClock_ms: number;
  /** The snapshot that has it. */
  frozen: number;
}

type Head = Omit<EngineSnapshot, 'ordering' | 'backlog' | 'stages' | 'rules'>;

interface Lists {
  readonly ordering: OrderingSnapshot;
  readonly backlog: BacklogSnapshot;
  /** Live states, so taken down at once; few, since a stage is about cameras. */
  readonly stages: StageSnapshot;
}

const ITEMS = 500;

/**
 * Takes down the state of an engine piece by piece while the engine works on. What the engine is about to change
 * is taken down first (`freeze`), so that all pieces together are the state at the moment of the beginning.
 */
export class SnapshotSession {
  readonly id: number;
  readonly #texts: Generator<string>;
  #done = false;
  readonly #early = new Map<LiveCell, string>();

  constructor(
    id: number,
    head: Head,
    lists: Lists,
    rules: readonly { readonly id: string; readonly version: string; readonly cells: readonly LiveCell[] }[],
  ) {
    this.id = id;
    this.#texts = this.#pieces(JSON.stringify({ head, stages: lists.stages }), lists, rules);
  }

  /** To be called before a state changes. */
  freeze(cell: LiveCell): void {
    if (this.#done || cell.frozen === this.id) return;
    cell.frozen = this.id;
    this.#early.set(cell, textOf(cell));
  }

  /** The next piece; undefined after the last. */
  next(): string | undefined {
    const { done, value } = this.#texts.next();
    if (done === true) this.#done = true;
    return done === true ? undefined : value;
  }

  *#pieces(
    beginning: string,
    { ordering, backlog }: Lists,
    rules: readonly { readonly id: string; readonly version: string; readonly cells: readonly LiveCell[] }[],
  ): Generator<string> {
    yield beginning;
    for (const lanes of slices(ordering.lanes)) yield JSON.stringify({ lanes });
    for (const held of slices(ordering.held)) yield JSON.stringify({ held });
    for (const newest of slices(backlog.newest)) yield JSON.stringify({ newest });
    for (const branch of backlog.branches) yield JSON.stringify({ branch });
    for (const { id, version, cells } of rules) {
      yield JSON.stringify({ rule: { id, version } });
      for (const some of slices(cells)) yield `{"cells":[${some.map((cell) => this.#take(cell)).join(',')}]}`;
    }
  }

  #take(cell: LiveCell): string {
    const early = this.#early.get(cell);
    if (early === undefined) {
      cell.frozen = this.id;
      return textOf(cell);
    }
    this.#early.delete(cell);
    return early;
  }
}

/** Puts the pieces of a session together again. Throws where they are not what a session gave. */
export function joinSnapshot(pieces: Iterable<string>): EngineSnapshot {
  let head: Head | undefined;
  let stages: StageSnapshot | undefined;
  const lanes: unknown[] = [];
  const held: unknown[] = [];
  const newest: unknown[] = [];
  const branches: unknown[] = [];
  const rules: { id: string; version: string; cells: CellSnapshot[] }[] = [];
  for (const text of pieces) {
    const piece = JSON.parse(text) as Record<string, unknown[]> & {
      head?: Head;
      stages?: StageSnapshot;
      branch?: unknown;
      rule?: { id: string; version: string };
    };
    if (piece.head !== undefined) head = piece.head;
    stages = piece.stages ?? stages;
    if (piece.rule !== undefined) rules.push({ ...piece.rule, cells: [] });
    if (piece.branch !== undefined) branches.push(piece.branch);
    lanes.push(...(piece.lanes ?? []));
    held.push(...(piece.held ?? []));
    newest.push(...(piece.newest ?? []));
    rules.at(-1)?.cells.push(...((piece.cells ?? []) as CellSnapshot[]));
  }
  if (head === undefined) throw new Error('rule snapshot: its beginning is missing');
  return {
    ...head,
    ordering: { lanes, held },
    backlog: { branches, newest },
    ...(stages && { stages }),
    rules,
  } as EngineSnapshot;
}

function textOf({ key, heardAt_ms, heardClock_ms, state, quiet }: LiveCell): string {
  const cell = [key, heardAt_ms, heardClock_ms, state];
  return JSON.stringify(quiet === undefined ? cell : [...cell, quiet]);
}

function* slices<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += ITEMS) yield list.slice(at, at + ITEMS);
}
