import { expect, it } from 'vitest';
import { backoff_ms } from '../../src/runtime/backoff.ts';
import { ErrorDigest } from '../../src/runtime/error-digest.ts';
import { redactUrls } from '../../src/runtime/redact.ts';

it.each([
  ['rtsp://admin:p@ss:w0rd@10.0.0.1:554/ch1', 'rtsp://***@10.0.0.1:554/ch1'],
  [
    'open rtsp://u:p@cam/a failed and rtsps://x:y@cam2/b too',
    'open rtsp://***@cam/a failed and rtsps://***@cam2/b too',
  ],
  ['http://host/api?token=abc&x=1', 'http://host/api?token=***&x=1'],
  ['rtsp://cam/without', 'rtsp://cam/without'],
])('takes the credentials out of %s', (text, redacted) => {
  expect(redactUrls(text)).toBe(redacted);
});

it('doubles the delay up to its limit and takes off at most half', () => {
  const limits = { first_ms: 100, max_ms: 1000 };
  expect([0, 1, 2, 3, 4, 50].map((attempt) => backoff_ms(attempt, limits, () => 1))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect(backoff_ms(4, limits, () => 0)).toBe(500);
});

it('reports a fault once and then how often it came again', () => {
  const lines: string[] = [];
  const digest = new ErrorDigest(({ fault, count, last }) => lines.push(`${fault} ${count} ${last}`), 60_000);
  for (let index = 0; index < 1000; index += 1) digest.report('bad frame', `number ${index}`);
  digest.close();
  expect(lines).toEqual(['bad frame 1 number 0', 'bad frame 999 number 999']);
});
