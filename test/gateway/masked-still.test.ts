import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Judging } from '../../src/domain/camera.ts';
import { maskedStill, unmaskable, withoutPicture } from '../../src/gateway/masked-still.ts';

const judgingOf = new Map<string, Judging>([
  ['open', { models: [] }],
  [
    'masked',
    {
      models: [],
      masks: [
        [
          [0, 0],
          [0.5, 0],
          [0.5, 1],
          [0, 1],
        ],
      ],
    },
  ],
]);

async function still(deviceId: string) {
  const white = { create: { width: 64, height: 32, channels: 3 as const, background: '#fff' } };
  const jpeg = new Uint8Array(await sharp(white).jpeg().toBuffer());
  return { deviceId, at_ms: 1, received_ms: 2, jpeg, width_px: 64, height_px: 32 };
}

test('a published still is stored without what its camera must not show', async () => {
  const open = await still('open');
  expect(await maskedStill(open, judgingOf)).toBe(open);
  const kept = await maskedStill(await still('masked'), judgingOf);
  const { data } = await sharp(kept?.jpeg).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number): number => data[(16 * 64 + x) * 3] ?? -1;
  expect([at(0), at(28)].every((value) => value < 8)).toBe(true);
  expect([at(36), at(63)].every((value) => value > 247)).toBe(true);
});

test('what cannot be masked is set aside without a byte of it', async () => {
  const given = { ...(await still('masked')), jpeg: new Uint8Array([0xff, 0xd8, 1, 2, 3]) };
  expect(await maskedStill(given, judgingOf)).toBeUndefined();
  expect(unmaskable(given)).toMatchObject({
    deviceId: 'masked',
    payload: new Uint8Array(),
    payload_bytes: 5,
  });
  const item = { ...unmaskable(given), payload: given.jpeg, payload_bytes: 5 };
  expect(withoutPicture(item, judgingOf)).toMatchObject({ payload: new Uint8Array(), payload_bytes: 5 });
  expect(withoutPicture({ ...item, deviceId: 'open' }, judgingOf).payload).toHaveLength(5);
});
