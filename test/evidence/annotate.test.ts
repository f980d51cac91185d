import sharp from 'sharp';
import { expect, it } from 'vitest';
import { annotate, overlaySvg } from '../../src/evidence/annotate.ts';
import { type Caption, captionHeight_px, localTime } from '../../src/evidence/caption.ts';
import { shorten, textWidth_px } from '../../src/evidence/svg-text.ts';
import { streetJpeg } from '../support/evidence-world.ts';
import { DAY_MS } from '../support/incident-world.ts';

const CAPTION: Caption = {
  incidentType: 'exposed-garbage',
  incidentId: 'inc_a1',
  cameraId: 'cam-1',
  at_ms: DAY_MS,
  timeZone: 'Asia/Shanghai',
  zoneId: 'kerb-3',
};
const BOX = { class: 'garbage', label: 'garbage', score: 0.87, box: [0.35, 0.55, 0.53, 0.75] } as const;

/** Mean colour of a patch around a point given in shares of the frame. */
async function patch(jpeg: Buffer, x: number, y: number, size_px: number) {
  const { data, info } = await sharp(jpeg)
    .extract({ left: Math.round(x), top: Math.round(y), width: size_px, height: size_px })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const mean = [0, 0, 0];
  data.forEach((value, index) => {
    mean[index % info.channels] = (mean[index % info.channels] ?? 0) + value / (size_px * size_px);
  });
  return mean as [number, number, number];
}

it.each([
  [640, 360],
  [1920, 1080],
  [176, 144],
  [360, 640],
])('draws over a frame of %d × %d and keeps its width', async (width, height) => {
  const frame = await streetJpeg(width, height);
  const picture = await annotate(frame, { detections: [BOX], caption: CAPTION });
  const meta = await sharp(picture).metadata();
  expect([meta.format, meta.width, meta.height]).toEqual(['jpeg', width, height + captionHeight_px(width)]);
  // The upper edge of the box is coloured, its middle is the frame's own.
  const edge = await patch(picture, 0.44 * width, 0.55 * height - 1, 2);
  const middle = await patch(picture, 0.44 * width, 0.65 * height, 2);
  expect(Math.max(...edge) - Math.min(...edge)).toBeGreaterThan(60);
  const before = await patch(frame, 0.44 * width, 0.65 * height, 2);
  middle.forEach((value, channel) => {
    expect(Math.abs(value - (before[channel] ?? 0))).toBeLessThan(12);
  });
});

it('writes letters into the caption: the bar is neither empty nor full', async () => {
  const picture = await annotate(await streetJpeg(640, 360), { detections: [], caption: CAPTION });
  const { data } = await sharp(picture)
    .extract({ left: 8, top: 366, width: 200, height: 14 })
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const bright = data.filter((value) => value > 150).length / data.length;
  expect(bright).toBeGreaterThan(0.05);
  expect(bright).toBeLessThan(0.6);
});

it('escapes text from outside, so that nothing in an id becomes markup', async () => {
  const caption = {
    ...CAPTION,
    cameraId: '</text><script>&"\u202e\u0000\ud800',
    zoneId: '<image href="file:///etc/passwd"/>',
  };
  const evil = { ...BOX, class: '<rect width="1"/>\u0007' };
  const svg = overlaySvg(1920, 1080, { detections: [evil], caption });
  expect(svg).not.toMatch(/<script|<image|<rect width="1"/);
  for (const char of ['\u0000', '\u0007', '\u202e']) expect(svg).not.toContain(char);
  const picture = await annotate(await streetJpeg(640, 360), { detections: [evil], caption });
  expect((await sharp(picture).metadata()).width).toBe(640);
});

it('survives boxes and zones that are out of the picture or no numbers', async () => {
  const odd = [
    { ...BOX, box: [-1, -1, 3, 3] as const },
    { ...BOX, box: [0.9, 0.9, 0.1, 0.1] as const, score: Number.NaN },
    { ...BOX, box: [Number.NaN, 0, Number.POSITIVE_INFINITY, 1] as const },
  ];
  const annotation = { detections: odd, zone: [[Number.NaN, 2]] as const, caption: CAPTION };
  expect(overlaySvg(640, 360, annotation)).not.toMatch(/NaN|Infinity|width="-/);
  expect((await sharp(await annotate(await streetJpeg(640, 360), annotation)).metadata()).width).toBe(640);
});

it('rejects bytes that are no picture, and a small file that claims to be a huge one', async () => {
  await expect(
    annotate(Buffer.from('not a picture'), { detections: [], caption: CAPTION }),
  ).rejects.toThrow();
  const huge = await streetJpeg(64, 64);
  // Height and width in the frame header (SOF0: marker, length, precision, then two times two bytes).
  const header = huge.indexOf(Buffer.from([0xff, 0xc0]));
  huge.fill(0x40, header + 5, header + 9);
  await expect(annotate(huge, { detections: [], caption: CAPTION })).rejects.toThrow(/pixel limit/);
});

it('tells the time of the city with its distance from UTC', () => {
  expect(localTime(DAY_MS, 'Asia/Shanghai')).toBe('2026-11-22 10:00:00 UTC+08:00');
  expect(localTime(DAY_MS, 'UTC')).toBe('2026-11-22 02:00:00 UTC+00:00');
  expect(localTime(Date.UTC(2026, 10, 22, 16), 'Asia/Shanghai')).toBe('2026-11-23 00:00:00 UTC+08:00');
});

it('shortens text to the room there is', () => {
  expect(shorten('camera cam-1', 1000, 12)).toBe('camera cam-1');
  const short = shorten('a very long name of a zone 疏导点', 80, 12);
  expect(short.endsWith('…')).toBe(true);
  expect(textWidth_px(short, 12)).toBeLessThanOrEqual(80);
  expect(shorten('anything', 1, 12)).toBe('');
});
