import { expect, it } from 'vitest';
import { scoreRun } from '../../src/score/score.ts';
import { boxOfFinding, reportedTypes } from '../../src/score/score-input.ts';
import { scoreTable } from '../../src/score/score-table.ts';
import { textCells, textTable } from '../../src/score/text-table.ts';
import { duration, percent } from '../../src/score/wording.ts';
import { found, input, label } from './support.ts';

it('aligns columns by the cells that a terminal draws', () => {
  const lines = textTable(
    [{ title: 'where' }, { title: 'n', align: 'right' }],
    [
      ['南京东路', '1'],
      ['lane', '12'],
    ],
  );
  expect(lines).toEqual(['where      n', '南京东路   1', 'lane      12']);
  expect(new Set(lines.map(textCells))).toEqual(new Set([12]));
});

it('lets no text steer the terminal or fill it', () => {
  const [, line = ''] = textTable([{ title: 'id' }], [[`a\u001b[2J\u202eb\n${'长'.repeat(80)}`]]);
  expect(line).toMatch(/^a \[2J b 长+…$/);
  expect(textCells(line)).toBeLessThanOrEqual(60);
});

it('shows figures, lists and what is not scored', () => {
  const lines = scoreTable(
    scoreRun(
      input(
        [label('missed one', 100, 700), label('l', 1000, 1600)],
        [found('hit', 1000, 1068, 1500), found('wrong', 2000, 2060, 2100)],
        {
          decoys: [label('umbrella', 1990, 2110, { note: '雨伞' })],
          timeZone: 'Asia/Shanghai',
          types: ['stall', 'fire'],
          reported: [{ type: 'stall', kinds: ['camera'] }],
        },
      ),
    ),
  ).join('\n');
  expect(lines).toContain('run on a morning, 2026-05-11 10:00 to 2026-05-11 11:00 (Asia/Shanghai)');
  expect(lines).toMatch(
    /^stall +2 +1 +1 +1 +0 +50\.0 % +50\.0 % +1 min 8 s +1 min 8 s +1 min 8 s +8 s +24$/m,
  );
  expect(lines).toMatch(/^05-11 10:01:40 +stall +missed one +cam-1 +nothing near$/m);
  expect(lines).toMatch(/^05-11 10:34:20 +stall +wrong +cam-1 +decoy umbrella: 雨伞$/m);
  expect(lines).toContain('not scored: fire, no rule reports it (labels: 0, incidents: 0)');
});

it('bounds its lists', () => {
  const labels = Array.from({ length: 60 }, (_, index) => label(`l${index}`, index * 10, index * 10 + 9));
  expect(scoreTable(scoreRun(input(labels, [])))).toContain('… and 10 more; --json has all');
});

it('cuts shares rather than rounding them up, and says times as people do', () => {
  expect([percent(0.9999), percent(1), percent(null)]).toEqual(['99.9 %', '100.0 %', '–']);
  expect([8.25, 200, 3600, 7500, -5].map(duration)).toEqual([
    '8.3 s',
    '3 min 20 s',
    '1 h',
    '2 h 5 min',
    '−5 s',
  ]);
});

it('knows what rules report', () => {
  const common = { enabled: true, update_s: 60, give_up_s: 60, id: 'r' };
  const stalls = { ...common, kind: 'zone-dwell', type: 'stall' };
  const trucks = { ...common, kind: 'truck-stop', stop: { type: 'stop' }, dumping: { type: 'dump' } };
  const dust = { ...common, kind: 'threshold', type: 'dust', device_kind: 'dust', enabled: false };
  expect(reportedTypes([stalls, trucks, dust] as never, false)).toEqual([
    { type: 'stall', kinds: ['camera'] },
    { type: 'stop', kinds: ['truck'] },
    { type: 'dump', kinds: ['truck'] },
  ]);
});

it('takes the box around all that a finding shows', () => {
  const detections = [{ box: [0.1, 0.2, 0.3, 0.4] }, { box: [0.2, 0.1, 0.5, 0.3] }];
  expect(boxOfFinding({ exhibits: [{ kind: 'snapshot', detections }] } as never)).toEqual([
    0.1, 0.1, 0.5, 0.4,
  ]);
  expect(boxOfFinding({ exhibits: [] } as never)).toBeUndefined();
});
