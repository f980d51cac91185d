// Run before the tests: they use the real ffmpeg.
import { requireFfmpeg } from '../../simulators/demo/require-ffmpeg.ts';

const found = requireFfmpeg(process.env, (line) => process.stderr.write(`${line}\n`));
if (!found.ok) {
  process.stderr.write(`${found.advice}\n`);
  process.exitCode = 1;
}
