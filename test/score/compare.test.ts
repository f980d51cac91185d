import { describe, expect, it } from 'vitest';
import { compareRuns, comparisonJson } from '../../src/score/compare.ts';
import { comparisonTable } from '../../src/score/comparison-table.ts';
import { scoreRun } from '../../src/score/score.ts';
import { parseScore, scoreJson } from '../../src/score/score-json.ts';
import { found, input, label, north } from './support.ts';

const truth = [label('a', 0, 300), label('b', 600, 900), label('c', 1200, 1500)];
const run = (...founds: readonly ReturnType<typeof found>[]) => scoreRun(input(truth, founds));

describe('compareRuns', () => {
  it('finds nothing changed between a run and itself', () => {
    const score = run(found('f', 0, 60, 300), found('g', 2000, 2060, 2100));
    expect(compareRuns(score, score)).toMatchObject({ same: 2, changes: [], warnings: [] });
  });

  it('tells what only one run made, what came later and what is graver', () => {
    const a = run(found('f', 0, 60, 300), found('g', 600, 660, 900), found('x', 2000, 2060, 2100));
    const b = run(
      found('f', 0, 75, 300),
      found('g', 600, 660, 900, { severity: 3 }),
      found('h', 1200, 1260, 1500),
    );
    const { changes, same } = compareRuns(a, b);
    const short = changes.map((change) => [change.kind, (change.b ?? change.a)?.found.id, change.later_s]);
    expect(short).toEqual([
      ['changed', 'f', 15],
      ['changed', 'g', 0],
      ['only b', 'h', undefined],
      ['only a', 'x', undefined],
    ]);
    expect(same).toBe(0);
    const lines = comparisonTable(compareRuns(a, b)).join('\n');
    for (const words of ['15 s later', 'severity 2 → 3', 'only b: hit on c', 'only a: false alarm']) {
      expect(lines).toContain(words);
    }
    expect(lines).toContain('66.6 % → 100.0 %');
  });

  it('pairs incidents of other ids by their label, and without one by place and time', () => {
    const a = run(found('f1', 0, 60, 300), found('x1', 2000, 2060, 2100));
    const b = run(found('f2', 2, 60, 300), found('x2', 2010, 2080, 2100));
    expect(compareRuns(a, b).changes).toMatchObject([{ kind: 'changed', later_s: 20 }]);
    const elsewhere = found('x2', 2010, 2080, 2100, { deviceId: 'cam-2', place: north(500) });
    expect(compareRuns(a, run(found('f2', 2, 60, 300), elsewhere)).changes.map(({ kind }) => kind)).toEqual([
      'only a',
      'only b',
    ]);
  });

  it('compares incidents that the labels say nothing of', () => {
    const unlabelled = (...founds: readonly ReturnType<typeof found>[]) =>
      scoreRun(input([], founds, { types: [] }));
    const { changes } = compareRuns(unlabelled(found('f', 0, 60, 90)), unlabelled(found('g', 0, 90, 99)));
    expect(changes).toMatchObject([{ kind: 'changed', later_s: 30, a: { verdict: 'not scored' } }]);
  });

  it('warns of another recording and of other labels', () => {
    const other = scoreRun(input(truth.slice(1), [], { recording: 'an evening' }));
    expect(compareRuns(run(), other).warnings).toEqual([
      'the recordings differ: a morning, an evening',
      'the labels differ',
    ]);
  });

  it('survives the way through a file', () => {
    const a = run(found('f', 0, 60, 300, { box: [0.1, 0.1, 0.2, 0.2] }), found('x', 2000, 2060, 2100));
    const again = parseScore(scoreJson(a), 'a.json');
    expect(again).toEqual(a);
    expect(comparisonJson(compareRuns(again, run()))).toBe(comparisonJson(compareRuns(a, run())));
  });
});

describe('parseScore', () => {
  it('names the file and what is wrong with it', () => {
    expect(() => parseScore('{', 'a.json')).toThrow(/^a\.json: not JSON/);
    expect(() => parseScore('{"format":"xuncheng-recording"}', 'a.json')).toThrow(/^a\.json: no score/);
    const broken = scoreJson(run()).replace('"misses": 3', '"misses": -3');
    expect(() => parseScore(broken, 'a.json')).toThrow(/a\.json: no score: total\.misses/);
  });
});
