import { PassThrough } from 'node:stream';
import { decodeFrames } from '../../src/ingest/camera-frames.ts';
import { findFfmpeg } from '../../src/ingest/ffmpeg.ts';

/** Opens the URL given as an argument and reads its frames for ever; for tests that kill this process. */
const sink = new PassThrough();
sink.resume();
decodeFrames(
  await findFfmpeg(process.env),
  { url: process.argv[2] ?? '', transport: 'tcp', timeout_ms: 5000 },
  sink,
);
