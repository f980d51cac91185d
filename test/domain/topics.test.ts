import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_KINDS, isDeviceId } from '../../src/domain/device.ts';
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

  it('never throws, and gives nothing that could leave its place in a file name or another topic', () => {
    const words = [
      'xc',
      'v1',
      ...DEVICE_KINDS,
      'T1',
      '..',
      'position',
      'reading',
      'status',
      'snapshot',
      'command',
    ];
    const level = fc.oneof(fc.constantFrom(...words, '1795312800000', '', '+', '#', '\0'), fc.string());
    fc.assert(
      fc.property(fc.array(level, { maxLength: 8 }), (levels) => {
        const topic = levels.join('/');
        const parsed = parseTopic(topic);
        if (parsed === undefined) return;
        expect(isDeviceId(parsed.deviceId)).toBe(true);
        expect(parsed.deviceId).not.toMatch(/[/\\\0+#]|^\./);
        const again = deviceTopic(parsed.deviceKind, parsed.deviceId, parsed.channel);
        expect(parsed.stamp_ms === undefined ? again : `${again}/${parsed.stamp_ms}`).toBe(topic);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads every topic that it makes', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/);
    fc.assert(
      fc.property(fc.constantFrom(...DEVICE_KINDS), id, (deviceKind, deviceId) => {
        const topic = deviceTopic(deviceKind, deviceId, 'status');
        expect(parseTopic(topic)).toEqual({ deviceKind, deviceId, channel: 'status' });
      }),
      { numRuns: 200 },
    );
  });
});
