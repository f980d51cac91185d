import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Observation } from '../../src/domain/observation.ts';
import type { SuppressedPlace } from '../../src/domain/suppression.ts';
import { STAGES } from '../../src/rules/catalogue.ts';
import { RuleEngine } from '../../src/rules/engine.ts';
import { type SceneState, suppressedPlaces } from '../../src/rules/scene-memory.ts';
import { type ApiWorld, createApiWorld, sampleIncident } from '../support/api-world.ts';

/** The API with an engine that follows what it journals. */
const engine = new RuleEngine([], { lateness_ms: 0, stages: STAGES });
let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld({}, undefined, {
    scene: {
      suppressed: (id): SuppressedPlace[] =>
        suppressedPlaces(engine.stageState('scene', id) as SceneState | undefined),
    },
    accept: async (observations: readonly Observation[]) => {
      for (const observation of observations) engine.feed(observation);
    },
  });
  const measures = { place: '412-730', classes: 'stall+person' };
  world.putIncident(sampleIncident(1, { measures }));
  world.putIncident(sampleIncident(2));
});
afterAll(() => world.stop());

const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, role = 'operator') => {
  const headers = world.as(role as 'operator');
  const answer = await world.app.inject({
    method,
    url: `/api/v1${url}`,
    headers,
    ...(payload && { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
};
const caseId = (n: number): string => `case_${String(n).padStart(20, '0')}`;

it('rejects a place once and for all, shows it, and takes it back', async () => {
  const rejected = await call('POST', `/cases/${caseId(1)}/reject`, {
    note: 'a parasol',
    suppressPlace: true,
  });
  expect(rejected).toMatchObject({ status: 200, body: { state: 'rejected' } });
  const { body } = await call('GET', '/cameras/cam-1/suppressions', undefined, 'viewer');
  expect(body.items).toMatchObject([
    {
      id: 'stall-412-730',
      class: 'stall',
      x: 0.412,
      y: 0.73,
      origin: 'operator',
      by: 'test-operator',
      count: 0,
    },
  ]);
  const path = '/cameras/cam-1/suppressions/stall-412-730';
  expect((await call('DELETE', path, undefined, 'viewer')).status).toBe(403);
  world.clock.now_ms += 1000;
  expect((await call('DELETE', path)).status).toBe(200);
  expect((await call('GET', '/cameras/cam-1/suppressions')).body.items).toEqual([]);
  expect((await call('DELETE', path)).status).toBe(404);
});

it('does not reject a case of which it cannot tell the place', async () => {
  const answer = await call('POST', `/cases/${caseId(2)}/reject`, { suppressPlace: true });
  expect(answer.body.detail).toBe("the case is not about a place in a camera's picture");
  expect((await call('GET', `/cases/${caseId(2)}`)).body.state).toBe('candidate');
  expect((await call('POST', `/cases/${caseId(2)}/accept`, { suppressPlace: true })).status).toBe(400);
});
