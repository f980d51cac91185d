import { expect, it } from 'vitest';
import { gateFailures, readGates } from '../../src/score/gates.ts';
import { scoreRun } from '../../src/score/score.ts';
import { found, input, label } from './support.ts';

const types = ['stall', 'fire'];
const score = scoreRun(
  input(
    [label('a', 0, 300), label('b', 600, 900), label('c', 0, 300, { type: 'fire' })],
    [found('f', 0, 75, 300), found('again', 100, 170, 300), found('g', 0, 61, 300, { type: 'fire' })],
    { types },
  ),
);

it('names the types that do not keep a gate, and by how much', () => {
  expect(gateFailures(score, { minRecall: 0.95, minPrecision: 0.9 })).toEqual([
    { type: 'stall', text: 'recall 0.5 is below 0.95' },
  ]);
  expect(gateFailures(score, { maxDuplicates: 0, maxExcessDelay_s: 10 })).toEqual([
    { type: 'stall', text: 'duplicates 1 is above 0' },
    { type: 'stall', text: 'excess delay in s 15 is above 10' },
  ]);
});

it('fails no type by a figure that it cannot have, and nothing where no gate is', () => {
  const quiet = scoreRun(input([label('a', 0, 300)], [found('f', 0, 60, 300)], { types }));
  expect(gateFailures(quiet, { minRecall: 1, minPrecision: 1, maxFalseAlarmsPerDay: 0 })).toEqual([]);
  expect(gateFailures(score, {})).toEqual([]);
});

it('does not pass where nothing was measured', () => {
  const unlabelled = scoreRun(input([], []));
  expect(gateFailures(unlabelled, { minRecall: 0 })).toMatchObject([{ type: 'all' }]);
  expect(gateFailures(unlabelled, { maxFalseAlarmsPerDay: 0 })).toEqual([]);
  expect(gateFailures(scoreRun(input([], [], { types: [] })), { minPrecision: 0 })).toMatchObject([
    { type: 'all' },
  ]);
});

it('does not round a share up to its gate', () => {
  const labels = Array.from({ length: 2000 }, (_, index) =>
    label(`l${index}`, index, index + 61, { deviceIds: [`c${index}`] }),
  );
  const founds = labels
    .slice(1)
    .map(({ id, deviceIds: [deviceId = ''] }, index) =>
      found(id, index + 1, index + 61, index + 62, { deviceId }),
    );
  const nearly = scoreRun(
    input(
      labels.map((one) => ({ ...one, radius_m: 1, place: { lon: Number(one.id.slice(1)) / 100, lat: 0 } })),
      founds.map((one, index) => ({
        ...one,
        incident: { ...one.incident, place: { lon: (index + 1) / 100, lat: 0 } },
      })),
    ),
  );
  expect(gateFailures(nearly, { minRecall: 0.9999 })).toEqual([
    { type: 'stall', text: 'recall 0.999 is below 0.9999' },
  ]);
});

it('reads gates from the command line', () => {
  expect(readGates({ 'min-recall': '0.95', 'max-duplicates': '0' })).toEqual({
    ok: true,
    gates: { minRecall: 0.95, maxDuplicates: 0 },
  });
  for (const text of ['1.5', '-1', 'much', '']) {
    expect(readGates({ 'min-recall': text })).toEqual({
      ok: false,
      problem: '--min-recall must be a number from 0 to 1',
    });
  }
});
