import { describe, expect, it } from 'vitest';
import { caseTopic, deviceTopic, incidentTopic, parseTopic } from '../../src/domain/topics.ts';

describe('parseTopic', () => {
  it('reads the topics of the contract', () => {
    expect(parseTopic('xc/v1/truck/T1/position')).toEqual({
      deviceKind: 'truck',
      deviceId: 'T1',
      channel: 'position',
    });
    expect(parseTopic('xc/v1/camera/CAM-7.b/snapshot/1795312800000')).toEqual({
      deviceKind: 'camera',
      deviceId: 'CAM-7.b',
      channel: 'snapshot',
      stamp_ms: 1795312800000,
    });
    expect(parseTopic(deviceTopic('noise', 'N_1', 'status'))?.channel).toBe('status');
  });

  it.each([
    'xc/v1/truck/T1',
    'xc/v1/truck/T1/reading',
    'xc/v1/dust/D1/position',
    'xc/v1/truck/T1/position/',
    'xc/v1/truck/T1/position/1795312800000',
    'xc/v1/camera/C1/snapshot/now',
    'xc/v1/camera/C1/snapshot/1795312800000/x',
    'xc/v2/truck/T1/position',
    'xc/v1/drone/T1/position',
    'xc/v1/truck/../position',
    'xc/v1/truck//position',
    'xc/v1/truck/T 1/position',
    '/xc/v1/truck/T1/position',
    '',
    '$SYS/x',
  ])('refuses %s', (topic) => {
    expect(parseTopic(topic)).toBeUndefined();
  });

  it('does not take outgoing topics for telemetry', () => {
    expect(parseTopic(incidentTopic('I-1'))).toBeUndefined();
    expect(caseTopic('C-1')).toBe('xc/v1/case/C-1');
  });
});
