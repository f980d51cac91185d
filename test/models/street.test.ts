import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkModel } from '../../src/vision/model-check.ts';

test('the street detector finds what its golden picture shows', async () => {
  expect((await checkModel(join(import.meta.dirname, '../../models/street'))).problems).toEqual([]);
});
